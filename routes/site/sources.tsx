import type { VNode } from "preact";
import { z } from "zod";
import { isGood, SourceList } from "../../islands/source_list.tsx";
import { SystemLine } from "../../islands/system_line.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { RejectCount, RejectRecord } from "../../lib/intake/rejects.ts";
import type { ClockNotes as ClockNotesKept } from "../../lib/intake/clock_notes.ts";
import type { StatusBoard } from "../../lib/live/status.ts";
import type { Status } from "../../lib/live/status_shape.ts";
import type { SourceState } from "../../lib/sources/source.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { ago, clockTime, dateTime } from "../../lib/words/times.ts";
import { matching } from "../../lib/words/matching.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { Answer, Empty, More, Table } from "../frame/parts.tsx";
import { type ClockServices, confirmClock } from "./clock_api.ts";
import {
  acknowledgeDamage,
  type DamageItem,
  damageItems,
  type DamageServices,
} from "./damage_api.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import type { DeviceService } from "../../lib/sources/devices/service.ts";
import type { Hardware } from "../../lib/sources/hardware/hardware.ts";
import type { Polls } from "../../lib/sources/polls/polls.ts";
import { Dialects } from "./dialects.tsx";
import { AtThisHost, Probes } from "./probes.tsx";
import { sourceOf } from "../../lib/sources/source.ts";
import { payloadText } from "./status_api.ts";
import { ClockCard } from "./clock.tsx";
import { DamageCard } from "./damage.tsx";
import { ClockNotes } from "./clock_notes.tsx";
import { Island } from "../frame/island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { SimulatorPanel, type SimulatorParts } from "./simulator.tsx";

const SAMPLES = 30;

/** What the page about sources takes. */
export interface SourcesParts extends PageParts, SimulatorParts {
  clocks: ClockServices;
  damage: DamageServices;
  clockNotes: Pick<ClockNotesKept, "list">;
  sources: () => SourceState[];
  rejects: { counts(): RejectCount[]; sample(): RejectRecord[]; total(): number };
  status: Pick<StatusBoard, "now">;
  deviceService: Pick<DeviceService, "dialects">;
  polls: Pick<Polls, "all">;
  hardware: Pick<Hardware, "inputs">;
}

/** `/sources`: what arrives where, what is refused and why, and whether the clock is believed. */
export function sourcesPages(parts: SourcesParts): Route[] {
  const draw = async (
    { c, who }: Pick<RouteContext, "c" | "who">,
    sent: SentForm,
    q?: string,
  ) => {
    const since = parts.place();
    const [status, damage] = [await parts.status.now(), await damageItems(parts.damage)];
    return parts.frame.answer(c, who, {
      title: "Sources",
      place: "/sources",
      script: "lists",
      stream: { types: "status" },
      since,
      status: sent.status,
      content: <Content {...{ parts, status, damage, who, q }} error={sent.errors.form} />,
    });
  };
  return [
    route({
      method: "get",
      path: "/sources",
      policy: "viewer",
      summary: null,
      query: z.object({ q: wordsField }).loose(),
      handler: (context) => draw(context, NOTHING_SENT, context.query.q),
    }),
    formAction(
      "/sources/clock",
      z.strictObject({}),
      async (_, context) => {
        await confirmClock(parts.clocks, context);
        return "/sources";
      },
      (context, sent) => draw(context, sent),
      "admin",
    ),
    formAction(
      "/sources/damage",
      z.strictObject({ found_until_ms: z.coerce.number().int() }),
      async (sent, context) => {
        await acknowledgeDamage(parts.damage, context, sent.found_until_ms);
        return "/sources";
      },
      (context, sent) => draw(context, sent),
      "admin",
    ),
  ];
}

function Content(
  { parts, status, damage, who, error, q }: {
    parts: SourcesParts;
    status: Status;
    damage: DamageItem[];
    who: Identity | null;
    error?: string;
    q?: string;
  },
): VNode {
  const sources = parts.sources();
  const shown = matching(sources, q, ({ name, detail, state }) => [name, detail, state]);
  const dialects = matching(parts.deviceService.dialects(), q, ({ title, name }) => [title, name]);
  const counts = matching(parts.rejects.counts(), q, (one) => [one.source, REASONS[one.code]]);
  const records = matching(
    parts.rejects.sample(),
    q,
    (one) => [one.source, one.topic, one.message, REASONS[one.code]],
  );
  const nowMs = parts.clock.now();
  const mayControl = who !== null && atLeast(who.role, "engineer");
  return (
    <>
      <Answer>{answerOf(sources, parts.rejects.total())}</Answer>
      <Island name="SystemLine" component={SystemLine} props={{ initial: status }} />
      <ClockCard
        state={parts.clocks.clock.state()}
        zone={parts.zone}
        mayConfirm={who !== null && atLeast(who.role, "admin")}
        error={error}
      />
      <DamageCard
        items={damage}
        zone={parts.zone}
        mayAcknowledge={who !== null && atLeast(who.role, "admin")}
      />
      <ListFilter path="/sources" value={q} label="Filter by source, topic or reason" />
      <Filtered>
        {shown.length + counts.length + records.length + dialects.length === 0 && (
          <Empty>
            No source fits. <a href="/sources">Show all</a>
          </Empty>
        )}
        <div class="machines">
          <Island
            name="SourceList"
            component={SourceList}
            props={{
              sources: shown.map(sourceOf),
              ...(shown === sources ? {} : { names: shown.map(({ name }) => name) }),
              nowMs,
              zone: parts.zone,
            }}
          />
          {parts.simulator && (
            <SimulatorPanel status={parts.simulator.status()} mayControl={mayControl} />
          )}
        </div>
        {who?.role === "admin" && <More href="/import">Import history from elsewhere</More>}
        <Dialects dialects={dialects} nowMs={nowMs} />
        <Probes polls={parts.polls} />
        <AtThisHost hardware={parts.hardware} />
        <ClockNotes notes={parts.clockNotes.list(nowMs)} nowMs={nowMs} />
        <Refused counts={counts} nowMs={nowMs} />
        <Samples records={records.slice(0, SAMPLES)} nowMs={nowMs} zone={parts.zone} />
      </Filtered>
    </>
  );
}

function answerOf(sources: SourceState[], refused: number): VNode {
  const bad = sources.filter((source) => !isGood(source.state));
  const refusals = refused === 0
    ? "nothing was refused"
    : `${grouped(refused)} ${refused === 1 ? "message was" : "messages were"} refused`;
  if (bad.length === 0) {
    return <>{sources.length === 1 ? "The source works" : "All sources work"}; {refusals}</>;
  }
  return (
    <>
      <span class="mark warning" aria-hidden="true">▲</span>
      {`${bad.map((source) => source.name).join(", ")} ${
        bad.length === 1 ? "needs" : "need"
      } attention; ${refusals}`}
    </>
  );
}

function Refused(
  { counts, nowMs }: { counts: readonly RejectCount[]; nowMs: number },
): VNode | null {
  if (counts.length === 0) return null;
  return (
    <section class="card" aria-labelledby="refused">
      <h2 id="refused">Refused since the start</h2>
      <p class="muted">
        Refused messages are not lost: they are in <code>rejected.jsonl</code>{" "}
        in the data folder, and <code>perch replay</code>{" "}
        takes them in again once the cause is gone.
      </p>
      <Table label="Refused by reason">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col" class="text">Reason</th>
            <th scope="col">Messages</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {counts.map((count) => (
            <tr key={`${count.source} ${count.code}`}>
              <th scope="row">{count.source}</th>
              <td class="text">{REASONS[count.code]}</td>
              <td>{grouped(count.count)}</td>
              <td>{ago(nowMs - count.lastMs)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Samples(
  { records, nowMs, zone }: { records: readonly RejectRecord[]; nowMs: number; zone: string },
): VNode | null {
  if (records.length === 0) return null;
  return (
    <section class="card" aria-labelledby="samples">
      <h2 id="samples">The latest refused messages</h2>
      <ul class="samples">
        {records.map((record, i) => (
          <li key={i}>
            <p>
              <time
                dateTime={new Date(record.tsMs).toISOString()}
                title={dateTime(record.tsMs, zone)}
              >
                {clockTime(record.tsMs, nowMs, zone)}
              </time>{" "}
              <span class="muted">{record.source}</span> <code>{record.topic.slice(0, 200)}</code>
            </p>
            <p>{record.message}</p>
            <pre tabIndex={0}><code>{payloadText(record.payload)}</code></pre>
          </li>
        ))}
      </ul>
    </section>
  );
}

const REASONS: Record<RejectRecord["code"], string> = {
  bad_topic: "the topic is not one that Perch reads",
  bad_payload: "the payload could not be read",
  bad_encoding: "the payload is not UTF-8",
  bad_value: "the value is not one that can be stored",
  no_value: "there is no value",
  bad_time: "the time is impossible",
  bad_name: "the name is not allowed",
  too_large: "the message is too large",
  unknown_sensor: "the sensor is not registered, and only registered ones are taken",
  sensor_cap: "too many new sensors within an hour",
  state_cap: "too many different texts for one sensor",
  forbidden_topic: "the sender may not publish there",
  quarantined: "crashed Perch while being read",
};
