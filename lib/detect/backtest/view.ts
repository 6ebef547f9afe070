/** Backtests as API and pages show them. */
import { z } from "zod";
import { formerly, msField, oldMs } from "../../base/wire.ts";
import { SEVERITIES } from "../../words/severity.ts";
import type { SensorDirectory } from "../../machines/sensor.ts";
import { headlineOf, type HeadlineSensor } from "../headline.ts";
import type { Backtest, Firing, TrialResult } from "./shapes.ts";

const firingShape = z.object({
  start_ms: msField,
  end_ms: msField.nullable().describe("null: still so at the end of the range"),
  severity: z.enum(SEVERITIES),
  score: z.number(),
  peak: z.object({ ts: z.number(), value: z.number() }).nullable(),
  headline: z.string().describe("in at most 12 words: name, value, what is usual"),
  reason: z.string(),
  findings: z.number(),
  start: oldMs("start_ms"),
  end: formerly(z.number().nullable(), "end_ms"),
}).meta({ id: "Firing" });

const trialShape = z.object({
  options: z.record(z.string(), z.unknown()),
  count: z.number().describe("alarms it would have raised"),
  by_severity: z.object({ info: z.number(), warning: z.number(), critical: z.number() }),
  raised_ms: z.number().describe("time with something raised"),
  firings: z.array(firingShape).describe("the first 500"),
}).meta({ id: "Trial" });

const resultShape = z.object({
  readings: z.number(),
  present: trialShape.nullable()
    .describe("with the options it has now; null when it does not watch the sensor"),
  changed: trialShape,
}).meta({ id: "BacktestResult" });

export const backtestShape = z.object({
  id: z.string(),
  sensor: z.string(),
  sensor_id: z.string(),
  detector: z.string(),
  options: z.record(z.string(), z.unknown()),
  from_ms: msField,
  to_ms: msField,
  by: z.string(),
  asked_ms: msField,
  state: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  progress: z.number().describe("0 to 1"),
  ended_ms: msField.nullable(),
  error: z.string().nullable(),
  result: resultShape.nullable(),
  from: oldMs("from_ms"),
  to: oldMs("to_ms"),
  asked: oldMs("asked_ms"),
  ended: formerly(z.number().nullable(), "ended_ms"),
}).meta({ id: "Backtest" });
export type ShownBacktest = z.output<typeof backtestShape>;

/** With what the sensor is called and measured in now. */
export function shownBacktest(b: Backtest, sensors: Pick<SensorDirectory, "find">): ShownBacktest {
  const named = sensors.find(b.sensor.id) ??
    { sensor: b.sensor.name, unit: null, settings: { display_name: null } };
  const { sensor, fromMs, toMs, askedMs, endedMs, options, result, ...rest } = b;
  return {
    ...rest,
    sensor: sensor.name,
    sensor_id: sensor.id,
    options: options as Record<string, unknown>,
    from_ms: fromMs,
    to_ms: toMs,
    asked_ms: askedMs,
    ended_ms: endedMs,
    result: result && {
      readings: result.readings,
      present: result.present && trialOf(result.present, named),
      changed: trialOf(result.changed, named),
    },
    from: fromMs,
    to: toMs,
    asked: askedMs,
    ended: endedMs,
  };
}

function trialOf(trial: TrialResult, sensor: HeadlineSensor): z.output<typeof trialShape> {
  return {
    options: trial.options as Record<string, unknown>,
    count: trial.count,
    by_severity: trial.bySeverity,
    raised_ms: trial.raisedMs,
    firings: trial.firings.map((firing) => firingOf(firing, sensor)),
  };
}

function firingOf(
  { startMs, endMs, peak, told, ...rest }: Firing,
  sensor: HeadlineSensor,
): z.output<typeof firingShape> {
  return {
    start_ms: startMs,
    end_ms: endMs,
    peak: peak && { ts: peak.tMs, value: peak.value },
    headline: headlineOf(told, sensor),
    start: startMs,
    end: endMs,
    ...rest,
  };
}
