import { PerchError } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import { BucketSums, bucketWidth, MINUTE_MS } from "./buckets.ts";
import { type ChunkCache, minutesOf, thinChunksOf } from "./chunk_store.ts";
import { readMinutes } from "./minutes.ts";
import type { SeriesTable } from "./series.ts";
import { firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { BucketQuery, BucketResult, RawQuery, RawResult } from "./store.ts";
import type { Tail } from "./tail.ts";
import { windowsOf } from "./windows.ts";

/** Most readings in one answer of `raw`. */
export const RAW_LIMIT = 200_000;
/** Most buckets in one answer. */
export const POINTS_LIMIT = 100_000;
/** Buckets below a minute need the readings themselves: no more than this many are read for one answer. */
const SHORT_BUCKET_READINGS = 2_000_000;

export interface QueryDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
}

/** Readings of `[fromMs, toMs)` in time order; see `ReadingsStore.raw`. */
export async function queryRaw(deps: QueryDeps, query: RawQuery): Promise<RawResult> {
  const { fromMs, toMs } = checkRange(query);
  const limit = Math.max(1, Math.min(Math.floor(query.limit), RAW_LIMIT));
  const start = readCursor(query.cursor, fromMs);
  const tail = deps.table.get(query.sensor)?.tail ?? null;
  const parts: Slice[] = [];
  // One more than asked for tells whether there is more.
  let wanted = start.skip + limit + 1;
  if (start.tMs < toMs) {
    const { connection, cache } = deps;
    for await (const w of windowsOf(connection, cache, query.sensor, tail, start.tMs, toMs)) {
      parts.push(subslice(w, 0, Math.min(w.n, wanted)));
      wanted -= w.n;
      if (wanted <= 0) break;
    }
  }
  const found = mergeSlices(parts);
  const from = Math.min(start.skip, found.n);
  const to = Math.min(found.n, from + limit);
  const result = {
    tMs: found.tMs.slice(from, to),
    value: found.value.slice(from, to),
    flags: found.flags.slice(from, to),
  };
  return { ...result, next: to < found.n ? nextCursor(result.tMs, start) : null };
}

/** Exact min, mean, max and count per bucket; see `ReadingsStore.buckets`. */
export async function queryBuckets(deps: QueryDeps, query: BucketQuery): Promise<BucketResult> {
  const { fromMs, toMs } = checkRange(query);
  const points = Math.max(1, Math.min(Math.floor(query.points), POINTS_LIMIT));
  const series = deps.table.get(query.sensor);
  let width = bucketWidth(fromMs, toMs, points);
  if (width < MINUTE_MS && (series?.sealedReadings ?? 0) > SHORT_BUCKET_READINGS) {
    const sealed = await sealedReadings(deps.connection, query.sensor, fromMs, toMs);
    if (sealed > SHORT_BUCKET_READINGS) width = MINUTE_MS;
  }
  const sums = new BucketSums(fromMs, toMs, width);
  if (series === undefined) return sums.result();
  addTail(sums, series.tail, fromMs, toMs);
  if (series.sealedOldestMs >= toMs || series.sealedNewestMs < fromMs) return sums.result();
  if (width >= MINUTE_MS) await addMinutes(deps, sums, query.sensor, fromMs, toMs);
  else await addReadings(deps, sums, query.sensor, fromMs, toMs);
  return sums.result();
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
  fromMs: number,
  toMs: number,
): Promise<void> {
  for await (const window of windowsOf(connection, cache, sensor, null, fromMs, toMs)) {
    addSlice(sums, window, fromMs, toMs);
  }
}

/** Whole minutes come from the summaries; the cut minutes at both ends from the readings. */
async function addMinutes(
  deps: QueryDeps,
  sums: BucketSums,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const innerFromMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  const innerToMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
  if (innerFromMs >= innerToMs) return addReadings(deps, sums, sensor, fromMs, toMs);
  for (const minutes of await minutesOf(deps.connection, sensor, innerFromMs, innerToMs)) {
    readMinutes(minutes, (columns) => sums.addMinutes(columns, innerFromMs, innerToMs));
  }
  for (const id of await thinChunksOf(deps.connection, sensor, innerFromMs, innerToMs)) {
    addSlice(sums, await deps.cache.get(id), innerFromMs, innerToMs);
  }
  if (fromMs < innerFromMs) await addReadings(deps, sums, sensor, fromMs, innerFromMs);
  if (innerToMs < toMs) await addReadings(deps, sums, sensor, innerToMs, toMs);
}

async function sealedReadings(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<number> {
  const { rows } = await connection.query({
    sql:
      "SELECT coalesce(sum(n), 0) FROM chunks WHERE sensor = ? AND last_ms >= ? AND first_ms < ?",
    args: [sensor, fromMs, toMs],
  });
  return Number(rows[0][0]);
}

function checkRange({ fromMs, toMs }: { fromMs: number; toMs: number }): {
  fromMs: number;
  toMs: number;
} {
  const from = Math.max(0, Math.ceil(fromMs));
  const to = Math.ceil(toMs);
  if (!(from < to)) {
    throw new PerchError("validation", `the range ${fromMs} to ${toMs} is empty`, {
      errors: [{ path: "from", message: "must be before `to`" }],
    });
  }
  return { fromMs: from, toMs: to };
}

/** Where an answer continues: `<time>:<readings of that very time that were given already>`. */
interface Cursor {
  tMs: number;
  skip: number;
}

function readCursor(cursor: string | undefined, fromMs: number): Cursor {
  if (cursor === undefined) return { tMs: fromMs, skip: 0 };
  const match = /^(\d{1,15}):(\d{1,6})$/.exec(cursor);
  if (!match) {
    throw new PerchError("validation", "the cursor is not one that Perch gave", {
      errors: [{ path: "cursor", message: "must be the `next` of the answer before" }],
    });
  }
  return { tMs: Math.max(fromMs, Number(match[1])), skip: Number(match[2]) };
}

function nextCursor(tMs: Float64Array, start: Cursor): string {
  const lastMs = tMs[tMs.length - 1];
  let given = 0;
  while (given < tMs.length && tMs[tMs.length - 1 - given] === lastMs) given++;
  return `${lastMs}:${lastMs === start.tMs ? given + start.skip : given}`;
}
