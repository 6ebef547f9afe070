import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { Connection } from "../db/connection.ts";
import { bucketCount, BucketSums, bucketWidth } from "./buckets.ts";
import { FormatError } from "./bytes.ts";
import { type ChunkInfo, OVERLAPPING, summariesOf, thinChunksOf, total } from "./chunk_store.ts";
import { Lost } from "./lost.ts";
import { type MinuteColumns, readMinutes, reusedColumns } from "./minutes.ts";
import { checkRange, type QueryDeps } from "./queries.ts";
import type { Series } from "./series.ts";
import { firstFrom, type Slice } from "./slice.ts";
import type { BucketQuery, BucketResult, Tier } from "./store.ts";
import { checkedMinutesOf } from "./summaries.ts";
import type { Tail } from "./tail.ts";
import { addIndex, addTiers, touchedBy } from "./tiers/tier_query.ts";
import { windowsOf } from "./windows.ts";

/** Most buckets in one answer. */
export const POINTS_LIMIT = 100_000;
/** Buckets below a minute need the readings themselves: no more than this many are read for one answer. */
const SHORT_BUCKET_READINGS = 2_000_000;

/** Buckets are no shorter than what the coarsest tier in the range is made of. */
export const LEAST_MS: Record<Tier, number> = { raw: 1, minute: MINUTE_MS, hour: HOUR_MS };

/** Exact min, mean, max and count per bucket; see `ReadingsStore.buckets`. */
export async function queryBuckets(deps: QueryDeps, query: BucketQuery): Promise<BucketResult> {
  const { fromMs, toMs } = checkRange(query);
  const series = deps.table.get(query.sensor);
  const touched = await touchedBy(deps, series, { fromMs, toMs });
  let width = widthOf(query, fromMs, toMs, LEAST_MS[touched.tier]);
  if (width < MINUTE_MS && (series?.sealedReadings ?? 0) > SHORT_BUCKET_READINGS) {
    const sealed = await sealedReadings(deps.connection, query.sensor, fromMs, toMs);
    if (sealed > SHORT_BUCKET_READINGS) width = MINUTE_MS;
  }
  const lost = new Lost(deps.damage, query.sensor);
  const range = { fromMs, toMs, width, lost };
  if (query.summedOnly) {
    const sums = new BucketSums(fromMs, toMs, width);
    if (series !== undefined) await addTiers(deps, sums, series, range);
    return sums.result(lost.within(fromMs, toMs), touched);
  }
  const sums = await summedUp(deps, query.sensor, range, false)
    .catch((error) => {
      // A summary is damaged or has no checksum: row by row each is compared with its row, and of those that
      // are damaged the readings are asked.
      if (error instanceof FormatError) return summedUp(deps, query.sensor, range, true);
      throw error;
    });
  return sums.result(lost.within(fromMs, toMs), touched);
}

/** The width of the buckets that a query asks for, where they are no shorter than `leastMs`. */
export function widthOf(
  { points, bucketMs }: BucketQuery,
  fromMs: number,
  toMs: number,
  leastMs: number,
): number {
  if (bucketMs === undefined) {
    const most = Math.max(1, Math.min(Math.floor(points), POINTS_LIMIT));
    return bucketWidth(fromMs, toMs, most, leastMs);
  }
  if (bucketCount(fromMs, toMs, bucketMs) > POINTS_LIMIT) {
    throw new RangeError(`more than ${POINTS_LIMIT} buckets of ${bucketMs} ms`);
  }
  return Math.ceil(bucketMs / leastMs) * leastMs;
}

interface Summing {
  fromMs: number;
  toMs: number;
  width: number;
  lost: Lost;
}

/** @throws FormatError when a summary is damaged, unless it is looked at `rowByRow`. */
async function summedUp(
  deps: QueryDeps,
  sensor: number,
  range: Summing,
  rowByRow: boolean,
): Promise<BucketSums> {
  const { fromMs, toMs, width } = range;
  const sums = new BucketSums(fromMs, toMs, width);
  const series = deps.table.get(sensor);
  if (series === undefined) return sums;
  addTail(sums, series.tail, fromMs, toMs);
  for (const part of await withoutIndex(deps, sums, series, range)) {
    const stretch = { ...range, ...part };
    await addTiers(deps, sums, series, stretch);
    if (series.sealedOldestMs >= stretch.toMs || series.sealedNewestMs < stretch.fromMs) continue;
    if (width >= MINUTE_MS) await addMinutes(deps, sums, sensor, stretch, rowByRow);
    else await addReadings(deps, sums, sensor, stretch);
  }
  return sums;
}

/** The stretches of a range that the index does not answer; what it does is added. */
async function withoutIndex(
  deps: QueryDeps,
  sums: BucketSums,
  series: Series,
  { fromMs, toMs, width }: Summing,
): Promise<{ fromMs: number; toMs: number }[]> {
  const innerFromMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
  const innerToMs = Math.floor(toMs / HOUR_MS) * HOUR_MS;
  if (width % HOUR_MS !== 0 || innerFromMs >= innerToMs) return [{ fromMs, toMs }];
  const inner = { fromMs: innerFromMs, toMs: innerToMs };
  const left = await addIndex(deps, sums, series, inner);
  return [{ fromMs, toMs: innerFromMs }, ...left, { fromMs: innerToMs, toMs }]
    .filter((part) => part.fromMs < part.toMs);
}

function addTail(sums: BucketSums, tail: Tail, fromMs: number, toMs: number): void {
  const end = tail.firstFrom(toMs);
  for (let i = tail.firstFrom(fromMs); i < end; i++) {
    const value = tail.value(i);
    sums.add(tail.time(i), 1, value, value, value);
  }
}

function addSlice(sums: BucketSums, slice: Slice, fromMs: number, toMs: number): void {
  const end = firstFrom(slice, toMs);
  for (let i = firstFrom(slice, fromMs); i < end; i++) {
    const value = slice.value[i];
    sums.add(slice.tMs[i], 1, value, value, value);
  }
}

async function addReadings(
  { connection, cache }: QueryDeps,
  sums: BucketSums,
  sensor: number,
  { fromMs, toMs, lost }: Omit<Summing, "width">,
): Promise<void> {
  for await (const w of windowsOf(connection, cache, sensor, null, fromMs, toMs, lost.add)) {
    addSlice(sums, w, fromMs, toMs);
  }
}

/** Whole minutes come from the summaries; the cut minutes at both ends from the readings. */
async function addMinutes(
  deps: QueryDeps,
  sums: BucketSums,
  sensor: number,
  range: Summing,
  rowByRow: boolean,
): Promise<void> {
  const { fromMs, toMs, lost } = range;
  const innerFromMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  const innerToMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
  if (innerFromMs >= innerToMs) return addReadings(deps, sums, sensor, range);
  let wholeChunks: ChunkInfo[];
  if (rowByRow) {
    const { minutes, damaged } = await checkedMinutesOf(deps, sensor, innerFromMs, innerToMs);
    for (const columns of minutes) sums.addMinutes(columns, innerFromMs, innerToMs);
    wholeChunks = await thinChunksOf(deps.connection, sensor, innerFromMs, innerToMs);
    wholeChunks.push(...damaged);
  } else {
    const { minutes, thin } = await summariesOf(deps.connection, sensor, innerFromMs, innerToMs);
    const columnsOf = reusedColumns();
    const inner = { fromMs: innerFromMs, toMs: innerToMs };
    for (const blob of minutes) addSummaries(sums, blob, sensor, inner, columnsOf);
    wholeChunks = thin;
  }
  for (const chunk of wholeChunks) {
    const slice = await deps.cache.get(chunk.id);
    if (slice === null) lost.add(chunk);
    else addSlice(sums, slice, innerFromMs, innerToMs);
  }
  if (fromMs < innerFromMs) {
    await addReadings(deps, sums, sensor, { fromMs, toMs: innerFromMs, lost });
  }
  if (innerToMs < toMs) await addReadings(deps, sums, sensor, { fromMs: innerToMs, toMs, lost });
}

/**
 * Adds the minutes of summaries that begin in `[fromMs, toMs)`. A function, so that the engine makes the same code of it
 * when it is warmed up (`warm_up.ts`). @throws FormatError when one is damaged
 */
export function addSummaries(
  sums: BucketSums,
  blob: Uint8Array,
  sensor: number,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  columnsOf: ReturnType<typeof reusedColumns>,
): void {
  const add = (columns: MinuteColumns) => sums.addMinutes(columns, fromMs, toMs);
  readMinutes(blob, sensor, add, { columnsOf });
}

async function sealedReadings(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<number> {
  const { rows } = await connection.query({
    sql: `SELECT ${total("n")} ${OVERLAPPING}`,
    args: [sensor, fromMs, toMs],
  });
  return Number(rows[0][0]);
}
