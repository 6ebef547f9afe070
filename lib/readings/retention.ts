/**
 * DESIGN. Retention deletes whole chunks in small transactions. The age of data counts from the time that the
 * caller trusts (`nowMs`: it never jumps, see lib/base/trusted_time.ts) and from the newest stored reading,
 * whichever is less: what a plant that rests has last measured stays.
 * Every chunk is compared with its checksum before it goes: one that is damaged may be of another time than its
 * row says, and is all that is left to mend it from.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { whole } from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import type { Series, SeriesTable } from "./series.ts";
import type { Forgotten, Retained, RetainOptions } from "./store.ts";

/** Chunks deleted by one transaction. */
const STEP_CHUNKS = 32;
/** What a chunk takes beside its data: its row, its place in the indices, the rest of its last page. */
const ROW_BYTES = 1_024;

export interface Retention {
  /** One step; `more` is true when another one would delete more. */
  step(options: RetainOptions): Promise<Retained>;
  /** One step of deleting everything of a sensor. Its row in `series` stays: the journal may still name it. */
  forget(sensor: number): Promise<Forgotten>;
}

export function createRetention(
  deps: {
    connection: Connection;
    table: SeriesTable;
    cache: ChunkCache;
    damage: DamageBook;
  },
): Retention {
  const { table, cache, damage } = deps;

  async function expired(keepMs: number, nowMs: number): Promise<Gone[]> {
    const newestMs = table.all().reduce((ms, s) => Math.max(ms, s.newestMs), -Infinity);
    const beforeMs = Math.min(nowMs, newestMs) - keepMs;
    const gone: Gone[] = [];
    for (const series of table.all()) {
      if (gone.length >= STEP_CHUNKS) break;
      if (series.sealedOldestMs >= beforeMs) continue;
      gone.push(
        ...await chunksBefore(deps, series.sensor, {
          beforeMs,
          most: STEP_CHUNKS - gone.length,
          damagedBeforeMs: beforeMs,
        }),
      );
    }
    return gone;
  }

  async function tooMany(maxBytes: number): Promise<Gone[]> {
    const held = table.all().reduce((sum, s) => sum + sizeOf(s.sealedBytes, s.sealedChunks), 0);
    const excess = held - maxBytes;
    if (excess <= 0) return [];
    const oldest = table.all().filter((s) => s.sealedChunks > 0)
      .sort((a, b) => a.sealedOldestMs - b.sealedOldestMs);
    const gone: Gone[] = [];
    let bytes = 0;
    for (const series of oldest) {
      if (gone.length >= STEP_CHUNKS || bytes >= excess) break;
      const [chunk] = await chunksBefore(deps, series.sensor, {
        beforeMs: Infinity,
        most: 1,
        damagedBeforeMs: 0,
      });
      if (chunk === undefined) continue;
      gone.push(chunk);
      bytes += sizeOf(chunk.bytes, 1);
    }
    return gone;
  }

  return {
    async step({ nowMs, keepMs, maxBytes }) {
      let chosen = keepMs === undefined ? [] : await expired(keepMs, nowMs);
      if (chosen.length === 0 && maxBytes !== undefined) chosen = await tooMany(maxBytes);
      const gone: Gone[] = [];
      for (const chunk of chosen) {
        if (damage.has("chunk", chunk.id) || await cache.isIntact(chunk.id)) gone.push(chunk);
      }
      if (gone.length > 0) await remove(deps, gone);
      return {
        chunks: gone.length,
        readings: gone.reduce((sum, g) => sum + g.n, 0),
        bytes: gone.reduce((sum, g) => sum + g.bytes, 0),
        more: chosen.length > 0,
      };
    },
    async forget(sensor) {
      const unsealed = table.all().find((s) => s.sensor === sensor)?.tail.n ?? 0;
      if (unsealed > 0) return { readings: 0, more: false, unsealed };
      const gone = await chunksBefore(deps, sensor, {
        beforeMs: Infinity,
        most: STEP_CHUNKS,
        damagedBeforeMs: Infinity,
      });
      if (gone.length > 0) await remove(deps, gone);
      const readings = gone.reduce((sum, g) => sum + g.n, 0);
      return { readings, more: gone.length === STEP_CHUNKS, unsealed };
    },
  };
}

/**
 * Bytes that chunks take in the file. Only they count against a limit: the journal empties itself, free pages are
 * used again, and deleting history for either would free nothing.
 */
function sizeOf(bytes: number, chunks: number): number {
  return bytes + chunks * ROW_BYTES;
}

interface Gone {
  id: number;
  sensor: number;
  n: number;
  bytes: number;
}

/** Chunks of a sensor that end before a time, the oldest first; damaged ones only where it is known that they do. */
async function chunksBefore(
  { connection, damage }: { connection: Connection; damage: DamageBook },
  sensor: number,
  { beforeMs, most, damagedBeforeMs }: { beforeMs: number; most: number; damagedBeforeMs: number },
): Promise<Gone[]> {
  const bound = (ms: number) => Math.min(ms, Number.MAX_SAFE_INTEGER);
  const { rows } = await connection.query({
    sql: `SELECT id, ${whole("n")}, ${whole("bytes")} FROM chunks ` +
      "WHERE sensor = ? AND last_ms < ? AND id NOT IN " +
      "(SELECT ref FROM damage WHERE kind = 'chunk' AND to_ms > ?) ORDER BY last_ms LIMIT ?",
    args: [sensor, bound(beforeMs), bound(damagedBeforeMs), most],
  });
  const mayGo = (id: number) => (damage.get("chunk", id)?.toMs ?? 0) <= damagedBeforeMs;
  return rows.map(([id, n, bytes]) => ({
    id: Number(id),
    sensor,
    n: Number(n),
    bytes: Number(bytes),
  })).filter(({ id }) => mayGo(id));
}

async function remove(
  { connection, table, cache, damage }: {
    connection: Connection;
    table: SeriesTable;
    cache: ChunkCache;
    damage: DamageBook;
  },
  gone: Gone[],
): Promise<void> {
  const touched = new Map<Series, { chunks: number; readings: number; bytes: number }>();
  for (const { sensor, n, bytes } of gone) {
    const series = table.getOrCreate(sensor);
    const left = touched.get(series) ?? {
      chunks: series.sealedChunks,
      readings: series.sealedReadings,
      bytes: series.sealedBytes,
    };
    touched.set(series, {
      chunks: left.chunks - 1,
      readings: left.readings - n,
      bytes: left.bytes - bytes,
    });
  }
  const statements: SqlStatement[] = gone.map(({ id }) => ({
    sql: "DELETE FROM chunks WHERE id = ?",
    args: [id],
  }));
  for (const [series, left] of touched) {
    statements.push({
      sql: "UPDATE series SET chunks = ?, readings = ?, bytes = ?, oldest_ms = coalesce(" +
        "(SELECT min(first_ms) FROM chunks WHERE sensor = ?), newest_ms) WHERE sensor = ? " +
        `RETURNING ${whole("oldest_ms")}`,
      args: [left.chunks, left.readings, left.bytes, series.sensor, series.sensor],
    });
  }
  const settled = damage.gone(gone.map(({ id }) => id));
  const results = await connection.write([...statements, ...settled.statements]);
  settled.applied();
  cache.drop(gone.map(({ id }) => id));
  let at = gone.length;
  for (const [series, left] of touched) {
    series.sealedChunks = left.chunks;
    series.sealedReadings = left.readings;
    series.sealedBytes = left.bytes;
    series.sealedOldestMs = Number(results[at++].rows[0][0]);
  }
}
