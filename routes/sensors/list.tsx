import type { VNode } from "preact";
import { z } from "zod";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { SENSOR_STATUSES } from "../../lib/live/status_words.ts";
import { plantSensors } from "../../lib/machines/host_machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { sensorTitle, title, withinSentence } from "../../lib/words/names.ts";
import { pageInMemory } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { BulkList, Changed, Pick as PickSensor } from "../frame/bulk.tsx";
import { FormError } from "../frame/form.tsx";
import { NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { SensorBar, sensorBulkAction } from "./bulk.tsx";
import { hrefWith, machineTitle } from "../frame/links.ts";
import { Answer, Chip, Chips, Empty, More, Removable } from "../frame/parts.tsx";
import { filterSensors, type SensorPageParts } from "./request.ts";
import { FirstReading } from "../machines/first_reading.tsx";
import { WordsNow } from "../../islands/words_now.tsx";
import { Island } from "../frame/island.tsx";
import { byMachine, rowOf } from "../machines/sensor_rows.ts";
import { UndoSensor } from "./settings.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

/** Six screens of a phone. */
const PAGE = 80;

const Query = z.object({
  q: z.string().max(200).optional(),
  machine: z.string().max(2000).optional(),
  status: z.enum(SENSOR_STATUSES).optional().catch(undefined),
  kind: z.enum(["number", "binary", "text"]).optional().catch(undefined),
  review: z.enum(["new", "confirmed"]).optional().catch(undefined),
  after: z.string().max(2000).optional(),
  /** A sensor that was just deleted: to be undone. */
  undo: z.string().max(40).optional(),
  /** How many were just changed together. */
  changed: z.string().regex(/^\d{1,6}$/).optional().catch(undefined),
}).loose();
type Query = z.output<typeof Query>;
type Filter = Pick<Query, "q" | "machine" | "status" | "kind" | "review">;

/** `/sensors`: all of them, with a filter in the address; and what changes several of them. */
export function sensorsPages(parts: SensorPageParts): Route[] {
  const draw = async ({ c, who }: RouteContext, query: Query, sent: SentForm) => {
    const since = parts.place();
    const { after, undo, changed } = query;
    const mayChange = atLeast(who!.role, "engineer");
    const gone = undo === undefined || !mayChange ? undefined : parts.service.deletedSensor(undo);
    const filter = filterIn(query);
    const found = await filterSensors(parts, filter);
    const none = plantSensors(parts.sensors, parts.machines).all().length === 0;
    return parts.frame.answer(c, who, {
      title: "Sensors",
      place: "/sensors",
      script: "lists",
      stream: { types: "reading,status" },
      since,
      status: sent.status,
      content: (
        <>
          {gone && <UndoSensor sensor={gone} />}
          {changed !== undefined && <Changed n={Number(changed)} one="sensor" more="sensors" />}
          <FormError>{sent.errors.form}</FormError>
          {none ? <FirstReading mqtt={parts.mqtt} url={new URL(c.req.url).origin} /> : (
            <List
              parts={parts}
              filter={filter}
              after={after}
              found={found}
              sent={mayChange ? sent : null}
            />
          )}
        </>
      ),
    });
  };
  return [
    route({
      method: "get",
      path: "/sensors",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query, NOTHING_SENT),
    }),
    sensorBulkAction(
      parts,
      (asked) => filterSensors(parts, filterIn(Query.parse(asked))),
      (context, asked, sent) => draw(context, Query.parse(asked), sent),
    ),
  ];
}

function filterIn({ q, machine, status, kind, review }: Query): Filter {
  return { q, machine, status, kind, review };
}

function List(
  { parts, filter, after, found, sent }: {
    parts: SensorPageParts;
    filter: Filter;
    after: string | undefined;
    found: Sensor[];
    /** Null for who may change none. */
    sent: SentForm | null;
  },
): VNode {
  const asked = { cursor: after, limit: PAGE };
  const { items: page, next } = pageInMemory(found, (s) => s.name, asked);
  const total = parts.sensors.all().length;
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== "");
  return (
    <>
      <Answer>
        {filtered
          ? `${found.length} of ${total} sensors`
          : `${total} sensor${total === 1 ? "" : "s"}`}
      </Answer>
      <Island name="WordsNow" component={WordsNow} props={{}} />
      <ListFilter
        path="/sensors"
        value={filter.q}
        keep={filter}
        label="Filter by name"
        placeholder="Sensor, machine or tag"
      />
      <Filtered>
        <Filters filter={filter} />
        {page.length === 0 && (
          <Empty>
            No sensor fits. <a href="/sensors">Show all {total}</a>
          </Empty>
        )}
        {sent === null || page.length === 0 ? <Machines parts={parts} page={page} /> : (
          <BulkList
            action="/sensors/bulk"
            back={hrefWith("/sensors", { ...filter, after })}
            all={`Select all ${found.length}`}
            values={sent.values}
            bar={<SensorBar sent={sent} />}
          >
            <Machines parts={parts} page={page} picked={sent.values} />
          </BulkList>
        )}
        {next && <More href={hrefWith("/sensors", { ...filter, after: next })}>Next {PAGE}</More>}
      </Filtered>
      <More href="/computed">Computed sensors</More>
    </>
  );
}

/** By machine; `picked` are the ticks that were sent, where there are any to set. */
function Machines(
  { parts, page, picked }: {
    parts: SensorPageParts;
    page: readonly Sensor[];
    picked?: Readonly<Record<string, string>>;
  },
): VNode {
  const machines = byMachine(page);
  // One quantity of many machines: each row says of which.
  const flat = machines.size > page.length / 2;
  const row = (sensor: Sensor) => {
    const called = sensorTitle(sensor);
    const named = parts.machines.find(sensor.machine) ?? { name: null, path: sensor.machine };
    const shown = flat ? `${machineTitle(named)}: ${withinSentence(called)}` : called;
    const island = (
      <Island
        key={sensor.id}
        name="SensorRow"
        component={SensorRow}
        props={rowOf(parts, sensor, shown)}
      />
    );
    return picked === undefined
      ? island
      : (
        <PickSensor key={sensor.id} id={sensor.id} name={sensor.name} values={picked}>
          {island}
        </PickSensor>
      );
  };
  if (flat) {
    return (
      <div class="list">
        <section class="card" aria-label="Sensors">{page.map(row)}</section>
      </div>
    );
  }
  return (
    <div class="list">
      {[...machines].map(([machine, sensors]) => (
        <section key={machine} class="card" aria-label={machine}>
          <h2>{machine.split("/").map(title).join(" / ")}</h2>
          {sensors.map(row)}
        </section>
      ))}
    </div>
  );
}

/** What is filtered, and one click to change it. */
function Filters({ filter }: { filter: Filter }): VNode {
  const chip = (name: string, set: Partial<Filter>) => {
    const on = Object.entries(set).every(([key, value]) => filter[key as keyof Filter] === value);
    const off = Object.fromEntries(Object.keys(set).map((key) => [key, undefined]));
    return (
      <Chip key={name} href={hrefWith("/sensors", { ...filter, ...(on ? off : set) })} on={on}>
        {name}
      </Chip>
    );
  };
  return (
    <Chips label="Filters">
      {chip("Critical", { status: "critical" })}
      {chip("Warning", { status: "warning" })}
      {chip("Silent", { status: "offline" })}
      {chip("New", { review: "new" })}
      {chip("Numbers", { kind: "number" })}
      {chip("On/off", { kind: "binary" })}
      {chip("States", { kind: "text" })}
      {filter.machine && (
        <Removable href={hrefWith("/sensors", { ...filter, machine: undefined })}>
          {filter.machine}
        </Removable>
      )}
    </Chips>
  );
}
