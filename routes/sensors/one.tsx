import type { VNode } from "preact";
import { z } from "zod";
import { SensorNow } from "../../islands/sensor_now.tsx";
import { type SensorViewProps, shownMark } from "../../islands/sensor_data.ts";
import { SensorView } from "../../islands/sensor_view.tsx";
import type { Annotation } from "../../lib/annotations/annotation.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { settingsIn } from "../../lib/machines/shown_unit.ts";
import { OTHER_TEXT } from "../../lib/machines/words.ts";
import type { Trend } from "../../lib/live/timeline.ts";
import { anomalyOf } from "../../lib/detect/anomaly.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { type Mark, markOf } from "../../islands/anomaly_mark.ts";
import { label, sensorTitle, title } from "../../lib/words/names.ts";
import { ago } from "../../lib/words/times.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { machineHref, sensorHref } from "../frame/links.ts";
import { Controls, controlsOf } from "../frame/order_control.tsx";
import { Chip, Crumbs } from "../frame/parts.tsx";
import { annotationsOf } from "../annotations/request.ts";
import { type Standing, StandingCard, standingOf } from "../annotations/standing.tsx";
import { judgeAnomaly } from "./anomalies_api.ts";
import { findSensor } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { clockText } from "../site/clock_notes.tsx";
import { Island } from "../frame/island.tsx";
import { Field, FormError } from "../frame/form.tsx";
import { chooseRange, localText, type Range, type RangeChoice, RANGES } from "../frame/range.ts";
import { bucketsOf, lastOf } from "../machines/sensor_rows.ts";
import type { SensorPageParts } from "./request.ts";
import { SensorStatusNow } from "../machines/status_now.tsx";
import { Lineage } from "./lineage.tsx";
import { RangeLine } from "./range_line.tsx";
import { valueRangeOf } from "../../lib/machines/value_range.ts";
import { ShownNotice, UnitNotice } from "./unit_notice.tsx";

/** About one bucket per two pixels of a wide screen. */
const POINTS = 600;
/** Anomalies drawn and listed at most. */
const MARKS = 200;

const Query = z.object({
  range: z.string().max(10).optional(),
  from: z.string().max(30).optional(),
  to: z.string().max(30).optional(),
}).loose();

/** `/sensors/:id`: one sensor over time. */
export function sensorPage(parts: SensorPageParts): Route {
  return route({
    method: "get",
    path: "/sensors/:id{.+}",
    policy: "viewer",
    summary: null,
    params: z.object({ id: z.string().min(1).max(2000) }),
    query: Query,
    handler: async ({ c, who, params, query }) => {
      const since = parts.place();
      const sensor = findSensor(parts.sensors, params.id);
      const choice = chooseRange(query, parts.clock.now(), parts.zone);
      const { fromMs, toMs } = choice.range;
      const [trend, found, annotations] = await Promise.all([
        parts.trends.of(sensor, { fromMs, toMs: toMs + 1, points: POINTS }),
        parts.anomalies.findings.list({
          sensors: [sensor.num],
          phases: ["point", "raised", "changed"],
          fromMs,
          toMs: toMs + 1,
          limit: MARKS,
        }),
        annotationsOf(parts, [sensor], { fromMs, toMs: toMs + 1 }),
      ]);
      const marks = found.map((one) => markOf(anomalyOf(one, parts.sensors)));
      const mayJudge = atLeast(who!.role, "engineer");
      const machine = parts.machines.find(sensor.machine);
      const standing = machine === undefined ? null : await standingOf(parts, machine, sensor.id);
      const content = { parts, standing, sensor, choice, trend, marks, annotations, mayJudge };
      return parts.frame.answer(c, who, {
        title: `${sensorTitle(sensor)}, ${label(sensor.machine)}`,
        place: "/sensors",
        script: "sensor",
        stream: { types: "reading,anomaly,status,command", sensor: sensor.id },
        since,
        content: <SensorContent {...content} />,
      });
    },
  });
}

function SensorContent(
  { parts, standing, sensor, choice, trend, marks, annotations, mayJudge }: {
    parts: SensorPageParts;
    standing: Standing | null;
    sensor: Sensor;
    choice: RangeChoice;
    trend: Trend;
    marks: Mark[];
    annotations: Annotation[];
    mayJudge: boolean;
  },
): VNode {
  const { name, kind } = sensor;
  const shown = parts.shown(sensor);
  const { unit, convert, decimals, guessed } = shown;
  const { warning_low, warning_high, critical_low, critical_high } = settingsIn(
    convert,
    sensor.settings,
  );
  const nowMs = parts.clock.now();
  const intervalMs = parts.recent.intervalMs(sensor.num);
  const view: SensorViewProps = {
    id: sensor.id,
    name,
    unit,
    convert,
    kind,
    states: kind === "text" ? sensor.states : [],
    intervalMs,
    lengthMs: choice.range.lengthMs,
    range: choice.range.key,
    fromMs: choice.range.fromMs,
    toMs: choice.range.toMs,
    nowMs,
    zone: parts.zone,
    points: POINTS,
    decimals,
    limits: { warning_low, warning_high, critical_low, critical_high },
    buckets: bucketsOf(trend.buckets, decimals, convert),
    spans: trend.spans,
    marks: marks.map((mark) => shownMark({ convert }, mark)),
    annotations,
    mayJudge,
  };
  return (
    <>
      <Crumbs>
        <a href={machineHref(sensor.machine)}>
          {sensor.machine.split("/").map(title).join(" / ")}
        </a>
      </Crumbs>
      <div class="sensor-head">
        <h1>{sensorTitle(sensor)}</h1>
        <Island
          name="SensorNow"
          component={SensorNow}
          props={{
            name,
            unit,
            convert,
            guessed,
            kind,
            decimals,
            last: lastOf(parts.recent, sensor),
            silence_ms: parts.recent.silenceMs(sensor),
            intervalMs,
            nowMs,
            zone: parts.zone,
          }}
        />
      </div>
      <div class="sensor-state">
        <SensorStatusNow parts={parts} sensor={sensor} since alarms={standing?.alarms} />
        <a href={`/compare?sensors=${sensor.id}`}>Compare with…</a>
        {mayJudge && <a href={`/sensor-settings/${sensor.id}`}>Limits and settings</a>}
        {mayJudge && <a href={`/backtest?sensor=${sensor.id}`}>Try changed thresholds</a>}
        <a href={`/dashboards/pin?sensor=${sensor.id}`}>Pin to a dashboard</a>
      </div>
      <RangeLine
        range={valueRangeOf(sensor, parts.deviceService.rangeOf(sensor.num))}
        unit={unit}
        convert={convert}
      />
      <ShownNotice sensor={sensor} shown={shown} mayChoose={mayJudge} />
      <UnitNotice sensors={parts.sensors} sensor={sensor} mayChoose={mayJudge} />
      <ClockNotice parts={parts} sensor={sensor} nowMs={nowMs} />
      <WordNotice sensor={sensor} nowMs={nowMs} />
      <Controls
        targets={controlsOf(parts.commands, parts.commands.targets.ofSensor(sensor.num))}
        mayOrder={mayJudge}
        back={sensorHref(sensor.id)}
        nowMs={nowMs}
        zone={parts.zone}
      />
      <Ranges sensor={sensor} range={choice.range} zone={parts.zone} problem={choice.problem} />
      <Island name="SensorView" component={SensorView} props={view} />
      {standing !== null && <StandingCard parts={parts} standing={standing} mayChange={mayJudge} />}
      <Lineage computed={parts.computed} sensor={sensor} mayChange={mayJudge} />
    </>
  );
}

function ClockNotice(
  { parts, sensor, nowMs }: { parts: SensorPageParts; sensor: Sensor; nowMs: number },
): VNode | null {
  const note = parts.clockNotes.list(nowMs).find(({ machine }) => machine === sensor.machine);
  if (note === undefined) return null;
  return (
    <p class="muted">
      {`${clockText(note)}. Readings with such a time are kept at their time of arrival. `}
      <a href="/sources#clocks">Clocks of devices</a>
    </p>
  );
}

/** A notice about texts that a sensor reports and that are no readings of its kind. */
function WordNotice({ sensor, nowMs }: { sensor: Sensor; nowMs: number }): VNode | null {
  if (sensor.states.includes(OTHER_TEXT)) {
    return (
      <p class="muted">
        {`It has reported ${sensor.states.length - 1} different texts, too many ` +
          "to be states. Only its latest text is shown."}
      </p>
    );
  }
  if (sensor.latestWord === undefined) return null;
  const { text, tMs } = sensor.latestWord;
  return (
    <p class="muted">
      {`This sensor reports numbers; “${text.slice(0, 80)}” (${ago(nowMs - tMs)}) is not a number.`}
    </p>
  );
}

/** What the buttons beside an anomaly post to; they lead back to its sensor. */
export function anomalyActions({ anomalies, sensors }: SensorPageParts): Route[] {
  return VERDICTS.map((verdict) =>
    route({
      method: "post",
      path: `/anomalies/:id/${verdict}`,
      policy: "engineer",
      summary: null,
      params: z.object({ id: z.string().max(20) }),
      handler: async (context) => {
        const found = await judgeAnomaly(anomalies, context, context.params.id, verdict);
        const sensor = sensors.byNum(found.sensor);
        const location = sensor === undefined ? "/sensors" : `${sensorHref(sensor.id)}#anomalies`;
        return seeOther(location);
      },
    })
  );
}

/** What a page needs of an anomaly. */
function Ranges(
  { sensor, range, zone, problem }: {
    sensor: Sensor;
    range: Range;
    zone: string;
    problem: string | null;
  },
): VNode {
  return (
    <div class="ranges">
      <nav aria-label="Range">
        {RANGES.map(({ key, name }) => (
          <Chip key={key} href={`${sensorHref(sensor.id)}?range=${key}`} on={range.key === key}>
            {name}
          </Chip>
        ))}
      </nav>
      <details class="custom" open={range.key === "custom" || problem !== null}>
        <summary class={range.key === "custom" ? "chip on" : "chip"}>Custom</summary>
        <form method="get" action={sensorHref(sensor.id)}>
          <Field
            name="from"
            label="From"
            type="datetime-local"
            value={localText(range.fromMs, zone)}
          />
          <Field
            name="to"
            label="To"
            type="datetime-local"
            value={localText(range.toMs, zone)}
          />
          <button type="submit">Show</button>
          <p class="help">{`Times in ${zone}.`}</p>
          <FormError id="range-problem">{problem}</FormError>
        </form>
      </details>
    </div>
  );
}
