/**
 * DESIGN. Late data is sealed as a part of its own that overlaps older chunks. Merging goes in small steps,
 * one transaction each: the late part and the last chunk it overlaps become one again; what of the late part
 * lies before that chunk stays late, for the next step. Late parts are taken in order of arrival and chunks
 * from the newest, so that readings of equal time end up in the order in which they came. Chunks that are damaged
 * stay as they are, and late parts beside them, too. What is merged is written in the format of today.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import {
  type ChunkDraft,
  type ChunkInfo,
  draftChunks,
  INFO,
  infoOf,
  whole,
} from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import type { Series, SeriesTable } from "./series.ts";
import { firstFrom, mergeSlices, subslice } from "./slice.ts";

/** Not among the chunks that are known to be damaged. */
const INTACT = "id NOT IN (SELECT ref FROM damage WHERE kind = 'chunk')";

interface LateChunk extends ChunkInfo {
  sensor: number;
  bytes: number;
}

/** Merges a bit of late data. Returns false when there is none left. */
export async function compactStep(
  { connection, cache, table, damage }: {
    connection: Connection;
    cache: ChunkCache;
    table: SeriesTable;
    damage: DamageBook;
  },
): Promise<boolean> {
  const late = await oneLateChunk(connection);
  if (late === null) return false;
  const other = await lastOverlapping(connection, late);
  if (other === null) {
    await connection.write([{ sql: "UPDATE chunks SET late = 0 WHERE id = ?", args: [late.id] }]);
    return true;
  }
  // From the disk, not from memory: what is written must be what was read and checked.
  const lateSlice = await cache.read(late.id);
  const otherSlice = await cache.read(other.id);
  // What is damaged is noted now, and not chosen again.
  if (lateSlice === null || otherSlice === null) return false;
  const cut = firstFrom(lateSlice, other.firstMs);
  const first = { slice: otherSlice, rank: other.rank, id: other.id };
  const second = { slice: subslice(lateSlice, cut, lateSlice.n), rank: late.rank, id: late.id };
  const inOrder = first.rank - second.rank || first.id - second.id;
  const merged = mergeSlices(
    (inOrder <= 0 ? [first, second] : [second, first]).map((part) => part.slice),
  );
  const drafts = [
    ...draftChunks(late.sensor, merged, other.rank, other.late),
    ...(cut > 0 ? draftChunks(late.sensor, subslice(lateSlice, 0, cut), late.rank, true) : []),
  ];
  const series = table.getOrCreate(late.sensor);
  const totals = {
    chunks: series.sealedChunks + drafts.length - 2,
    bytes: series.sealedBytes + drafts.reduce((sum, d) => sum + d.bytes, 0) - late.bytes -
      other.bytes,
  };
  const gone = damage.gone([late.id, other.id]);
  await connection.write([
    ...replacement(drafts, [late.id, other.id], series, totals),
    ...gone.statements,
  ]);
  gone.applied();
  cache.drop([late.id, other.id]);
  series.sealedChunks = totals.chunks;
  series.sealedBytes = totals.bytes;
  return true;
}

/** Writes chunks of a sensor in the place of others. */
export function replacement(
  drafts: ChunkDraft[],
  gone: number[],
  series: Series,
  totals: { chunks: number; bytes: number },
): SqlStatement[] {
  return [
    ...drafts.map((draft) => draft.insert),
    ...gone.map((id) => ({ sql: "DELETE FROM chunks WHERE id = ?", args: [id] })),
    {
      sql: "UPDATE series SET chunks = ?, bytes = ? WHERE sensor = ?",
      args: [totals.chunks, totals.bytes, series.sensor],
    },
  ];
}

/** In order of arrival: readings of equal time must end up in that order. */
async function oneLateChunk(connection: Connection): Promise<LateChunk | null> {
  const { rows } = await connection.query({
    sql: `SELECT ${INFO}, ${whole("sensor")}, ${whole("bytes")} FROM chunks WHERE late = 1 ` +
      `AND ${INTACT} ORDER BY rank, id LIMIT 1`,
  });
  if (rows.length === 0) return null;
  const [sensor, bytes] = rows[0].slice(4).map(Number);
  return { ...infoOf(rows[0]), sensor, bytes };
}

/** The chunk that overlaps `late` and starts last; settled ones before other late ones. */
async function lastOverlapping(
  connection: Connection,
  late: LateChunk,
): Promise<LateChunk & { late: boolean } | null> {
  const { rows } = await connection.query({
    sql: `SELECT ${INFO}, ${whole("bytes")}, ${whole("late")} FROM chunks ` +
      "WHERE sensor = ? AND last_ms >= ? AND first_ms <= ? AND id <> ? " +
      `AND ${INTACT} ORDER BY late, first_ms DESC, rank DESC, id DESC LIMIT 1`,
    args: [late.sensor, late.firstMs, late.lastMs, late.id],
  });
  if (rows.length === 0) return null;
  const [bytes, isLate] = rows[0].slice(4).map(Number);
  return { ...infoOf(rows[0]), sensor: late.sensor, bytes, late: isLate === 1 };
}
