import type { Connection } from "../db/connection.ts";
import type { JournalPair } from "./journal_store.ts";
import type { Series, SeriesTable } from "./series.ts";
import type { StoreStats, TierStats } from "./store.ts";
import type { SummaryTotal } from "./tiers/summary.ts";

/** What is stored, from memory but for the size of the database. */
export async function statsOf(
  { connection, table, journal }: {
    connection: Connection;
    table: SeriesTable;
    journal: JournalPair;
  },
): Promise<StoreStats> {
  const all = table.all();
  const sum = (of: (series: Series) => number) => all.reduce((total, s) => total + of(s), 0);
  const rawOldestMs = all.reduce((ms, s) => {
    const tailMs = s.tail.n > 0 ? s.tail.time(0) : Infinity;
    return Math.min(ms, s.sealedChunks > 0 ? s.sealedOldestMs : Infinity, tailMs);
  }, Infinity);
  const readings = sum((s) => s.sealedReadings) + table.tailReadings;
  const chunkBytes = sum((s) => s.sealedBytes);
  const raw: TierStats = {
    readings,
    bytes: chunkBytes + journal.bytes,
    oldestMs: orNull(rawOldestMs),
  };
  const summed = (of: (series: Series) => (SummaryTotal | undefined)[]): TierStats => {
    const totals = all.flatMap(of).filter((total) => total !== undefined);
    return {
      readings: totals.reduce((n, total) => n + total.n, 0),
      bytes: totals.reduce((n, { bytes }) => n + bytes, 0),
      oldestMs: orNull(totals.reduce((ms, total) => Math.min(ms, total.oldestMs), Infinity)),
    };
  };
  const tiers = {
    raw,
    minute: summed((s) => [s.summed["minute own"]]),
    hour: summed((s) => [s.summed["hour own"], s.summed["hour imported"]]),
  };
  return {
    readings,
    chunks: sum((s) => s.sealedChunks),
    chunkBytes,
    journalRows: journal.rows,
    journalBytes: journal.bytes,
    tailReadings: table.tailReadings,
    tailBytes: sum((s) => s.tail.bytes),
    databaseBytes: await databaseBytes(connection),
    oldestMs: orNull(
      Object.values(tiers).reduce((ms, { oldestMs }) => Math.min(ms, oldestMs ?? ms), Infinity),
    ),
    tiers,
  };
}

function orNull(ms: number): number | null {
  return ms === Infinity ? null : ms;
}

/** Bytes of the database in use: free pages inside the file are not counted. */
async function databaseBytes(connection: Connection): Promise<number> {
  const { rows } = await connection.query({
    sql: "SELECT (page_count - freelist_count) * page_size " +
      "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    one: true,
  });
  return Number(rows[0][0]);
}
