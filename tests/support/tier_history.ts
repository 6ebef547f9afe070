/** A history of two months that goes down its tiers, and what must be found in it whatever happens meanwhile. */
import type { ReadingsStore } from "../../lib/readings/store.ts";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { groupOf } from "./storage.ts";

export const START_MS = Date.UTC(2026, 0, 1);
export const DAYS = 60;
export const END_MS = START_MS + DAYS * DAY_MS;
export const SMALL = {
  sealReadings: 300,
  journal: { turnMs: 0, leastBytes: 2000, mostBytes: 4000 },
};
const STEP_MS = 10 * 60_000 + 7;
export const COUNT = Math.floor(DAYS * DAY_MS / STEP_MS);

const valueAt = (i: number) => ((i * 7919) % 1000) / 10;

export async function fillHistory(store: ReadingsStore): Promise<void> {
  for (let from = 0; from < COUNT; from += 150) {
    const readings = Array.from({ length: Math.min(150, COUNT - from) }, (_, k) => ({
      sensor: 1,
      tMs: START_MS + (from + k) * STEP_MS,
      value: valueAt(from + k),
    }));
    await store.append(groupOf(readings), []);
  }
}

/** Steps of retention, each of which keeps a little less, and between them steps of the index. */
export async function goDown(store: ReadingsStore): Promise<void> {
  for (let hours = DAYS * 24; hours > 0; hours -= 5) {
    const kept = { keepMs: hours * HOUR_MS, keepMinutesMs: (hours + 30) * HOUR_MS };
    while ((await store.retain({ nowMs: END_MS, ...kept })).more);
    await store.indexHours();
  }
}

/** Hours that are not as they were appended: lost, doubled, or of other values. */
export async function wrongHours(store: ReadingsStore): Promise<string[]> {
  const expected = new Map<number, { n: number; min: number; max: number; sum: number }>();
  for (let i = 0; i < COUNT; i++) {
    const hour = Math.floor((START_MS + i * STEP_MS) / HOUR_MS) * HOUR_MS;
    const one = expected.get(hour) ?? { n: 0, min: Infinity, max: -Infinity, sum: 0 };
    const value = valueAt(i);
    one.n++;
    one.min = Math.min(one.min, value);
    one.max = Math.max(one.max, value);
    one.sum += value;
    expected.set(hour, one);
  }
  const range = { fromMs: START_MS, toMs: END_MS, points: DAYS * 24 };
  // Below an hour nothing is asked of the index, from an hour on everything is.
  const { tMs, n, min, max, mean } = await store.buckets({ sensor: 1, ...range });
  const wrong: string[] = [];
  tMs.forEach((t, i) => {
    const one = expected.get(t);
    expected.delete(t);
    const isRight = one !== undefined && n[i] === one.n && min[i] === one.min &&
      max[i] === one.max && Math.abs(mean[i] * n[i] - one.sum) < 1e-6;
    if (!isRight) wrong.push(`${new Date(t).toISOString()}: ${n[i]} instead of ${one?.n ?? 0}`);
  });
  for (const [t, { n }] of expected) wrong.push(`${new Date(t).toISOString()}: 0 instead of ${n}`);
  return wrong;
}
