/**
 * A stretch of history is computed again, a page at a time. What is stored is compared first: where it is the same,
 * nothing is written. Each step that changes something is one transaction, which says too how far it is.
 */
import type { SqlStatement } from "../db/client.ts";
import { LATEST_MS } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { type Calculation, createCalculation, type Plan, type Point } from "./calculation.ts";
import { lookBackMs } from "./definition.ts";
import { type HistoryReader, lastBefore, momentsFrom } from "./history.ts";
import { isAdding } from "./spec.ts";

export type Rewriting = HistoryReader & Pick<ReadingsStore, "replace">;

export interface Results {
  tMs: number[];
  value: number[];
}

/** One stretch on its way. */
export interface Job {
  readonly sensor: number;
  readonly inputs: readonly number[];
  readonly calculation: Calculation;
  readonly fromMs: number;
  /** `LATEST_MS`: up to the newest reading. */
  readonly toMs: number;
  /** All before is done. */
  atMs: number;
  /** All before was read; what comes there now is late. */
  readMs: number;
  /** Time of the last moment that was computed. */
  lastMs: number;
  /** Since when results differ from what was stored; null: none does. */
  changedMs: number | null;
  /** The first reading that it met. */
  firstMs: number | null;
}

/** Where the computing of a stretch begins: with what went before it. */
export async function createJob(
  readings: HistoryReader,
  { sensor, inputs, plan, fromMs, toMs = LATEST_MS }: {
    sensor: number;
    inputs: readonly number[];
    plan: Plan;
    fromMs: number;
    toMs?: number;
  },
): Promise<Job> {
  let from = fromMs;
  let total: Point | null = null;
  if (isAdding(plan.spec.how) && from > 0) {
    // A total goes on from the last one that is stored.
    total = await lastBefore(readings, sensor, from, Infinity);
    from = total === null ? 0 : total.tMs + 1;
  }
  const back = lookBackMs(plan.spec);
  const last = from === 0
    ? inputs.map(() => null)
    : await Promise.all(inputs.map((input) => lastBefore(readings, input, from, back)));
  return {
    sensor,
    inputs,
    calculation: createCalculation(plan, { last, total: total?.value ?? null }),
    fromMs: from,
    toMs,
    atMs: from,
    readMs: from,
    lastMs: from - 1,
    changedMs: null,
    firstMs: null,
  };
}

/** What one step found: results from `fromMs` on, and whether the stretch is through. */
export interface Page extends Results {
  fromMs: number;
  untilMs: number;
  isLast: boolean;
}

/** Computes the next page; `read` is called when the readings are there, before anything else can happen. */
export async function computePage(
  readings: HistoryReader,
  job: Job,
  read: (isLast: boolean) => void = () => {},
): Promise<Page> {
  const fromMs = job.atMs;
  const moments = await momentsFrom(readings, job.inputs, fromMs, job.toMs);
  job.readMs = moments.untilMs;
  read(moments.isLast);
  const results: Results = { tMs: [], value: [] };
  moments.tMs.forEach((tMs, i) => {
    const value = job.calculation.take(tMs, moments.values[i]);
    if (value === null) return;
    results.tMs.push(tMs);
    results.value.push(value);
  });
  if (moments.tMs.length > 0) {
    job.firstMs ??= moments.tMs[0];
    job.lastMs = moments.tMs.at(-1)!;
  }
  return { ...results, fromMs, untilMs: moments.untilMs, isLast: moments.isLast };
}

/** Since when what is stored differs from a page; null: it is the same. */
export async function differsFrom(
  readings: HistoryReader,
  sensor: number,
  { tMs, value, fromMs, untilMs }: Omit<Page, "isLast">,
): Promise<number | null> {
  const stored = await readings.raw({ sensor, fromMs, toMs: untilMs, limit: tMs.length + 1 });
  const most = Math.max(tMs.length, stored.tMs.length);
  for (let i = 0; i < most; i++) {
    if (tMs[i] === stored.tMs[i] && value[i] === stored.value[i]) continue;
    return Math.min(tMs[i] ?? Infinity, stored.tMs[i] ?? Infinity);
  }
  return null;
}

/**
 * Writes a page in the place of what is stored; `done` gives what belongs into the last of the transactions. Gives the
 * time before which results were summed up and stay as they were; null: none of the page were.
 */
export async function writePage(
  readings: Rewriting,
  sensor: number,
  { tMs, value, fromMs, untilMs }: Omit<Page, "isLast">,
  done: readonly SqlStatement[],
): Promise<number | null> {
  let keptUntilMs: number | null = null;
  for (let at = fromMs; at < untilMs;) {
    const first = tMs.findIndex((t) => t >= at);
    const from = first < 0 ? tMs.length : first;
    const step = await readings.replace({
      sensor,
      fromMs: at,
      toMs: untilMs,
      tMs: Float64Array.from(tMs.slice(from)),
      value: Float64Array.from(value.slice(from)),
    }, done);
    at = step.toMs;
    keptUntilMs = step.keptUntilMs ?? keptUntilMs;
  }
  return keptUntilMs;
}
