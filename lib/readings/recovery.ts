import { PerchError } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import { FormatError } from "./bytes.ts";
import type { DecodedGroup } from "./journal.ts";
import { JournalPair, journalState, readJournal, type TurnLimits } from "./journal_store.ts";
import { RecentMarks } from "./marks.ts";
import { SeriesTable } from "./series.ts";

/** What the engine knows when it starts. */
export interface EngineState {
  table: SeriesTable;
  marks: RecentMarks;
  journal: JournalPair;
  /** Id of the newest journal row there ever was. */
  lastGroup: number;
}

/** Rebuilds the tail and the delivery marks from the journal; readings in chunks are left out. */
export async function recover(
  connection: Connection,
  nowMs: number,
  limits?: TurnLimits,
): Promise<EngineState> {
  const table = new SeriesTable();
  const marks = new RecentMarks();
  let lastGroup = await loadSeries(connection, table);
  const a = await journalState(connection, "journal_a");
  const b = await journalState(connection, "journal_b");
  const journal = new JournalPair(
    b.lastId > a.lastId ? "journal_b" : "journal_a",
    {
      journal_a: a,
      journal_b: b,
    },
    nowMs,
    limits,
  );
  const visit = (group: DecodedGroup) => {
    takeGroup(table, group);
    marks.add(group.groupId, group.deliveries);
    lastGroup = Math.max(lastGroup, group.groupId);
  };
  const older = journal.current === "journal_a" ? "journal_b" : "journal_a";
  try {
    await readJournal(connection, older, journal.old, visit);
    await readJournal(connection, journal.current, journal.head, visit);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PerchError(
      "storage_failed",
      `the journal is damaged after group ${lastGroup} (${error.message}): restore a backup`,
      { cause: error },
    );
  }
  for (const series of table.all()) series.settle();
  return { table, marks, journal, lastGroup };
}

async function loadSeries(connection: Connection, table: SeriesTable): Promise<number> {
  const { rows } = await connection.query({
    sql:
      "SELECT sensor, sealed_group, newest_ms, newest_value, max_seq, oldest_ms, chunks, readings, " +
      "bytes FROM series",
  });
  let lastGroup = 0;
  for (const row of rows) {
    const [sensor, sealedGroup, newestMs, newestValue, maxSeq, oldestMs, chunks, readings, bytes] =
      row;
    const series = table.getOrCreate(Number(sensor));
    series.sealedGroup = Number(sealedGroup);
    series.sealedNewestMs = Number(newestMs);
    series.newestMs = series.sealedNewestMs;
    series.newestValue = Number(newestValue);
    series.sealedOldestMs = Number(oldestMs);
    series.sealedChunks = Number(chunks);
    series.sealedReadings = Number(readings);
    series.sealedBytes = Number(bytes);
    if (maxSeq !== null) series.maxSeq = Number(maxSeq);
    lastGroup = Math.max(lastGroup, series.sealedGroup);
  }
  return lastGroup;
}

function takeGroup(table: SeriesTable, { groupId, columns }: DecodedGroup): void {
  for (let i = 0; i < columns.n; i++) {
    const series = table.getOrCreate(columns.sensor[i]);
    if (groupId <= series.sealedGroup) continue;
    series.take(groupId, columns, i);
    table.tailReadings++;
  }
}
