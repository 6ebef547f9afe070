/** Reads history as blocks of rows, one after the other: memory stays that of a block, whatever the range. */
import type { DamagedRange, ReadingsStore, Tier } from "../../readings/store.ts";
import { MINUTE_MS } from "../../words/times.ts";
import { isText } from "./cells.ts";
import type { StepValue } from "./order.ts";
import type { Block, ExportHead, ExportSeries, LongBlock, WideBlock } from "./table.ts";

export type ReadHistory = Pick<ReadingsStore, "raw" | "buckets">;

/** A series with the number under which its readings are stored. */
export interface StoredSeries extends ExportSeries {
  num: number;
}

export interface BlockQuery {
  fromMs: number;
  toMs: number;
  stepMs: number | null;
  layout: ExportHead["layout"];
  of: StepValue;
  series: readonly StoredSeries[];
  /** Called with what is missing of a series, because it is damaged on the disk. */
  onDamaged?(series: StoredSeries, ranges: readonly DamagedRange[]): void;
}

/** Readings of a block, and steps of one series in a block. */
export const ROWS_OF_BLOCK = 10_000;
/** Minutes that are read at once where readings were summed up; one of them that became hours makes all of them hours. */
const SUMMED_MINUTES = 2 * 1440;
/** Cells of a block of the wide layout. */
const CELLS_OF_BLOCK = 100_000;

/** What is asked for, in its order: sensor by sensor, or row by row. */
export function blocksOf(readings: ReadHistory, query: BlockQuery): AsyncGenerator<Block> {
  const history = hearing(readings, query);
  if (query.fromMs >= query.toMs) return nothing();
  if (query.layout === "wide") return wideBlocks(history, query);
  return query.stepMs === null ? readingBlocks(history, query) : stepBlocks(history, query);
}

/** The same history; what its answers say of damage is passed on. */
function hearing(
  readings: ReadHistory,
  { series, onDamaged = () => {} }: BlockQuery,
): ReadHistory {
  const bySensor = new Map(series.map((one) => [one.num, one]));
  const hear = <T extends { damaged: DamagedRange[] }>(sensor: number, answer: T): T => {
    if (answer.damaged.length > 0) onDamaged(bySensor.get(sensor)!, answer.damaged);
    return answer;
  };
  return {
    raw: async (query) => hear(query.sensor, await readings.raw(query)),
    buckets: async (query) => hear(query.sensor, await readings.buckets(query)),
  };
}

async function* nothing(): AsyncGenerator<Block> {}

async function* readingBlocks(
  history: ReadHistory,
  { series, fromMs, toMs }: BlockQuery,
): AsyncGenerator<LongBlock> {
  for (const [index, one] of series.entries()) {
    const { num } = one;
    let next = fromMs;
    for await (const { summedUntilMs, ...page } of rawPages(history, num, fromMs, toMs)) {
      // What was summed up comes before the readings.
      const untilMs = Math.min(summedUntilMs ?? next, toMs);
      for (const window of windows(next, untilMs, MINUTE_MS, SUMMED_MINUTES)) {
        const summed = await summedBlock(history, one, window);
        if (summed.tMs.length > 0) yield { series: index, flags: null, ...summed };
      }
      next = Math.max(next, untilMs);
      if (page.tMs.length > 0) yield { series: index, spread: null, tier: "raw", ...page };
    }
  }
}

/** Minutes or hours in the place of readings that are not kept any more, as fine as they are. */
async function summedBlock(
  history: ReadHistory,
  one: StoredSeries,
  { fromMs, toMs }: Window,
): Promise<Pick<LongBlock, "tMs" | "value" | "spread" | "tier">> {
  const points = Math.ceil((toMs - fromMs) / MINUTE_MS) + 1;
  const { tMs, min, mean, max, n, tier } = await history.buckets({
    ...{ sensor: one.num, fromMs, toMs, points },
  });
  if (!isText(one)) return { tMs, value: mean, spread: { min, max, n }, tier };
  // Texts have no mean: of several in one bucket nothing can be said.
  const used: number[] = [];
  for (let i = 0; i < n.length; i++) if (min[i] === max[i]) used.push(i);
  const pick = (column: Float64Array) => Float64Array.from(used, (i) => column[i]);
  return { tMs: pick(tMs), value: pick(min), spread: null, tier };
}

interface RawPage {
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  summedUntilMs: number | null;
}

async function* rawPages(
  history: ReadHistory,
  sensor: number,
  fromMs: number,
  toMs: number,
): AsyncGenerator<RawPage> {
  let cursor: string | undefined;
  do {
    const page = await history.raw({ sensor, fromMs, toMs, limit: ROWS_OF_BLOCK, cursor });
    const { tMs, value, flags, summedUntilMs } = page;
    yield { tMs, value, flags, summedUntilMs };
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function* stepBlocks(
  history: ReadHistory,
  { series, fromMs, toMs, stepMs }: BlockQuery,
): AsyncGenerator<LongBlock> {
  for (const [index, one] of series.entries()) {
    for (const window of windows(fromMs, toMs, stepMs!, ROWS_OF_BLOCK)) {
      const steps = emptySteps(window, stepMs!);
      await stepsOf(history, one, window, steps);
      if (steps.rows === 0) continue;
      yield { series: index, flags: null, ...longOf(one, steps) };
    }
  }
}

function longOf(one: ExportSeries, steps: Steps): Omit<LongBlock, "series" | "flags"> {
  const used: number[] = [];
  for (let i = 0; i < steps.n.length; i++) if (steps.n[i] > 0) used.push(i);
  const pick = (column: Float64Array) => Float64Array.from(used, (i) => column[i]);
  return {
    tMs: Float64Array.from(used, (i) => steps.fromMs + i * steps.stepMs),
    value: pick(isText(one) ? steps.last : steps.mean),
    spread: isText(one) ? null : {
      min: pick(steps.min),
      max: pick(steps.max),
      n: Uint32Array.from(used, (i) => steps.n[i]),
    },
    tier: steps.tier,
  };
}

async function* wideBlocks(
  history: ReadHistory,
  { series, fromMs, toMs, stepMs, of }: BlockQuery,
): AsyncGenerator<WideBlock> {
  const most = Math.max(1, Math.min(ROWS_OF_BLOCK, Math.floor(CELLS_OF_BLOCK / series.length)));
  for (const window of windows(fromMs, toMs, stepMs!, most)) {
    const steps = emptySteps(window, stepMs!);
    const columns: Float64Array[] = [];
    for (const one of series) {
      await stepsOf(history, one, window, steps, of);
      columns.push(valuesOf(one, steps, of));
    }
    const block = withoutEmpty(steps.fromMs, stepMs!, columns);
    if (block.tMs.length > 0) yield block;
  }
}

/** What stands for the steps; NaN where there is nothing. */
function valuesOf(one: ExportSeries, steps: Steps, of: StepValue): Float64Array {
  const column = isText(one) ? steps.last : steps[of];
  return column.map((value, i) => (steps.n[i] > 0 ? value : NaN));
}

function withoutEmpty(fromMs: number, stepMs: number, columns: Float64Array[]): WideBlock {
  const used: number[] = [];
  const { length } = columns[0];
  for (let i = 0; i < length; i++) {
    if (columns.some((column) => !Number.isNaN(column[i]))) used.push(i);
  }
  const values = used.length === length
    ? columns
    : columns.map((column) => Float64Array.from(used, (i) => column[i]));
  return { tMs: Float64Array.from(used, (i) => fromMs + i * stepMs), values };
}

interface Window {
  fromMs: number;
  toMs: number;
}

/** The range in pieces of at most `most` steps, cut where steps begin. */
function* windows(fromMs: number, toMs: number, stepMs: number, most: number): Generator<Window> {
  for (let from = fromMs; from < toMs;) {
    const to = Math.min(toMs, (Math.floor(from / stepMs) + most) * stepMs);
    yield { fromMs: from, toMs: to };
    from = to;
  }
}

/** All steps of a window, those without readings too (`n` is 0 there). */
interface Steps {
  fromMs: number;
  stepMs: number;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
  last: Float64Array;
  n: Uint32Array;
  /** How many of them have readings. */
  rows: number;
  /** The coarsest that it is made of. */
  tier: Tier;
}

async function stepsOf(
  history: ReadHistory,
  one: StoredSeries,
  window: Window,
  steps: Steps,
  of: StepValue = "mean",
): Promise<void> {
  clear(steps);
  // Of texts there is neither mean nor band; the last of a step is asked of the readings.
  if (isText(one) || of === "last") await addReadings(history, one, window, steps);
  else await addBuckets(history, one, window, steps);
  for (const n of steps.n) if (n > 0) steps.rows++;
}

function emptySteps({ fromMs, toMs }: Window, stepMs: number): Steps {
  const first = Math.floor(fromMs / stepMs);
  const count = Math.floor((toMs - 1) / stepMs) - first + 1;
  return {
    fromMs: first * stepMs,
    stepMs,
    min: new Float64Array(count),
    mean: new Float64Array(count),
    max: new Float64Array(count),
    last: new Float64Array(count),
    n: new Uint32Array(count),
    rows: 0,
    tier: "raw",
  };
}

/** The same columns serve all series of a window. */
function clear(steps: Steps): void {
  steps.min.fill(Infinity);
  steps.max.fill(-Infinity);
  steps.n.fill(0);
  steps.rows = 0;
  steps.tier = "raw";
}

async function addReadings(
  history: ReadHistory,
  one: StoredSeries,
  { fromMs, toMs }: Window,
  steps: Steps,
): Promise<void> {
  let next = fromMs;
  for await (const { tMs, value, summedUntilMs } of rawPages(history, one.num, fromMs, toMs)) {
    const untilMs = Math.min(summedUntilMs ?? next, toMs);
    if (untilMs > next) {
      await addBuckets(history, one, { fromMs: next, toMs: untilMs }, steps);
      next = untilMs;
    }
    for (let i = 0; i < tMs.length; i++) add(steps, tMs[i], value[i], value[i], value[i], 1);
  }
}

async function addBuckets(
  history: ReadHistory,
  one: StoredSeries,
  { fromMs, toMs }: Window,
  steps: Steps,
): Promise<void> {
  const { tMs, min, mean, max, n, tier } = await history.buckets({
    ...{ sensor: one.num, fromMs, toMs, points: steps.n.length },
  });
  if (tier !== "raw") steps.tier = tier;
  const texts = isText(one);
  // They may be finer than a step (a cut one at an end), or coarser where no more is kept.
  for (let i = 0; i < tMs.length; i++) {
    // Of several texts in one bucket nothing can be said.
    if (texts && min[i] !== max[i]) continue;
    add(steps, Math.max(tMs[i], fromMs), min[i], mean[i], max[i], n[i]);
  }
}

function add(
  steps: Steps,
  tMs: number,
  min: number,
  mean: number,
  max: number,
  n: number,
): void {
  const at = Math.floor((tMs - steps.fromMs) / steps.stepMs);
  const before = steps.n[at];
  if (min < steps.min[at]) steps.min[at] = min;
  if (max > steps.max[at]) steps.max[at] = max;
  steps.mean[at] = before === 0 ? mean : (steps.mean[at] * before + mean * n) / (before + n);
  steps.last[at] = mean;
  steps.n[at] = before + n;
}
