/** The section about sensors. */
import { converted } from "../../words/conversion.ts";
import { type Sensor, shownValue } from "../../machines/sensor.ts";
import { grouped, valueText } from "../../words/numbers.ts";
import { dateTime, HOUR_MS } from "../../words/times.ts";
import type { ChartLine, ReportChart, ReportSection, ReportTable } from "../document.ts";
import { gapOf } from "./gap.ts";
import { notesOf } from "./notes.ts";
import type { Scope } from "./scope.ts";
import {
  LIMIT_NAMES,
  LIMITS,
  limitsTable,
  ROWS_MOST,
  type SensorRows,
  STATE_NAMES,
  statesTable,
  stateTimesTable,
  valuesTable,
} from "./sensor_tables.ts";
import type { StateTime } from "./running.ts";
import type { SensorFacts } from "./sensor_facts.ts";
import { coarse, lastedIn, STATES } from "../../words/past_spans.ts";
import { plural, rounded, sensorName, share, span, valueWithUnit } from "./text.ts";

/** Sensors with a chart, each of which is a third of a page. */
export const CHARTS_MOST = 300;
const BAND_SPANS = 400;

export function sensorRows(facts: SensorFacts, scope: Scope, withChart: boolean): SensorRows {
  const { sensor, shown, n } = facts;
  const { settings } = sensor;
  const isNumber = sensor.kind !== "text";
  const value = (x: number) => isNumber && n > 0 ? rounded(inUnit(facts, x), shown.decimals) : null;
  const name = [scope.nameOf(sensor.machine), sensorName(sensor)];
  const lasted = lastedIn(facts.states);
  const lengthMs = scope.toMs - scope.fromMs;
  const limit = (key: typeof LIMITS[number]) =>
    settings[key] === null ? null : rounded(inUnit(facts, settings[key]), shown.decimals);
  return {
    n,
    damaged: facts.buckets.damaged.length > 0,
    missing: facts.buckets.elsewhere?.failure ?? null,
    summedUntilMs: facts.buckets.summedUntilMs,
    values: [
      ...name,
      shown.unit,
      n,
      value(facts.min),
      value(facts.mean),
      value(facts.max),
      facts.counted === null
        ? null
        : rounded(differenceIn(facts, facts.counted.total), shown.decimals),
      facts.counted === null ? null : facts.counted.resets,
      facts.coverage,
    ],
    states: [
      ...name,
      ...STATES.filter((state) => state !== "maintenance").flatMap((state) => [
        lasted[state] / lengthMs,
      ]),
      lasted.warning,
      lasted.critical,
      lasted.offline,
    ],
    limits: LIMITS.some((key) => settings[key] !== null)
      ? [...name, shown.unit, ...LIMITS.map(limit)]
      : null,
    stateTimes: stateRows(facts, name, lengthMs),
    chart: withChart && isNumber && n > 0 ? chartOf(facts, scope) : null,
  };
}

/** States of one sensor that have a row; the others are one. */
const STATES_MOST = 12;

function stateRows(
  { sensor, stateTimes }: SensorFacts,
  name: readonly string[],
  lengthMs: number,
): ReportTable["rows"] {
  if (stateTimes === null) return [];
  const shown = stateTimes.slice(0, STATES_MOST);
  const others = stateTimes.slice(STATES_MOST);
  const row = (
    text: string,
    ms: number,
    times: number,
  ) => [...name, text, ms / lengthMs, ms / HOUR_MS, times];
  const sum = (of: (one: StateTime) => number) => others.reduce((all, one) => all + of(one), 0);
  return [
    ...shown.map(({ value, ms, times }) => row(String(textOf(sensor, value)), ms, times)),
    ...others.length === 0
      ? []
      : [row(plural(others.length, "other"), sum(({ ms }) => ms), sum(({ times }) => times))],
  ];
}

function textOf(sensor: Sensor, value: number): string {
  return sensor.kind === "binary" ? valueText("binary", value) : String(shownValue(sensor, value));
}

function inUnit({ shown: { convert } }: SensorFacts, value: number): number {
  return convert === null ? value : converted(convert, value);
}

function differenceIn({ shown: { convert } }: SensorFacts, difference: number): number {
  return convert === null
    ? difference
    : converted({ factor: convert.factor, offset: 0 }, difference);
}

function chartOf(facts: SensorFacts, scope: Scope): ReportChart {
  const { sensor, shown, buckets, states } = facts;
  const { settings } = sensor;
  const title = `${scope.nameOf(sensor.machine)} · ${sensorName(sensor)}`;
  const line = (values: Float64Array) =>
    shown.convert === null ? values : values.map((value) => inUnit(facts, value));
  let [min, max] = [line(buckets.min), line(buckets.max)];
  // A unit that counts the other way round.
  if ((shown.convert?.factor ?? 1) < 0) [min, max] = [max, min];
  const lines: ChartLine[] = [{
    label: sensorName(sensor),
    gapMs: gapOf(buckets.tMs, buckets.bucketMs, settings.expected_interval_ms),
    tMs: buckets.tMs,
    min,
    mean: line(buckets.mean),
    max,
  }];
  const text = (value: number) => valueWithUnit(inUnit(facts, value), shown.decimals, shown.unit);
  const lasted = lastedIn(states);
  const troubles = (["critical", "warning", "offline", "unknown"] as const)
    .filter((state) => lasted[state] > 0)
    .map((state) => `${STATE_NAMES[state].toLowerCase()} for ${span(lasted[state])}`);
  return {
    title,
    alt: `${title}: lowest ${text(facts.min)}, mean ${text(facts.mean)}, highest ` +
      `${text(facts.max)}${troubles.length === 0 ? "" : `; ${troubles.join(", ")}`}.`,
    unit: shown.unit,
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    lines,
    limits: LIMITS.flatMap((key) =>
      settings[key] === null ? [] : [{
        label: LIMIT_NAMES[key],
        value: inUnit(facts, settings[key]),
        severity: key.startsWith("critical") ? "critical" as const : "warning" as const,
      }]
    ),
    bands: [{ label: "Status", spans: coarse(states, BAND_SPANS) }],
    bars: [],
  };
}

export function sensorSection(rows: readonly SensorRows[], zone: string): ReportSection {
  const section: ReportSection = {
    title: "Sensor summary",
    paragraphs: [],
    figures: [],
    charts: rows.flatMap(({ chart }) => chart === null ? [] : [chart]),
    tables: [],
    notes: notesOf("values", "total", "coverage", "status", "unknown", "states", "limits", "range"),
  };
  if (rows.length === 0) {
    section.paragraphs.push("There are no sensors.");
    return section;
  }
  const silent = rows.filter(({ n }) => n === 0).length;
  const all = rows.reduce((sum, { n }) => sum + n, 0);
  if (all === 0) section.paragraphs.push("There are no readings of this time.");
  else if (silent > 0) {
    section.paragraphs.push(
      `${plural(silent, "sensor")} of ${grouped(rows.length)} ${
        silent === 1 ? "has" : "have"
      } no ` +
        "readings of this time.",
    );
  }
  const undrawn = rows.filter(({ n, values }) => n > 0 && typeof values[5] === "number").length -
    section.charts.length;
  if (undrawn > 0) {
    section.paragraphs.push(
      `The first ${grouped(section.charts.length)} sensors are drawn; choose machines for others.`,
    );
  }
  section.paragraphs.push(...keptHow(rows, zone));
  section.figures = [
    { label: "Sensors", text: grouped(rows.length) },
    { label: "Readings", text: grouped(all), note: "values" },
    { label: "With readings", text: share((rows.length - silent) / rows.length) },
  ];
  const shown = rows.slice(0, ROWS_MOST);
  const title = (what: string) =>
    shown.length < rows.length
      ? `${what}: the first ${grouped(shown.length)} of ${grouped(rows.length)}`
      : what;
  const limits = shown.flatMap((row) => row.limits === null ? [] : [row.limits]);
  const states = shown.flatMap((row) => row.stateTimes);
  section.tables = [
    valuesTable(title("Values"), shown),
    statesTable(title("Time in each status"), shown),
    ...states.length === 0 ? [] : [stateTimesTable(states)],
    ...limits.length === 0 ? [] : [limitsTable(limits)],
  ];
  return section;
}

/** What of the readings is not there as it was measured. */
function keptHow(rows: readonly SensorRows[], zone: string): string[] {
  const damaged = rows.filter((row) => row.damaged).length;
  const summedUntilMs = Math.max(0, ...rows.map((row) => row.summedUntilMs ?? 0));
  const missing = rows.find((row) => row.missing !== null)?.missing;
  return [
    ...missing == null ? [] : [`${missing} What only it still has is left out.`],
    ...damaged === 0 ? [] : [
      `Some readings of ${plural(damaged, "sensor")} are damaged on the disk and are left out.`,
    ],
    ...summedUntilMs === 0 ? [] : [
      `Readings before ${dateTime(summedUntilMs, zone)} are kept as minutes or hours: their ` +
      "smallest, mean and largest values are exact, totals and run hours are not quite.",
    ],
  ];
}
