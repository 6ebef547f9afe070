/**
 * Lives of machines: from a machine's first reading, or from when it ran again, until it failed. Machines are of one
 * kind when their numbers have the same names, and people call them alike.
 */
import type { Sensor } from "../../machines/sensor.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { Run } from "../life/fleet/run_features.ts";
import { type History, SENSORS_MOST } from "./history.ts";

/** A machine failed: when, and since when it runs again. */
export interface Failure {
  machine: string;
  /** Null: at its last reading. */
  atMs: number | null;
  /** Null: never again. */
  backMs: number | null;
}

export interface Kind {
  /** Names of the numbers, sorted: the columns. */
  names: string[];
  /** What people call it; null: nothing. */
  called: string | null;
  /** Sensors of each machine, in the order of the names. */
  machines: Map<string, Sensor[]>;
}

/** A life, as far as it is known without readings; null: the first, the last one. */
export interface Life {
  machine: string;
  fromMs: number | null;
  toMs: number | null;
}

/** Steps that rows of lives may have: widths that stored readings are summed up to without loss. */
const STEPS_MS = [
  ...[10_000, 60_000, 300_000, 1_800_000],
  ...[1, 2, 4, 8, 12, 24, 48, 168].map((hours) => hours * HOUR_MS),
];
/** Rows of a usual life at most. */
const ROWS_OF_LIFE = 400;
/** Buckets in one question, when the ends of a history are looked for. */
const POINTS = 2000;
const FINE_MS = 60_000;

/**
 * Machines by the names of their numbers, and by what people call them. What reports nothing but one number is no
 * machine to compare.
 */
export function kindsOf(
  sensors: readonly Sensor[],
  calledOf: (machine: string) => string | null,
): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  const numbers = sensors.filter(({ kind }) => kind === "number");
  for (const [machine, own] of Map.groupBy(numbers, (sensor) => sensor.machine)) {
    if (own.length < 2 || own.length > SENSORS_MOST) continue;
    const sorted = [...own].sort((a, b) => a.sensor < b.sensor ? -1 : 1);
    const names = sorted.map(({ sensor }) => sensor);
    const called = calledOf(machine), key = JSON.stringify([called, names]);
    if (!kinds.has(key)) kinds.set(key, { names, called, machines: new Map() });
    kinds.get(key)!.machines.set(machine, sorted);
  }
  return kinds;
}

/** The lives of a machine that ended, oldest first, and since when the present one lasts; `over`: there is none. */
export function livesOf(
  machine: string,
  failures: readonly Failure[],
): { ended: Life[]; present: { fromMs: number | null; over: boolean } } {
  const own = failures.filter((one) => one.machine === machine)
    .sort((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity));
  const ended: Life[] = [];
  let fromMs: number | null = null;
  for (const { atMs, backMs } of own) {
    // What failed again before it ran again is the same failure.
    if (atMs === null || fromMs === null || atMs > fromMs) {
      ended.push({ machine, fromMs, toMs: atMs });
    }
    if (backMs === null) return { ended, present: { fromMs, over: true } };
    fromMs = Math.max(fromMs ?? -Infinity, backMs);
  }
  return { ended, present: { fromMs, over: false } };
}

/** First and last time with a reading in `[fromMs, toMs)`, to a minute, and how many there are; null: none. */
export async function extentOf(
  store: History,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<{ firstMs: number; lastMs: number; readings: number } | null> {
  const ask = (from: number, to: number) =>
    store.buckets({ sensor, fromMs: Math.max(0, from), toMs: to, points: POINTS });
  const all = await ask(fromMs, toMs);
  if (all.tMs.length === 0) return null;
  const end = async (last: boolean) => {
    let { tMs, bucketMs } = all;
    for (;;) {
      const at = Math.max(fromMs, last ? tMs[tMs.length - 1] : tMs[0]);
      if (bucketMs <= FINE_MS) return at;
      const finer = await ask(at, Math.min(toMs, at + bucketMs));
      if (finer.tMs.length === 0 || finer.bucketMs >= bucketMs) return at;
      ({ tMs, bucketMs } = finer);
    }
  };
  const readings = all.n.reduce((sum, n) => sum + n, 0);
  return { firstMs: await end(false), lastMs: await end(true), readings };
}

/** The step of rows for lives of these lengths, whose readings are so far apart. */
export function stepFor(lengthsMs: readonly number[], intervalsMs: readonly number[]): number {
  const middle = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const wanted = Math.max(middle(intervalsMs) * 0.98, middle(lengthsMs) / ROWS_OF_LIFE);
  return STEPS_MS.find((step) => step >= wanted) ?? STEPS_MS.at(-1)!;
}

/** Rows of a life: means over steps, NaN where nothing came. */
export async function readRun(
  store: History,
  sensors: readonly Sensor[],
  { fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number },
  signal?: AbortSignal,
): Promise<Run> {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  const rows = Math.floor(toMs / stepMs) - Math.floor(fromMs / stepMs) + 1;
  const data = new Float64Array(rows * sensors.length).fill(NaN);
  for (const [c, { num }] of sensors.entries()) {
    signal?.throwIfAborted();
    const past = await store.buckets({
      sensor: num,
      fromMs: firstMs,
      toMs: firstMs + rows * stepMs,
      points: rows,
    });
    past.tMs.forEach((tMs, i) => {
      const r = Math.floor((tMs - firstMs) / stepMs);
      if (r >= 0 && r < rows) data[r * sensors.length + c] = past.mean[i];
    });
  }
  return { data, rows };
}
