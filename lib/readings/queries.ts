import { PerchError } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import { MINUTE_MS } from "../words/times.ts";
import { BucketSums, bucketWidth } from "./buckets.ts";
import { FormatError } from "./bytes.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { type ChunkInfo, OVERLAPPING, summariesOf, thinChunksOf, total } from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import { readMinutes } from "./minutes.ts";
import type { SeriesTable } from "./series.ts";
import { firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { BucketQuery, BucketResult, DamagedRange, RawQuery, RawResult } from "./store.ts";
import { checkedMinutesOf } from "./summaries.ts";
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
  damage: DamageBook;
  /** Chunks up to this id may be of the version without checksums. */
  uncheckedChunk: number;
}

/** The chunks that an answer had to leave out. */
class Lost {
  readonly #chunks = new Map<number, ChunkInfo>();
  readonly add = (chunk: ChunkInfo): void => void this.#chunks.set(chunk.id, chunk);

  constructor(private readonly damage: DamageBook, private readonly sensor: number) {}

  /** What is missing in `[fromMs, toMs)`: what was met, and what else is known. */
  within(fromMs: number, toMs: number): DamagedRange[] {
    const known = this.damage.within(this.sensor, fromMs, toMs);
    for (const { id, firstMs, lastMs } of this.#chunks.values()) {
      const entry = this.damage.get("chunk", id);
      const isKnown = entry !== undefined && entry.fromMs < toMs && entry.toMs > fromMs &&
        (entry.sensor === null || entry.sensor === this.sensor);
      if (isKnown) continue;
      // A damaged row names another sensor or time than its readings do.
      const { readings = 0, reason = "it cannot be read" } = entry ?? {};
      known.push({ fromMs: firstMs, toMs: lastMs + 1, readings, reason });
    }
    return known.map((range) => ({
      ...range,
      fromMs: Math.max(range.fromMs, fromMs),
      toMs: Math.min(range.toMs, toMs),
    })).filter((range) => range.fromMs < range.toMs).sort((a, b) => a.fromMs - b.fromMs);
  }
}

/** Readings of `[fromMs, toMs)` in time order; see `ReadingsStore.raw`. */
export async function queryRaw(deps: QueryDeps, query: RawQuery): Promise<RawResult> {
  const { fromMs, toMs } = checkRange(query);
  const limit = Math.max(1, Math.min(Math.floor(query.limit), RAW_LIMIT));
  const start = readCursor(query.cursor, fromMs);
  const tail = deps.table.get(query.sensor)?.tail ?? null;
  const parts: Slice[] = [];
  // One more than asked for shows whether there is more.
  let wanted = start.skip + limit + 1;
  const lost = new Lost(deps.damage, query.sensor);
  if (start.tMs < toMs) {
    const { connection, cache } = deps;
    const { sensor } = query;
    const windows = windowsOf(connection, cache, sensor, tail, start.tMs, toMs, lost.add);
    for await (const w of windows) {
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
    ...(query.withSeq && found.seq !== null ? { seq: found.seq.slice(from, to) } : {}),
  };
  const next = to < found.n ? nextCursor(result.tMs, start) : null;
  const endMs = next === null ? toMs : result.tMs[result.tMs.length - 1] + 1;
  return { ...result, next, damaged: lost.within(start.tMs, endMs) };
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
  const lost = new Lost(deps.damage, query.sensor);
  const range = { fromMs, toMs, width, lost };
  const sums = await summedUp(deps, query.sensor, range, false)
    .catch((error) => {
      // A summary is damaged or has no checksum: row by row each is compared with its row, and of those that
      // are damaged the readings are asked.
      if (error instanceof FormatError) return summedUp(deps, query.sensor, range, true);
      throw error;
    });
  return sums.result(lost.within(fromMs, toMs));
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
  if (series.sealedOldestMs >= toMs || series.sealedNewestMs < fromMs) return sums;
  if (width >= MINUTE_MS) await addMinutes(deps, sums, sensor, range, rowByRow);
  else await addReadings(deps, sums, sensor, range);
  return sums;
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
    for (const blob of minutes) {
      readMinutes(blob, sensor, (columns) => sums.addMinutes(columns, innerFromMs, innerToMs));
    }
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
