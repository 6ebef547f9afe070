/** Reads history as blocks of rows, one after the other: memory stays that of a block, whatever the range. */
import type { DamagedRange } from "../../readings/store.ts";
import { MINUTE_MS } from "../../words/times.ts";
import { isText } from "./cells.ts";
import { rawPages, type ReadHistory, ROWS_OF_BLOCK, type Window, windows } from "./pages.ts";
import type { StoredSeries } from "./plan.ts";
import { createStepRule } from "./step_rule.ts";
import { emptySteps, type Steps, stepsOf } from "./step_sums.ts";
import type { StepValue } from "./order.ts";
import type { Block, ExportHead, ExportSeries, LongBlock, WideBlock } from "./table.ts";

export interface BlockQuery {
  fromMs: number;
  toMs: number;
  stepMs: number | null;
  /** Whole days are those of this zone. */
  zone: string;
  layout: ExportHead["layout"];
  of: StepValue;
  series: readonly StoredSeries[];
  /** Called with what is missing of a series, because it is damaged on the disk. */
  onDamaged?(series: StoredSeries, ranges: readonly DamagedRange[]): void;
}

/** Minutes that are read at once where readings were summed up; one of them that became hours makes all of them hours. */
const SUMMED_MINUTES = 2 * 1440;
const MINUTES = createStepRule(MINUTE_MS, "UTC");
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
      for (const window of windows(next, untilMs, MINUTES, SUMMED_MINUTES)) {
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
    // Readings may lie among what was summed up: late ones, and hours that came from elsewhere.
    summedOnly: true,
  });
  if (!isText(one)) return { tMs, value: mean, spread: { min, max, n }, tier };
  // Texts have no mean: of several in one bucket nothing can be said.
  const used: number[] = [];
  for (let i = 0; i < n.length; i++) if (min[i] === max[i]) used.push(i);
  const pick = (column: Float64Array) => Float64Array.from(used, (i) => column[i]);
  return { tMs: pick(tMs), value: pick(min), spread: null, tier };
}

async function* stepBlocks(
  history: ReadHistory,
  { series, fromMs, toMs, stepMs, zone }: BlockQuery,
): AsyncGenerator<LongBlock> {
  const rule = createStepRule(stepMs!, zone);
  for (const [index, one] of series.entries()) {
    for (const window of windows(fromMs, toMs, rule, ROWS_OF_BLOCK)) {
      const steps = emptySteps(window, rule);
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
    tMs: Float64Array.from(used, (i) => steps.beginsMs[i]),
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
  { series, fromMs, toMs, stepMs, zone, of }: BlockQuery,
): AsyncGenerator<WideBlock> {
  const rule = createStepRule(stepMs!, zone);
  const most = Math.max(1, Math.min(ROWS_OF_BLOCK, Math.floor(CELLS_OF_BLOCK / series.length)));
  for (const window of windows(fromMs, toMs, rule, most)) {
    const steps = emptySteps(window, rule);
    const columns: Float64Array[] = [];
    for (const one of series) {
      await stepsOf(history, one, window, steps, of);
      columns.push(valuesOf(one, steps, of));
    }
    const block = withoutEmpty(steps.beginsMs, columns);
    if (block.tMs.length > 0) yield block;
  }
}

/** What stands for the steps; NaN where there is nothing. */
function valuesOf(one: ExportSeries, steps: Steps, of: StepValue): Float64Array {
  const column = isText(one) ? steps.last : steps[of];
  return column.map((value, i) => (steps.n[i] > 0 ? value : NaN));
}

function withoutEmpty(beginsMs: Float64Array, columns: Float64Array[]): WideBlock {
  const used: number[] = [];
  const { length } = columns[0];
  for (let i = 0; i < length; i++) {
    if (columns.some((column) => !Number.isNaN(column[i]))) used.push(i);
  }
  const values = used.length === length
    ? columns
    : columns.map((column) => Float64Array.from(used, (i) => column[i]));
  return { tMs: Float64Array.from(used, (i) => beginsMs[i]), values };
}
