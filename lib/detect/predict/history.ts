/**
 * The rows of a machine: one column per sensor, one row per step of time, means over the step.
 * Training and prediction read the same rows, so what is usual in one is usual in the other.
 */
import type { Sensor } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { JudgedPeriod } from "./feedback_store.ts";

/** Steps that rows may have: the first that the machine's sensors report within. */
export const STEPS_MS = [10_000, 60_000, 300_000, 1_800_000] as const;
/** Rows that training reads at most: 2.3 days of 10 s, two weeks of a minute. */
const ROWS_MOST = 20_000;
/** Rows that training wants at least: an hour of 10 s. */
export const ROWS_LEAST = 360;
/** Sensors of one machine that a model looks at. */
export const SENSORS_MOST = 48;
/** Below this share of its rows a sensor is left out. */
const FILLED_LEAST = 0.5;
/** A word counts for this much before and after its time: a fault began before it was seen. */
const AROUND_MS = { real: 5 * 60_000, false_alarm: 30_000 };
/** Rows of false alarms are taught again until they are this share of all, so that they count as usual. */
const TAUGHT_SHARE = 0.05;
/** Rows asked for at once: short answers, so that writing never waits long. */
const SLICE_ROWS = 1000;
const SURVEY_HOURS = 14 * 24;

export type History = Pick<ReadingsStore, "buckets">;

export interface Rows {
  sensors: Sensor[];
  stepMs: number;
  fromMs: number;
  toMs: number;
  /** Row by row; NaN where a sensor reported nothing. Rows in which nothing came are left out. */
  data: Float64Array;
  rows: number;
  /** What was left out, for people. */
  notes: string[];
}

/** Sensors that a model can look at: those that report numbers, by name. */
export function numericSensors(sensors: readonly Sensor[]): Sensor[] {
  return sensors.filter((s) => s.kind === "number" && s.last !== null);
}

/**
 * Reads what a machine can be trained on, up to `toMs`. `onProgress` gets 0…1.
 * @throws RangeError with a sentence when there is too little of it.
 */
export async function readRows(
  store: History,
  sensors: readonly Sensor[],
  options: {
    toMs: number;
    signal: AbortSignal;
    onProgress: (share: number) => void;
    /** Verdicts of people on times since `sinceMs`. */
    judged?: (sinceMs: number) => Promise<JudgedPeriod[]>;
  },
): Promise<Rows> {
  const { toMs, signal, onProgress } = options;
  const notes: string[] = [];
  let chosen = numericSensors(sensors);
  if (chosen.length === 0) {
    throw new RangeError("no sensor of this machine reports numbers: there is nothing to learn");
  }
  if (chosen.length > SENSORS_MOST) {
    notes.push(`only the first ${SENSORS_MOST} of ${chosen.length} sensors are looked at`);
    chosen = chosen.slice(0, SENSORS_MOST);
  }
  const survey = await surveyOf(store, chosen, toMs, signal);
  const { stepMs } = survey;
  const lastMs = Math.floor(toMs / stepMs) * stepMs;
  const firstMs = Math.max(
    Math.floor(survey.oldestMs / stepMs) * stepMs,
    lastMs - ROWS_MOST * stepMs,
  );
  const count = Math.max(0, Math.round((lastMs - firstMs) / stepMs));
  const columns = await readColumns(store, chosen, { firstMs, count, stepMs, signal, onProgress });
  const judged = await options.judged?.(firstMs) ?? [];
  return await assemble({
    ...{ sensors: chosen, columns, count, stepMs, firstMs, notes, judged, signal },
  });
}

/** How often the sensors report, and since when: from hourly counts of two weeks. */
async function surveyOf(
  store: History,
  sensors: readonly Sensor[],
  toMs: number,
  signal: AbortSignal,
): Promise<{ stepMs: number; oldestMs: number }> {
  const intervals: number[] = [];
  let oldestMs = toMs;
  for (const { num } of sensors) {
    signal.throwIfAborted();
    const toHour = Math.ceil(toMs / HOUR_MS) * HOUR_MS;
    const fromMs = toHour - SURVEY_HOURS * HOUR_MS;
    const hours = await store.buckets({ sensor: num, fromMs, toMs: toHour, points: SURVEY_HOURS });
    if (hours.tMs.length === 0) continue;
    oldestMs = Math.min(oldestMs, hours.tMs[0]);
    const busiest = hours.tMs[hours.n.indexOf(hours.n.reduce((a, b) => Math.max(a, b)))];
    intervals.push(await intervalIn(store, num, busiest));
  }
  const usual = intervals.sort((a, b) => a - b)[intervals.length >> 1] ?? 0;
  return { stepMs: STEPS_MS.find((step) => usual <= step) ?? STEPS_MS.at(-1)!, oldestMs };
}

/** Mean time between readings within an hour that may not be whole. */
async function intervalIn(store: History, sensor: number, fromMs: number): Promise<number> {
  const points = HOUR_MS / STEPS_MS[0];
  const { tMs, n } = await store.buckets({ sensor, fromMs, toMs: fromMs + HOUR_MS, points });
  const readings = n.reduce((a, b) => a + b, 0);
  return readings < 2 ? HOUR_MS : (tMs[tMs.length - 1] - tMs[0]) / (readings - 1);
}

async function readColumns(
  store: History,
  sensors: readonly Sensor[],
  { firstMs, count, stepMs, signal, onProgress }: {
    firstMs: number;
    count: number;
    stepMs: number;
    signal: AbortSignal;
    onProgress?: (share: number) => void;
  },
): Promise<Float64Array[]> {
  const columns = sensors.map(() => new Float64Array(count).fill(NaN));
  const slices = Math.ceil(count / SLICE_ROWS);
  for (let slice = 0; slice < slices; slice++) {
    const from = slice * SLICE_ROWS, to = Math.min(count, from + SLICE_ROWS);
    for (const [c, { num }] of sensors.entries()) {
      signal.throwIfAborted();
      const part = await store.buckets({
        sensor: num,
        fromMs: firstMs + from * stepMs,
        toMs: firstMs + to * stepMs,
        points: to - from,
      });
      part.tMs.forEach((tMs, i) => {
        columns[c][Math.floor((tMs - firstMs) / stepMs)] = part.mean[i];
      });
    }
    onProgress?.((slice + 1) / slices);
  }
  return columns;
}

/** One table of what was read. A column at a time: the event loop turns in between. */
async function assemble(
  { sensors, columns, count, stepMs, firstMs, notes, judged, signal }: {
    sensors: Sensor[];
    columns: Float64Array[];
    count: number;
    stepMs: number;
    firstMs: number;
    notes: string[];
    judged: readonly JudgedPeriod[];
    signal: AbortSignal;
  },
): Promise<Rows> {
  const any = new Uint8Array(count);
  for (const column of columns) {
    for (let r = 0; r < count; r++) if (Number.isFinite(column[r])) any[r] = 1;
    await turn(signal);
  }
  const reported = Array.from(any.keys()).filter((r) => any[r] === 1);
  const { rows, again } = heeding(judged, reported, { count, stepMs, firstMs }, notes);
  if (rows.length < ROWS_LEAST) throw new RangeError(tooShort(rows.length, stepMs));
  const kept: number[] = [];
  for (const [c, column] of columns.entries()) {
    const fault = uselessness(column, rows);
    if (fault === null) kept.push(c);
    else notes.push(`${sensors[c].name} is left out: ${fault}`);
    await turn(signal);
  }
  if (kept.length === 0) {
    throw new RangeError(
      "nothing can be learned: every sensor was constant, or silent more than half of the time",
    );
  }
  const taught = [...rows, ...again];
  const data = new Float64Array(taught.length * kept.length);
  for (const [k, c] of kept.entries()) {
    const column = columns[c];
    for (let i = 0; i < taught.length; i++) data[i * kept.length + k] = column[taught[i]];
    await turn(signal);
  }
  return {
    sensors: kept.map((c) => sensors[c]),
    stepMs,
    fromMs: firstMs + rows[0] * stepMs,
    toMs: firstMs + (rows.at(-1)! + 1) * stepMs,
    data,
    rows: taught.length,
    notes,
  };
}

/** Why nothing can be learned from a column, or null. */
function uselessness(column: Float64Array, rows: readonly number[]): string | null {
  let filled = 0, first = NaN, constant = true;
  for (const r of rows) {
    const x = column[r];
    if (!Number.isFinite(x)) continue;
    if (filled++ === 0) first = x;
    else if (x !== first) constant = false;
  }
  const share = filled / rows.length;
  if (share < FILLED_LEAST) return `it reported in ${percent(share)} of the time`;
  return constant ? "it never changed" : null;
}

/** Lets the event loop turn. Rejects with the signal's reason when it has aborted. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal.throwIfAborted();
}

/**
 * Rows to learn from, by the verdicts of people: times that were real faults are left out, so that a fault is not
 * taught as usual; those of false alarms are given once more (`again`), as often as makes them count. A real
 * fault outweighs a false alarm at the same time.
 */
function heeding(
  judged: readonly JudgedPeriod[],
  reported: readonly number[],
  { count, stepMs, firstMs }: { count: number; stepMs: number; firstMs: number },
  notes: string[],
): { rows: readonly number[]; again: number[] } {
  const marked = (verdict: JudgedPeriod["verdict"]) => {
    const rows = new Uint8Array(count);
    for (const period of judged.filter((one) => one.verdict === verdict)) {
      const from = Math.ceil((period.fromMs - AROUND_MS[verdict] - firstMs) / stepMs);
      const to = Math.floor((period.toMs + AROUND_MS[verdict] - firstMs) / stepMs);
      rows.fill(1, Math.max(0, from), Math.max(0, to + 1));
    }
    return rows;
  };
  const real = marked("real"), falseAlarm = marked("false_alarm");
  const rows = reported.filter((row) => real[row] === 0);
  if (rows.length < reported.length) {
    notes.push(`${reported.length - rows.length} rows of faults that were real are left out`);
  }
  const calm = rows.filter((row) => falseAlarm[row] === 1);
  if (calm.length === 0) return { rows, again: [] };
  const wanted = TAUGHT_SHARE * rows.length / (1 - TAUGHT_SHARE);
  const times = Math.max(0, Math.ceil(wanted / calm.length) - 1);
  notes.push(`${calm.length} rows of false alarms are taught as usual`);
  return { rows, again: Array.from({ length: times }, () => calm).flat() };
}

/** The newest `count` rows before `toMs`, for a watch that starts. All of them, filled or not. */
export async function recentRows(
  store: History,
  sensors: readonly Sensor[],
  { toMs, count, stepMs, signal }: {
    toMs: number;
    count: number;
    stepMs: number;
    signal: AbortSignal;
  },
): Promise<Float64Array[]> {
  const firstMs = (Math.floor(toMs / stepMs) - count) * stepMs;
  const columns = await readColumns(store, sensors, { firstMs, count, stepMs, signal });
  return Array.from(
    { length: count },
    (_, r) => Float64Array.from(columns, (column) => column[r]),
  ).filter((row) => row.some(Number.isFinite));
}

function tooShort(rows: number, stepMs: number): string {
  const minutes = (n: number) => Math.ceil(n * stepMs / 60_000);
  return `the history is too short: ${minutes(rows)} minutes with readings, ` +
    `training needs ${minutes(ROWS_LEAST)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
