/**
 * A month of a sensor is a series of its own, so that it can be written anew, and the old one removed, when readings
 * in it became others: a server keeps what it was sent, and deletes series, not stretches of time.
 */
import type { ReadingColumns } from "../readings/onward.ts";

/** Such as 2026-11, in UTC. */
export function monthOf(tMs: number): string {
  return new Date(tMs).toISOString().slice(0, 7);
}

/** Start and end of a month. */
export function monthRange(month: string): { fromMs: number; toMs: number } {
  const [year, number] = month.split("-").map(Number);
  return { fromMs: Date.UTC(year, number - 1), toMs: Date.UTC(year, number) };
}

/** The months that `[fromMs, toMs)` touches. */
export function monthsIn(fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs = monthRange(months[months.length - 1]).toMs) {
    months.push(monthOf(atMs));
  }
  return months;
}

/** What a month is called at the server: the first is its own name, each that replaces it has a number behind. */
export function partOf(month: string, generation: number): string {
  return generation === 1 ? month : `${month}.${generation}`;
}

/** Readings by month, in time order. */
export function* byMonth({ tMs, value }: ReadingColumns): Generator<[string, ReadingColumns]> {
  for (let from = 0; from < tMs.length;) {
    const month = monthOf(tMs[from]);
    const { toMs } = monthRange(month);
    let to = from + 1;
    if (tMs[tMs.length - 1] < toMs) to = tMs.length;
    else while (to < tMs.length && tMs[to] < toMs) to++;
    yield [month, { tMs: tMs.subarray(from, to), value: value.subarray(from, to) }];
    from = to;
  }
}
