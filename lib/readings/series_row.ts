/**
 * DESIGN. The row of a sensor says where its journal ends and its chunks begin, and what its last value is: a
 * wrong one would repeat readings, lose them, or show a value that never was. What sealing writes is therefore
 * signed; and how many chunks there are must be what the index says. What does not fit is rebuilt from the
 * chunks, which know it all.
 */
import type { SqlStatement, SqlValue } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { chunksOf, real, total, whole } from "./chunk_store.ts";
import { checksumOf } from "./checksum.ts";
import type { DamageBook } from "./damage.ts";
import { SEQ_WINDOW_MS } from "./duplicates.ts";
import { FLAG_HAS_SEQ, LATEST_MS } from "./reading.ts";
import type { Series, SeriesTable } from "./series.ts";
import type { Slice } from "./slice.ts";

const COLUMNS = [
  ...["sensor", "sealed_group", "newest_ms"].map(whole),
  ...["newest_value", "max_seq"].map(real),
  ...["oldest_ms", "chunks", "readings", "bytes", "crc"].map(whole),
].join(", ");

/** What a seal leaves behind about a sensor. */
export interface SeriesRow {
  sensor: number;
  sealedGroup: number;
  newestMs: number;
  newestValue: number;
  /** −Infinity: no reading had one. */
  maxSeq: number;
  oldestMs: number;
  chunks: number;
  readings: number;
  bytes: number;
}

/** Writes the row of a sensor, signed. */
export function replaceSeries(row: SeriesRow, kind: Connection["kind"]): SqlStatement {
  const { sensor, sealedGroup, newestMs, newestValue, maxSeq } = row;
  return {
    sql: "INSERT OR REPLACE INTO series (sensor, sealed_group, newest_ms, newest_value, max_seq, " +
      "oldest_ms, chunks, readings, bytes, crc) VALUES (?,?,?,?,?,?,?,?,?,?)",
    args: [
      sensor,
      sealedGroup,
      newestMs,
      newestValue,
      maxSeq === -Infinity ? null : maxSeq,
      row.oldestMs,
      row.chunks,
      row.readings,
      row.bytes,
      checksum(row, kind),
    ],
  };
}

function checksum(row: SeriesRow, kind: Connection["kind"]): number {
  const { sensor, sealedGroup, newestMs, newestValue, maxSeq } = row;
  // A libSQL server passes fractions on as text, which can cost the last bit; SQLite has no negative zero.
  const fractions = kind === "file" ? [newestValue + 0, maxSeq + 0] : [];
  return checksumOf([sensor, sealedGroup, newestMs, ...fractions]);
}

/** Loads all sensors into `table`; rows that are damaged are rebuilt from the chunks, which is noted. */
export async function loadSeries(
  deps: {
    connection: Connection;
    table: SeriesTable;
    cache: ChunkCache;
    damage: DamageBook;
  },
): Promise<void> {
  const { connection, table, cache, damage } = deps;
  const counted = await countedChunks(connection);
  const { rows } = await connection.query({
    sql: `SELECT ${COLUMNS} FROM series`,
  });
  const wrong: { series: Series; isSigned: boolean; reason: string }[] = [];
  for (const columns of rows) {
    const row = rowOf(columns);
    const series = table.getOrCreate(row.sensor);
    take(series, row);
    const { chunks, oldestMs } = counted.get(row.sensor) ?? { chunks: 0, oldestMs: null };
    counted.delete(row.sensor);
    // Only an intact index may say from when on there is something.
    if (oldestMs !== null) series.sealedOldestMs = Math.min(series.sealedOldestMs, oldestMs);
    const crc = columns[9];
    if (crc !== null && Number(crc) !== checksum(row, connection.kind)) {
      wrong.push({ series, isSigned: false, reason: "its checksum does not match" });
    } else if (chunks !== row.chunks) {
      const reason = `it has ${chunks} chunks instead of ${row.chunks}`;
      wrong.push({ series, isSigned: crc !== null, reason });
    } else await damage.settle("series", row.sensor);
  }
  for (const [sensor, { chunks }] of counted) {
    const series = table.getOrCreate(sensor);
    wrong.push({ series, isSigned: false, reason: `it is not there, but ${chunks} chunks are` });
  }
  for (const { series, isSigned, reason } of wrong) {
    const lost = await mendTotals(connection, series);
    if (!isSigned) await mendNewest(connection, cache, series);
    await damage.record({
      kind: "series",
      ref: series.sensor,
      sensor: series.sensor,
      ...lost,
      reason,
    });
  }
}

function rowOf(columns: readonly SqlValue[]): SeriesRow {
  const [sensor, sealedGroup, newestMs, newestValue, , oldestMs, chunks, readings, bytes] = columns
    .map(Number);
  const maxSeq = columns[4] === null ? -Infinity : Number(columns[4]);
  return { sensor, sealedGroup, newestMs, newestValue, maxSeq, oldestMs, chunks, readings, bytes };
}

function take(series: Series, row: SeriesRow): void {
  series.sealedGroup = row.sealedGroup;
  series.sealedNewestMs = row.newestMs;
  series.newestMs = row.newestMs;
  series.newestValue = row.newestValue;
  series.maxSeq = row.maxSeq;
  series.sealedOldestMs = row.oldestMs;
  series.sealedChunks = row.chunks;
  series.sealedReadings = row.readings;
  series.sealedBytes = row.bytes;
}

/** Chunks per sensor and their earliest time, from the index alone. */
async function countedChunks(
  connection: Connection,
): Promise<Map<number, { chunks: number; oldestMs: number }>> {
  const { rows } = await connection.query({
    sql: `SELECT ${whole("sensor")}, count(*), ${
      whole("min(first_ms)")
    } FROM chunks GROUP BY sensor`,
  });
  return new Map(
    rows.map(([sensor, chunks, oldestMs]) => [
      Number(sensor),
      { chunks: Number(chunks), oldestMs: Number(oldestMs) },
    ]),
  );
}

/** Counts the chunks of a sensor again. Gives what is missing. */
async function mendTotals(
  connection: Connection,
  series: Series,
): Promise<{ fromMs: number; toMs: number; readings: number }> {
  const { rows } = await connection.query({
    sql: `SELECT count(*), ${total("n")}, ${total("bytes")} FROM chunks WHERE sensor = ?`,
    args: [series.sensor],
  });
  const [chunks, readings, bytes] = rows[0].map(Number);
  const missing = Math.max(0, series.sealedReadings - readings);
  series.sealedChunks = chunks;
  series.sealedReadings = readings;
  series.sealedBytes = bytes;
  return { fromMs: 0, toMs: missing > 0 ? LATEST_MS + 1 : 0, readings: missing };
}

/** Where the journal begins, the last value, and the largest seq of the time in which seqs are compared. */
async function mendNewest(
  connection: Connection,
  cache: ChunkCache,
  series: Series,
): Promise<void> {
  const all = await chunksOf(connection, series.sensor, 0, Number.MAX_SAFE_INTEGER);
  if (all.length === 0) return;
  all.sort((a, b) => b.lastMs - a.lastMs || b.rank - a.rank || b.id - a.id);
  // Every seal gives its chunks the number of the group before it as their rank.
  series.sealedGroup = Math.max(...all.map(({ rank }) => rank));
  series.maxSeq = -Infinity;
  series.newestMs = -Infinity;
  for (const { id, lastMs } of all) {
    if (lastMs < series.newestMs - SEQ_WINDOW_MS) break;
    const slice = await cache.get(id);
    if (slice === null) continue;
    if (series.newestMs === -Infinity) {
      series.newestMs = slice.tMs[slice.n - 1];
      series.newestValue = slice.value[slice.n - 1];
    }
    series.maxSeq = Math.max(series.maxSeq, maxSeqOf(slice));
  }
  series.sealedNewestMs = Math.max(series.newestMs, all[0].lastMs);
}

function maxSeqOf({ n, flags, seq }: Slice): number {
  let most = -Infinity;
  for (let i = 0; i < n; i++) {
    if ((flags[i] & FLAG_HAS_SEQ) && seq![i] > most) most = seq![i];
  }
  return most;
}
