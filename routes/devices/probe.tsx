import type { VNode } from "preact";
import { z } from "zod";
import { type Mark, markOf } from "../../islands/anomaly_mark.ts";
import type { SensorViewProps } from "../../islands/sensor_data.ts";
import { SensorView } from "../../islands/sensor_view.tsx";
import { anomalyOf } from "../../lib/detect/anomaly.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { pollKey } from "../../lib/sources/polls/poll_entries.ts";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import { RESPONSE_TIME } from "../../lib/sources/polls/sensors.ts";
import type { Uptime } from "../../lib/sources/polls/uptime.ts";
import { DAY_MS, duration } from "../../lib/words/times.ts";
import { Island } from "../frame/island.tsx";
import { FormError } from "../frame/form.tsx";
import { type FormState, NO_FORM } from "../frame/form_page.ts";
import { eventHref, hrefWith, machineHref, machineTitle } from "../frame/links.ts";
import { Answer, Crumbs, Fact, Facts, More } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { addressToAsk } from "../frame/asked_address.ts";
import { probeActions } from "./probe_actions.tsx";
import { Ask, ChangeForm, Doings } from "./probe_forms.tsx";
import {
  answerOfOne,
  BeatBar,
  isAdmin,
  isEngineer,
  kindTitle,
  PAGE,
  percent,
  PLACE,
  type ProbePageParts,
  Since,
  StateWord,
} from "./probe_parts.tsx";

const EVENTS_SHOWN = 10;
const POINTS = 288;
const FAILED_SHOWN = 5;
/** Anomalies drawn and listed at most. */
const MARKS = 50;

/** `/probes/:id`: one of them, why it failed, and what may be done about it. */
export function probePages(parts: ProbePageParts): Route[] {
  const path = `${PAGE}/:id`;
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const draw = (context: RouteContext, state: FormState) =>
    drawProbe(parts, context, idOf(context), state);
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().max(80) }),
      handler: (context) => draw(context, NO_FORM),
    }),
    ...probeActions(parts, { path, idOf, draw }),
  ];
}

async function drawProbe(
  parts: ProbePageParts,
  context: RouteContext,
  id: string,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const since = parts.place();
  const view = parts.polls.find(id);
  const admin = isAdmin(who);
  const sensor = parts.pollSensors.find(view, RESPONSE_TIME);
  const [share, asks, events, responses] = await Promise.all([
    parts.pollUptime(view),
    admin ? addressToAsk(parts.polls, id, parts.clock) : null,
    parts.events.list({ subject: pollKey(id), limit: EVENTS_SHOWN }),
    sensor === null ? null : responsesOf(parts, sensor),
  ]);
  return parts.frame.answer(c, who, {
    title: view.name,
    place: PLACE,
    script: "sensor",
    stream: sensor === null ? undefined : { types: "reading,anomaly,status", sensor: sensor.id },
    since,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Probes</a>
        </Crumbs>
        <Answer>{answerOfOne(view)}</Answer>
        <p class="probe-state">
          <StateWord state={view.state} />
          <Since view={view} nowMs={parts.clock.now()} zone={parts.zone} />
          <span class="area">{kindTitle(view.kind)}</span>
        </p>
        {state.notice}
        <FormError>
          {state.form === "change" ? undefined : Object.values(state.errors)[0]}
        </FormError>
        {asks !== null && <Ask view={view} address={asks} />}
        {view.state !== "paused" && <p>{view.text}</p>}
        {isEngineer(who) && <Doings view={view} />}
        <section class="card" aria-labelledby="checks">
          <h2 id="checks">Last checks</h2>
          <BeatBar checks={view.checks} zone={parts.zone} />
          <Figures parts={parts} view={view} share={share} />
          <Failures view={view} zone={parts.zone} />
        </section>
        <section class="card" aria-labelledby="response">
          <h2 id="response">Response time</h2>
          {sensor === null || responses === null
            ? <p class="muted">None was measured yet.</p>
            : <Chart parts={parts} view={view} sensor={sensor} responses={responses} />}
        </section>
        <Events events={events.items} id={id} zone={parts.zone} />
        {admin && <ChangeForm view={view} state={state} />}
      </>
    ),
  });
}

interface Responses {
  buckets: BucketResult;
  marks: Mark[];
}

/** The response times of a day, and what was odd about them. */
async function responsesOf(
  { readings, anomalies, sensors, clock }: ProbePageParts,
  { num }: Sensor,
): Promise<Responses> {
  const toMs = clock.now();
  const range = { fromMs: toMs - DAY_MS, toMs: toMs + 1 };
  const [buckets, found] = await Promise.all([
    readings.buckets({ sensor: num, points: POINTS, ...range }),
    anomalies.findings.list({
      sensors: [num],
      phases: ["point", "raised", "changed"],
      limit: MARKS,
      ...range,
    }),
  ]);
  const marks = found.map((one) => markOf(anomalyOf(one, sensors)));
  return { buckets, marks };
}

function Figures(
  { parts, view, share: { day, month } }: {
    parts: ProbePageParts;
    view: PollView;
    share: Uptime;
  },
): VNode {
  const { machine: path, lastMs, nextMs, responseMs } = view;
  const nowMs = parts.clock.now();
  const machine = parts.machines.find(path) ?? parts.machines.former(path);
  return (
    <Facts figures>
      <Fact name="Up, 24 h">{percent(day)}</Fact>
      <Fact name="Up, 30 d">{percent(month)}</Fact>
      <Fact name="Response">{responseMs === null ? "not measured" : duration(responseMs)}</Fact>
      <Fact name="Last">
        <Ago tMs={lastMs} nowMs={nowMs} zone={parts.zone} />
      </Fact>
      <Fact name="Next">{nextMs === null ? "not planned" : `in ${duration(nextMs - nowMs)}`}</Fact>
      <Fact name="Machine">
        {machine === undefined || machine.deletedMs !== null
          ? path
          : <a href={machineHref(machine.path)}>{machineTitle(machine)}</a>}
      </Fact>
    </Facts>
  );
}

function Failures({ view, zone }: { view: PollView; zone: string }): VNode | null {
  const failed = view.checks.filter(({ state }) => state !== "up").slice(-FAILED_SHOWN)
    .toReversed();
  if (failed.length === 0) return null;
  return (
    <ul class="probe-failures">
      {failed.map(({ tMs, detail }) => (
        <li key={tMs}>
          <Exact tMs={tMs} zone={zone} /> {detail === "" ? "failed" : detail}
        </li>
      ))}
    </ul>
  );
}

function Chart(
  { parts, view, sensor, responses: { buckets, marks } }: {
    parts: ProbePageParts;
    view: PollView;
    sensor: Sensor;
    responses: Responses;
  },
): VNode {
  const { warning_low, warning_high, critical_low, critical_high } = sensor.settings;
  const nowMs = parts.clock.now();
  const { bucketMs, tMs, min, mean, max, n } = buckets;
  const short = (values: Float64Array) => Array.from(values, (one) => Number(one.toPrecision(6)));
  const props: SensorViewProps = {
    id: sensor.id,
    name: sensor.name,
    unit: sensor.unit,
    kind: "number",
    states: [],
    intervalMs: view.settings.every_s * 1_000,
    lengthMs: DAY_MS,
    range: "24h",
    fromMs: nowMs - DAY_MS,
    toMs: nowMs,
    nowMs,
    zone: parts.zone,
    points: POINTS,
    decimals: sensor.settings.decimals,
    limits: { warning_low, warning_high, critical_low, critical_high },
    buckets: {
      bucketMs,
      t: [...tMs],
      min: short(min),
      mean: short(mean),
      max: short(max),
      n: [...n],
    },
    spans: [],
    marks,
    annotations: [],
    mayJudge: false,
  };
  return <Island name="SensorView" component={SensorView} props={props} />;
}

function Events(
  { events, id, zone }: { events: readonly LoggedEvent[]; id: string; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="happened">
      <h2 id="happened">What happened</h2>
      {events.length === 0
        ? <p class="muted">Nothing that had to be written down.</p>
        : (
          <ol class="camera-events">
            {events.map((event) => (
              <li key={event.id}>
                <Exact tMs={event.tMs} zone={zone} /> <a href={eventHref(event.id)}>{event.text}</a>
              </li>
            ))}
          </ol>
        )}
      {events.length === EVENTS_SHOWN && (
        <More href={hrefWith("/events", { subject: pollKey(id) })}>Older events</More>
      )}
    </section>
  );
}
