/**
 * The chunks: sealed readings of one sensor, packed. Raw SQL, because it runs in the database
 * worker: drizzle there, a second time beside the main thread, takes 5 to 9 MB (measured), and to build an insert
 * takes 80 µs where one that is written out takes 1; packed bytes have nothing to be mapped.
 */
import type { SqlStatement, SqlValue } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { encodeRow } from "./chunk_row.ts";
import { NO_SUMMARY_BYTES } from "./minutes.ts";
import { type Slice, subslice } from "./slice.ts";

/** A chunk as it stands in its row, without the blobs. */
export interface ChunkInfo {
  id: number;
  firstMs: number;
  /** Inclusive. */
  lastMs: number;
  /** Among equal times, readings of the lower rank came first. */
  rank: number;
}

/** A part that is ready to be written. */
export interface ChunkDraft {
  sensor: number;
  firstMs: number;
  lastMs: number;
  n: number;
  bytes: number;
  insert: SqlStatement;
}

/** Readings of one chunk, as it is sealed: a part is cut so that none has more. */
const CHUNK_READINGS = 12_000;
/** A run of equal times is kept together up to here. */
const CHUNK_READINGS_MOST = 60_000;

/** Cuts a slice into chunks of up to `most` readings and encodes them. */
export function draftChunks(
  sensor: number,
  slice: Slice,
  rank: number,
  late: boolean,
  most = CHUNK_READINGS,
): ChunkDraft[] {
  const drafts: ChunkDraft[] = [];
  const parts = Math.max(1, Math.ceil(slice.n / most));
  const size = Math.ceil(slice.n / parts);
  for (let from = 0; from < slice.n;) {
    const to = cutAfter(slice, from, Math.min(from + size, slice.n));
    drafts.push(draftOf(sensor, subslice(slice, from, to), rank, late));
    from = to;
  }
  return drafts;
}

/** Moves a cut behind readings of the same time, so that their order stays inside one chunk. */
function cutAfter({ tMs, n }: Slice, from: number, to: number): number {
  while (to < n && tMs[to] === tMs[to - 1] && to - from < CHUNK_READINGS_MOST) to++;
  return to;
}

function draftOf(sensor: number, slice: Slice, rank: number, late: boolean): ChunkDraft {
  const row = encodeRow(sensor, rank, slice);
  const { firstMs, lastMs, n, bytes, min, max, sum, minutes, data } = row;
  return {
    sensor,
    firstMs,
    lastMs,
    n,
    bytes,
    insert: {
      sql: "INSERT INTO chunks " +
        "(sensor, first_ms, last_ms, rank, late, n, bytes, min, max, sum, minutes, data) " +
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
      args: [
        sensor,
        firstMs,
        lastMs,
        rank,
        late ? 1 : 0,
        n,
        bytes,
        min,
        max,
        sum,
        minutes,
        data,
      ],
    },
  };
}

/**
 * A damaged record can say that a number or a blob is a text, and a text that is no UTF-8 ends the process inside
 * the driver, which does not give whole numbers beyond 2^53 either: columns of tables that may be damaged are only
 * read as what they should be.
 */
export const whole = (column: string) =>
  `max(min(cast(${column} AS INTEGER), ${Number.MAX_SAFE_INTEGER}), ${Number.MIN_SAFE_INTEGER})`;
export const real = (column: string) => `cast(${column} AS REAL)`;
export const blob = (column: string) => `cast(${column} AS BLOB)`;

/** SQL's own `sum` of whole numbers fails when it overflows. */
export const total = (column: string) => `total(${column})`;
/** True where a chunk has no minute summary; a summary that is damaged to nothing at all is none. */
const IS_THIN = `coalesce(length(minutes), 0) <= ${NO_SUMMARY_BYTES}`;

/** What `infoOf` reads. */
export const INFO = ["id", "first_ms", "last_ms", "rank"].map(whole).join(", ");
export const OVERLAPPING = "FROM chunks WHERE sensor = ? AND last_ms >= ? AND first_ms < ?";

/** Chunks of a sensor that touch `[fromMs, toMs)`, by start. */
export async function chunksOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<ChunkInfo[]> {
  const { rows } = await connection.query({
    sql: `SELECT ${INFO} ${OVERLAPPING} ORDER BY first_ms, rank, id`,
    args: [sensor, fromMs, toMs],
  });
  return rows.map(infoOf);
}

export function infoOf([id, firstMs, lastMs, rank]: readonly SqlValue[]): ChunkInfo {
  return {
    id: Number(id),
    firstMs: Number(firstMs),
    lastMs: Number(lastMs),
    rank: Number(rank),
  };
}

/** What answers for whole minutes: summaries, and the chunks that have none. */
export interface Summaries {
  /** Each a concatenation of summaries. */
  minutes: Uint8Array[];
  thin: ChunkInfo[];
}

/** Minute summaries of the chunks of a sensor that touch `[fromMs, toMs)`. */
export async function summariesOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<Summaries> {
  if (connection.kind === "server") {
    const { rows } = await connection.query({
      sql: `SELECT ${blob("minutes")} ${OVERLAPPING} AND length(minutes) > ${NO_SUMMARY_BYTES}`,
      args: [sensor, fromMs, toMs],
    });
    const minutes = rows.map(([blob]) => blob as Uint8Array);
    return { minutes, thin: await thinChunksOf(connection, sensor, fromMs, toMs) };
  }
  // One long blob costs less than hundreds of rows, and one look at the rows less than two.
  const { rows: [[minutes, thin]] } = await connection.query({
    sql: "SELECT cast(group_concat(cast(minutes AS text), '') " +
      `FILTER (WHERE length(minutes) > ${NO_SUMMARY_BYTES}) AS blob), ` +
      `count(*) FILTER (WHERE ${IS_THIN}) ${OVERLAPPING}`,
    args: [sensor, fromMs, toMs],
  });
  return {
    minutes: minutes === null ? [] : [minutes as Uint8Array],
    thin: Number(thin) > 0 ? await thinChunksOf(connection, sensor, fromMs, toMs) : [],
  };
}

/** Chunks that touch `[fromMs, toMs)` and have no minute summary, because their data is as small. */
export async function thinChunksOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<ChunkInfo[]> {
  const { rows } = await connection.query({
    sql: `SELECT ${INFO} ${OVERLAPPING} AND ${IS_THIN}`,
    args: [sensor, fromMs, toMs],
  });
  return rows.map(infoOf);
}
