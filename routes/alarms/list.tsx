import type { VNode } from "preact";
import { z } from "zod";
import { AlarmList } from "../../islands/alarm_list.tsx";
import { AlarmsAnswer } from "../../islands/alarms_answer.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { ALARM_SOURCES } from "../../lib/alarms/alarm.ts";
import { title } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { hrefWith } from "../frame/links.ts";
import { Answer, Chip, Chips, Empty, More, Removable } from "../frame/parts.tsx";
import {
  actOnAll,
  type AlarmPageParts,
  type AlarmServices,
  commandOf,
  queryOf,
} from "./request.ts";
import { localPath, readForm } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { Island } from "../frame/island.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

const SHOWN = 40;
const FORM_BYTES = 64 * 1024;
const STATES = ["active", "acknowledged"] as const;

const Filter = z.object({
  show: z.enum(["resolved"]).optional().catch(undefined),
  state: z.enum(STATES).optional().catch(undefined),
  severity: z.enum(SEVERITIES).optional().catch(undefined),
  source: z.enum(ALARM_SOURCES).optional().catch(undefined),
  machine: z.string().max(2000).optional().catch(undefined),
  sensor: z.string().max(2000).optional().catch(undefined),
  q: z.string().max(200).optional().catch(undefined),
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
});
const Query = Filter.loose();
type Filter = z.output<typeof Filter>;

const Bulk = z.object({
  back: z.string().max(2000).optional(),
  minutes: z.coerce.number().int().min(1).max(43_200).optional(),
}).catchall(z.literal("on"));

/** `/alarms`: what needs attention, and what was resolved; and what the forms of the list post to. */
export function alarmsPages(parts: AlarmPageParts): Route[] {
  const services: AlarmServices = parts;
  return [
    route({
      method: "get",
      path: "/alarms",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(parts, context, Filter.parse(context.query), null),
    }),
    ...(["ack", "resolve", "shelve"] as const).map((action) =>
      route({
        method: "post",
        path: `/alarms/bulk/${action}`,
        policy: "engineer",
        summary: null,
        handler: async (given) => {
          const context = given;
          const read = await readForm(context.c, Bulk, FORM_BYTES);
          const back = localPath(read.ok ? read.data.back : undefined);
          const filter = Filter.parse(Object.fromEntries(new URL(back, "http://x").searchParams));
          if (!read.ok) return await draw(parts, context, filter, Object.values(read.errors)[0]);
          const ids = Object.keys(read.data).flatMap((name) =>
            name.startsWith("alarm-") ? name.slice("alarm-".length) : []
          );
          if (ids.length === 0) {
            return await draw(parts, context, filter, "No alarm is selected.");
          }
          const { minutes } = read.data;
          const command = commandOf(action, { minutes }, parts.clock.now());
          const results = await actOnAll(services, context, ids, command);
          const refused = results.filter(({ ok }) => !ok);
          if (refused.length > 0) {
            const [{ message }] = refused;
            return await draw(
              parts,
              context,
              filter,
              `${refused.length} of ${results.length} were not changed: ${message}.`,
            );
          }
          const location = back.startsWith("/alarms") ? back : "/alarms";
          return seeOther(location);
        },
      })
    ),
  ];
}

async function draw(
  parts: AlarmPageParts,
  context: RouteContext,
  { cursor, ...filter }: Filter,
  problem: string | null,
): Promise<Response> {
  const { c, who } = context;
  const since = parts.place();
  const past = filter.show === "resolved";
  const mayAct = atLeast(who!.role, "engineer");
  const api = apiOf(filter);
  const { items, next } = await parts.alarms.list({
    ...queryOf(parts, { ...api, open: !past }, context.nowMs),
    cursor,
    limit: SHOWN,
  });
  const query = new URLSearchParams({
    ...Object.fromEntries(
      Object.entries(api).flatMap(([key, value]) => value ? [[key, String(value)]] : []),
    ),
    open: String(!past),
    limit: String(SHOWN),
  });
  return parts.frame.answer(c, who, {
    title: past ? "Resolved alarms" : "Alarms",
    place: "/alarms",
    script: "alarms",
    stream: { types: "alarm" },
    since,
    status: problem === null ? 200 : 409,
    content: (
      <>
        <div class="page-head">
          {past ? <Answer>Resolved alarms</Answer> : (
            <Island
              name="AlarmsAnswer"
              component={AlarmsAnswer}
              props={{ initial: parts.alarms.counts() }}
            />
          )}
          {mayAct && <a class="chip" href="/alarms/new">Raise an alarm</a>}
        </div>
        {problem !== null && <p class="banner warning" role="alert">{problem}</p>}
        <ListFilter
          path="/alarms"
          value={filter.q}
          keep={filter}
          label="Filter by words of the alarm, machine or sensor"
          placeholder="Words of the alarm, machine or sensor"
        />
        <Filtered>
          <Filters filter={filter} />
          {items.length === 0 ? <NothingFits filter={filter} past={past} /> : null}
          <Island
            name="AlarmList"
            component={AlarmList}
            props={{
              alarms: items,
              query: query.toString(),
              past,
              mayAct,
              here: hrefWith("/alarms", { ...filter, cursor }),
              nowMs: parts.clock.now(),
              zone: parts.zone,
            }}
          />
          {next !== null && (
            <More href={hrefWith("/alarms", { ...filter, cursor: next })}>Older alarms</More>
          )}
        </Filtered>
      </>
    ),
  });
}

function apiOf({ state, severity, source, machine, sensor, q }: Filter) {
  return {
    state: state && [state],
    severity: severity && [severity],
    source: source && [source],
    machine,
    sensor,
    search: q,
  };
}

function NothingFits({ filter, past }: { filter: Filter; past: boolean }): VNode {
  const filtered = Object.entries(filter).some(([key, value]) => key !== "show" && value);
  if (filtered) {
    return (
      <Empty>
        No alarm fits. <a href={hrefWith("/alarms", { show: filter.show })}>Show all</a>
      </Empty>
    );
  }
  return (
    <Empty>
      {past
        ? "No alarm has been resolved yet."
        : "Nothing needs attention. Alarms come from limits that are set on a sensor, from " +
          "sensors that behave as they never have before, and from sensors that fall silent."}
    </Empty>
  );
}

function Filters({ filter }: { filter: Filter }): VNode {
  const { show, severity, state, source, machine, sensor } = filter;
  const chip = (text: string, on: boolean, change: Filter) => (
    <Chip href={hrefWith("/alarms", { ...filter, ...change })} on={on}>{text}</Chip>
  );
  const removable = (text: string | undefined, change: Filter) =>
    text && <Removable href={hrefWith("/alarms", { ...filter, ...change })}>{text}</Removable>;
  return (
    <>
      <Chips label="Filters">
        {chip("Open", show === undefined, { show: undefined })}
        {chip("Resolved", show === "resolved", { show: "resolved", state: undefined })}
        <span class="chip-gap" aria-hidden="true" />
        {SEVERITIES.toReversed().map((one) =>
          chip(title(one), severity === one, { severity: severity === one ? undefined : one })
        )}
        {show === undefined && (
          <>
            <span class="chip-gap" aria-hidden="true" />
            {chip("Not acknowledged", state === "active", {
              state: state === "active" ? undefined : "active",
            })}
            {chip("Acknowledged", state === "acknowledged", {
              state: state === "acknowledged" ? undefined : "acknowledged",
            })}
          </>
        )}
        {removable(source, { source: undefined })}
        {removable(machine, { machine: undefined })}
        {removable(sensor, { sensor: undefined })}
      </Chips>
    </>
  );
}
