/**
 * DESIGN. One answer from what Perch has on its disk and what only the history server still has. The disk is asked
 * for all that it can say exactly: readings that it has, and minutes and hours where buckets are at least so wide.
 * The server answers the rest: what is finer than that, and what is not on the disk any more. At the seam, a bucket
 * is added up from both. Late readings that the server has not yet got are added from here.
 */
import { BucketSums } from "../readings/buckets.ts";
import { LEAST_MS, widthOf } from "../readings/bucket_query.ts";
import type { Reach, ReadingColumns } from "../readings/onward.ts";
import { checkRange, RAW_LIMIT } from "../readings/queries.ts";
import type {
  BucketQuery,
  BucketResult,
  RawQuery,
  RawResult,
  ReadingsStore,
} from "../readings/store.ts";
import type { KnownSeries } from "./history_store.ts";
import type { Known } from "./known.ts";
import type { HistoryServer } from "./server.ts";

export type HistoryReadings = Pick<ReadingsStore, "raw" | "buckets">;

export interface BeyondDeps {
  readings: Pick<ReadingsStore, "raw" | "buckets" | "unsent" | "reach">;
  known: Known;
  /** Null: there is none. @throws HistoryError at once while it is known not to answer */
  server(): HistoryServer | null;
  /** Places in the queue of what it has although it is not certain to keep it. */
  visible(): number[];
  /** Why there was no answer, a sentence. */
  failed(error: unknown): string;
}

interface Range {
  fromMs: number;
  toMs: number;
}

/** The part of a range that the server is asked for. */
interface Seam extends Range {
  series: KnownSeries & { id: string };
  reach: Reach;
}

export function createBeyond(deps: BeyondDeps): HistoryReadings {
  const { readings, known } = deps;

  /** Null: the disk answers everything that there is. */
  async function seamOf(sensor: number, range: Range): Promise<Seam | null> {
    const series = known.series(sensor);
    if (series?.id == null || series.oldestMs >= range.toMs) return null;
    const reach = await readings.reach({ sensor, ...range });
    if (reach.hasImportedHours) return null;
    const fromMs = Math.max(range.fromMs, series.sinceMs);
    const goneMs = reach.oldestMs > series.oldestMs ? Math.min(reach.oldestMs, range.toMs) : 0;
    const toMs = Math.max(reach.summedUntilMs ?? 0, goneMs);
    return fromMs < toMs ? { fromMs, toMs, series: { ...series, id: series.id }, reach } : null;
  }

  const late = (sensor: number, range: Range) =>
    readings.unsent({ sensor, ...range, except: deps.visible() });

  /** Of a part that the disk answers. */
  async function addLocal(
    sums: BucketSums,
    sensor: number,
    range: Range,
  ): Promise<BucketResult | null> {
    if (range.fromMs >= range.toMs) return null;
    const found = await readings.buckets({
      ...{ sensor, ...range, bucketMs: sums.bucketMs },
    });
    const { tMs, n, min, mean, max } = found;
    for (let i = 0; i < tMs.length; i++) sums.add(tMs[i], n[i], min[i], max[i], mean[i] * n[i]);
    return found;
  }

  async function buckets(
    query: BucketQuery,
    seam: Seam,
    server: HistoryServer,
  ): Promise<BucketResult> {
    const { sensor } = query;
    const { fromMs, toMs } = checkRange(query);
    const before = { fromMs, toMs: seam.fromMs };
    const tier = fromMs < seam.fromMs ? (await readings.reach({ sensor, ...before })).tier : "raw";
    const width = widthOf(query, fromMs, toMs, LEAST_MS[tier]);
    const sums = new BucketSums(fromMs, toMs, width);
    const of = known.selector(sensor, seam.series.id, seam);
    await server.addBuckets(sums, of, seam);
    const { tMs, value } = await late(sensor, seam);
    for (let i = 0; i < tMs.length; i++) sums.add(tMs[i], 1, value[i], value[i], value[i]);
    const own = [
      await addLocal(sums, sensor, before),
      await addLocal(sums, sensor, { fromMs: seam.toMs, toMs }),
    ].filter((part) => part !== null);
    // Where there is too much for so short buckets, the disk widens them.
    const widest = Math.max(...own.map(({ bucketMs }) => bucketMs));
    if (widest > width) {
      const { points: _, ...rest } = query;
      return await buckets({ ...rest, bucketMs: widest }, seam, server);
    }
    const summedUntilMs = own.reduce<number | null>(
      (ms, part) => part.summedUntilMs === null ? ms : Math.max(ms ?? 0, part.summedUntilMs),
      null,
    );
    const damaged = own.flatMap((part) => part.damaged);
    return {
      ...sums.result(damaged, { tier, summedUntilMs }),
      elsewhere: { untilMs: seam.toMs, failure: null },
    };
  }

  /** The disk says it as exactly as it is asked for. */
  function isEnough(query: BucketQuery, { reach, series }: Seam): boolean {
    if (reach.tier === "raw" || reach.oldestMs > Math.max(query.fromMs, series.oldestMs)) {
      return false;
    }
    const { fromMs, toMs } = checkRange(query);
    return widthOf(query, fromMs, toMs, 1) >= LEAST_MS[reach.tier];
  }

  async function raw(query: RawQuery, seam: Seam, server: HistoryServer): Promise<RawResult> {
    const { sensor } = query;
    const { toMs } = checkRange(query);
    const limit = Math.max(1, Math.min(Math.floor(query.limit), RAW_LIMIT));
    const [atMs, skip] = query.cursor?.split(":").map(Number) ?? [seam.fromMs, 0];
    const startMs = Math.max(seam.fromMs, atMs);
    const common = {
      summedUntilMs: query.fromMs < seam.fromMs ? seam.fromMs : null,
      elsewhere: { untilMs: seam.toMs, failure: null },
    };
    if (startMs >= seam.toMs) return { ...await readings.raw(query), ...common };
    const of = known.selector(sensor, seam.series.id, seam);
    const endMs = await endOf(server, of, { fromMs: startMs, toMs: seam.toMs }, skip + limit + 1);
    const part = { fromMs: startMs, toMs: endMs };
    const all = merged(await server.readings(of, part), await late(sensor, part));
    const from = Math.min(skip, all.tMs.length);
    const to = Math.min(all.tMs.length, from + limit);
    const tMs = all.tMs.slice(from, to);
    const result = {
      ...{ tMs, value: all.value.slice(from, to), flags: new Uint8Array(to - from) },
      damaged: [],
      ...common,
    };
    if (to < all.tMs.length) return { ...result, next: cursorAfter(tMs, startMs, skip) };
    if (endMs < seam.toMs) return { ...result, next: `${endMs}:0` };
    if (seam.toMs >= toMs) return { ...result, next: null };
    if (tMs.length === limit) return { ...result, next: `${seam.toMs}:0` };
    const rest = await readings.raw({
      ...query,
      limit: limit - tMs.length,
      cursor: `${seam.toMs}:0`,
    });
    return {
      ...result,
      ...concat(result, rest),
      next: rest.next,
      damaged: rest.damaged,
    };
  }

  return {
    async buckets(query) {
      const seam = query.summedOnly ? null : await seamOf(query.sensor, query);
      if (seam === null || isEnough(query, seam)) return await readings.buckets(query);
      try {
        const server = deps.server();
        if (server !== null) return await buckets(query, seam, server);
        return await readings.buckets(query);
      } catch (error) {
        const elsewhere = { untilMs: seam.toMs, failure: deps.failed(error) };
        return { ...await readings.buckets(query), elsewhere };
      }
    },
    async raw(query) {
      const seam = await seamOf(query.sensor, query);
      if (seam === null) return await readings.raw(query);
      try {
        const server = deps.server();
        if (server !== null) return await raw(query, seam, server);
        return await readings.raw(query);
      } catch (error) {
        const elsewhere = { untilMs: seam.toMs, failure: deps.failed(error) };
        return { ...await readings.raw(query), elsewhere };
      }
    },
  };
}

const FIRST_MS = 10 * 60_000;
const LOOKS_MOST = 12;

/** Where about so many readings end: a server cannot be asked for a number of them. */
async function endOf(
  server: HistoryServer,
  of: Parameters<HistoryServer["count"]>[0],
  { fromMs, toMs }: Range,
  wanted: number,
): Promise<number> {
  let span = FIRST_MS;
  for (let looks = 0; looks < LOOKS_MOST && fromMs + span < toMs; looks++) {
    const n = await server.count(of, { fromMs, toMs: fromMs + span });
    if (n >= wanted) {
      // At most twice what is wanted: what is read beyond it is read again for the next page.
      if (n <= 2 * wanted || span <= 1000) return fromMs + span;
      span = Math.max(1000, Math.ceil(1.5 * span * wanted / n));
      continue;
    }
    span = Math.ceil(span * (n === 0 ? 32 : Math.min(8, 1.5 * wanted / n)));
  }
  return Math.min(toMs, fromMs + span);
}

function cursorAfter(tMs: Float64Array, startMs: number, skip: number): string {
  const lastMs = tMs[tMs.length - 1];
  const given = tMs.length - tMs.indexOf(lastMs);
  return `${lastMs}:${lastMs === startMs ? given + skip : given}`;
}

function concat(
  a: ReadingColumns & { flags: Uint8Array },
  b: ReadingColumns & { flags: Uint8Array },
) {
  return {
    tMs: Float64Array.from([...a.tMs, ...b.tMs]),
    value: Float64Array.from([...a.value, ...b.value]),
    flags: Uint8Array.from([...a.flags, ...b.flags]),
  };
}

function merged(a: ReadingColumns, b: ReadingColumns): ReadingColumns {
  if (b.tMs.length === 0) return a;
  const n = a.tMs.length + b.tMs.length;
  const tMs = new Float64Array(n);
  const value = new Float64Array(n);
  for (let i = 0, j = 0; i + j < n;) {
    const own = j >= b.tMs.length || (i < a.tMs.length && a.tMs[i] <= b.tMs[j]);
    const [from, at] = own ? [a, i] : [b, j];
    tMs[i + j] = from.tMs[at];
    value[i + j] = from.value[at];
    if (own) i++;
    else j++;
  }
  return { tMs, value };
}
