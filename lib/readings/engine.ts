/**
 * DESIGN. The readings engine runs in the database worker, beside the one connection.
 *
 * Everything a commit needs is decided in memory first (duplicates, which chunk to seal, which journal
 * table to free), then written as one batch in one transaction, and only after COMMIT does memory
 * follow. A failed write therefore leaves memory as it was. Calls come one at a time.
 */
import type { Log } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { ByteWriter } from "./bytes.ts";
import { GroupColumns } from "./columns.ts";
import { stage } from "./duplicates.ts";
import { encodeGroup, valueAt } from "./journal.ts";
import { insertGroup, readGroup } from "./journal_store.ts";
import { queryBuckets, queryRaw } from "./queries.ts";
import { checkGroup } from "./check.ts";
import { FLAG_HAS_SEQ, type ReadingGroup } from "./reading.ts";
import { recover } from "./recovery.ts";
import type { AppendResult, ReadingsStore } from "./store.ts";

export interface EngineDeps {
  connection: Connection;
  log: Log;
}

/** Starts the engine on an open, migrated database: rebuilds the unsealed tail from the journal. */
export async function createReadingsEngine(deps: EngineDeps): Promise<ReadingsStore> {
  const { connection, log } = deps;
  const state = await recover(connection);
  const { table, marks, journal } = state;
  const staged = new GroupColumns();
  const writer = new ByteWriter(64 * 1024);
  /** A write failed in a way that may still have reached the disk: look before the next one. */
  let unsure = false;

  async function append(
    group: ReadingGroup,
    extra: readonly SqlStatement[],
  ): Promise<AppendResult> {
    checkGroup(group);
    if (unsure) await resync();
    const duplicate = stage(group, table, null, staged);
    const groupId = state.lastGroup + 1;
    const statements: SqlStatement[] = [...extra];
    const hasRow = staged.n > 0 || group.deliveries.length > 0;
    let rowBytes = 0;
    if (hasRow) {
      encodeGroup(writer, groupId, staged, group.deliveries);
      rowBytes = writer.length;
      statements.push(insertGroup(journal.current, groupId, writer.take()));
    }
    if (statements.length > 0) {
      try {
        await connection.write(statements);
      } catch (error) {
        unstage();
        unsure = true;
        throw error;
      }
    }
    if (hasRow) {
      state.lastGroup = groupId;
      journal.added(groupId, rowBytes);
      apply(groupId, staged);
      marks.add(groupId, group.deliveries);
    }
    return { groupId, duplicate };
  }

  function apply(groupId: number, columns: GroupColumns): void {
    for (let i = 0; i < columns.n; i++) {
      const flags = columns.flags[i];
      const hasSeq = (flags & FLAG_HAS_SEQ) !== 0;
      table.getOrCreate(columns.sensor[i]).add(
        groupId,
        columns.tMs[i],
        columns.exponent[i],
        columns.mantissa[i],
        valueAt(columns, i),
        flags,
        columns.seq[i],
        hasSeq,
      );
    }
    table.tailReadings += columns.n;
  }

  function unstage(): void {
    for (let i = 0; i < staged.n; i++) {
      const series = table.getOrCreate(staged.sensor[i]);
      series.stagedNewestMs = series.newestMs;
      series.stagedMaxSeq = series.maxSeq;
    }
  }

  /** Bytes of the database in use: free pages inside the file are not counted. */
  async function databaseBytes(): Promise<number> {
    const { rows } = await connection.query({
      sql: "SELECT (page_count - freelist_count) * page_size " +
        "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    });
    return Number(rows[0][0]);
  }

  /** A COMMIT whose answer was lost may have happened: then its group belongs into the tail. */
  async function resync(): Promise<void> {
    const expected = state.lastGroup + 1;
    await readGroup(connection, journal.current, expected, ({ groupId, columns, deliveries }) => {
      log.warn("a group that was reported as failed is on disk after all", { groupId });
      state.lastGroup = groupId;
      journal.added(groupId, 0);
      apply(groupId, columns);
      marks.add(groupId, deliveries);
      for (let i = 0; i < columns.n; i++) {
        const series = table.getOrCreate(columns.sensor[i]);
        series.stagedNewestMs = series.newestMs;
        series.stagedMaxSeq = series.maxSeq;
      }
    });
    unsure = false;
  }

  return {
    append,
    lastValues: () =>
      Promise.resolve(
        table.all().filter((s) => s.newestMs > -Infinity).map((s) => ({
          sensor: s.sensor,
          tMs: s.newestMs,
          value: s.newestValue,
        })),
      ),
    recentDeliveries: () => Promise.resolve(marks.all()),
    raw: (query) => Promise.resolve(queryRaw(table, query)),
    buckets: (query) => Promise.resolve(queryBuckets(table, query)),
    retain: () => Promise.resolve({ chunks: 0, bytes: 0 }),
    async stats() {
      const { rows } = await connection.query({
        sql:
          "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(n), 0), min(first_ms) FROM chunks",
      });
      const [chunks, chunkBytes, sealed, oldest] = rows[0];
      return {
        readings: Number(sealed) + table.tailReadings,
        chunks: Number(chunks),
        chunkBytes: Number(chunkBytes),
        journalRows: journal.rows,
        journalBytes: journal.bytes,
        tailReadings: table.tailReadings,
        tailBytes: table.all().reduce((sum, s) => sum + s.tail.bytes, 0),
        databaseBytes: await databaseBytes(),
        oldestMs: oldest === null ? null : Number(oldest),
      };
    },
  };
}
