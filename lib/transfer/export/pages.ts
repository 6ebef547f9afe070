/** What of the history is read at once. */
import type { ReadingsStore } from "../../readings/store.ts";
import type { StepRule } from "./step_rule.ts";

export type ReadHistory = Pick<ReadingsStore, "raw" | "buckets">;

/** Readings of a block, and steps of one series in a block. */
export const ROWS_OF_BLOCK = 10_000;

export interface RawPage {
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  summedUntilMs: number | null;
}

export async function* rawPages(
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

export interface Window {
  fromMs: number;
  toMs: number;
}

/** The range in pieces of at most `most` steps, cut where steps begin. */
export function* windows(
  fromMs: number,
  toMs: number,
  rule: StepRule,
  most: number,
): Generator<Window> {
  for (let from = fromMs; from < toMs;) {
    const to = Math.min(toMs, rule.after(rule.beginOf(from), Math.min(most, rule.most)));
    yield { fromMs: from, toMs: to };
    from = to;
  }
}

/**
 * Gives memory of columns back that nobody needs any more, at once: the engine counts on finding such garbage only
 * after tens of megabytes.
 */
export function release(...columns: (ArrayBufferView | null)[]): void {
  for (const column of columns) {
    if (column !== null && column.byteLength > 0) (column.buffer as ArrayBuffer).transfer(0);
  }
}
