import type { ReadingsStore } from "./store.ts";

/** A sensor that may have some of the newest readings: its storage number, and the time of its last one. */
export interface NewestOf {
  num: number;
  lastMs: number;
}

export interface NewestReading {
  sensor: number;
  tMs: number;
  value: number;
}

/** Where the search for the newest readings begins; without enough of them it continues ever further back. */
const FIRST_SPAN_MS = 10_000;
const SPAN_GROWTH = 8;
const POINTS = 64;
/** Few enough to be read for one answer. */
const FEW = 10_000;
const PAGE = 10_000;

type Store = Pick<ReadingsStore, "buckets" | "raw">;

/**
 * The newest readings of all these sensors, newest first. Counts per bucket, which cost little however many
 * readings there are, say from when on there are enough; only those are read.
 */
export async function newestReadings(
  store: Store,
  sensors: readonly NewestOf[],
  limit: number,
): Promise<NewestReading[]> {
  // The last readings of so many sensors are newer than any of the others.
  const some = [...sensors].sort((a, b) => b.lastMs - a.lastMs).slice(0, limit);
  if (some.length === 0) return [];
  const toMs = some[0].lastMs + 1;
  const fromMs = await startOf(store, some, toMs, limit);
  const found: NewestReading[] = [];
  for (const { num } of speakingFrom(some, fromMs)) {
    found.push(...await lastOf(store, num, fromMs, toMs, limit));
  }
  return found.sort((a, b) => b.tMs - a.tMs || a.sensor - b.sensor).slice(0, limit);
}

const speakingFrom = (sensors: readonly NewestOf[], fromMs: number) =>
  sensors.filter(({ lastMs }) => lastMs >= fromMs);

/** A time from which on there are `limit` readings and not many more; 0 when there are not so many. */
async function startOf(
  store: Store,
  sensors: readonly NewestOf[],
  toMs: number,
  limit: number,
): Promise<number> {
  for (let spanMs = FIRST_SPAN_MS; spanMs < toMs; spanMs *= SPAN_GROWTH) {
    let range = { fromMs: toMs - spanMs, toMs };
    let missing = limit;
    for (;;) {
      const found = await bucketThatEnds(store, sensors, range, missing);
      if (found === null) break;
      const within = { fromMs: found.startMs, toMs: found.startMs + found.widthMs };
      // As narrow as they are.
      const isOne = within.fromMs <= range.fromMs && within.toMs >= range.toMs;
      if (found.n <= FEW || isOne) return found.startMs;
      missing -= found.after;
      range = within;
    }
  }
  return 0;
}

/** Going back from the end of a range: the bucket in which the readings become `limit`. Null: they never do. */
async function bucketThatEnds(
  store: Store,
  sensors: readonly NewestOf[],
  range: { fromMs: number; toMs: number },
  limit: number,
): Promise<{ startMs: number; widthMs: number; n: number; after: number } | null> {
  const counts = new Map<number, number>();
  let widthMs = 1;
  for (const { num } of speakingFrom(sensors, range.fromMs)) {
    const { tMs, n, bucketMs } = await store.buckets({ sensor: num, ...range, points: POINTS });
    widthMs = bucketMs;
    tMs.forEach((start, i) => counts.set(start, (counts.get(start) ?? 0) + n[i]));
  }
  let after = 0;
  for (const [startMs, n] of [...counts].sort(([a], [b]) => b - a)) {
    if (after + n >= limit) return { startMs, widthMs, n, after };
    after += n;
  }
  return null;
}

/** The last readings of one sensor in a range. */
async function lastOf(
  store: Store,
  sensor: number,
  fromMs: number,
  toMs: number,
  limit: number,
): Promise<NewestReading[]> {
  let last: NewestReading[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.raw({ sensor, fromMs, toMs, limit: PAGE, cursor });
    const read = Array.from(page.tMs, (tMs, i) => ({ sensor, tMs, value: page.value[i] }));
    last = [...last, ...read].slice(-limit);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return last;
}
