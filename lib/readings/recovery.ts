import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import type { DamageBook } from "./damage.ts";
import { loadOwnLasts } from "./importer_store.ts";
import type { DecodedGroup } from "./journal.ts";
import {
  JournalPair,
  journalState,
  type JournalVisitor,
  readJournal,
  type TurnLimits,
} from "./journal_store.ts";
import { RecentMarks } from "./marks.ts";
import type { SeriesTable } from "./series.ts";
import { loadSeries } from "./series_row.ts";
import { countedSummaries } from "./tiers/summary_store.ts";

/** What the engine knows when it starts. */
export interface EngineState {
  table: SeriesTable;
  marks: RecentMarks;
  journal: JournalPair;
  /** Id of the newest journal row there ever was. */
  lastGroup: number;
}

/** Rebuilds the tail and the packet marks from the journal; readings in chunks are left out. */
export async function recover(
  deps: {
    connection: Connection;
    table: SeriesTable;
    cache: ChunkCache;
    damage: DamageBook;
    uncheckedGroup: number;
    /** Now, by the monotonic clock, and by that of the wall. */
    monotonicMs: number;
    nowMs: number;
    limits?: TurnLimits;
  },
): Promise<EngineState> {
  const { connection, table, uncheckedGroup, limits } = deps;
  const marks = new RecentMarks();
  await loadSeries(deps);
  for (const [sensor, summed] of await countedSummaries(connection)) {
    table.getOrCreate(sensor).summed = summed;
  }
  await loadOwnLasts(connection, table);
  const a = await journalState(connection, "journal_a");
  const b = await journalState(connection, "journal_b");
  const journal = new JournalPair(
    b.lastId > a.lastId ? "journal_b" : "journal_a",
    { journal_a: a, journal_b: b },
    deps.monotonicMs,
    limits,
  );
  const lost = new LostGroups();
  const visitor: JournalVisitor = {
    uncheckedGroup,
    group(group) {
      takeGroup(table, group);
      marks.add(group.groupId, group.packets);
      lost.passed(group);
    },
    damaged: (row) => lost.add(row),
  };
  const older = journal.current === "journal_a" ? "journal_b" : "journal_a";
  await readJournal(connection, older, journal.old, visitor);
  await readJournal(connection, journal.current, journal.head, visitor);
  await lost.record(deps.damage, deps.nowMs);
  for (const series of table.all()) series.settle();
  const sealed = table.all().reduce((id, s) => Math.max(id, s.sealedGroup), 0);
  // A damaged row keeps its id: nothing is written over it.
  return { table, marks, journal, lastGroup: Math.max(sealed, a.lastId, b.lastId) };
}

function takeGroup(table: SeriesTable, { groupId, columns }: DecodedGroup): void {
  for (let i = 0; i < columns.n; i++) {
    const series = table.getOrCreate(columns.sensor[i]);
    if (groupId <= series.sealedGroup) {
      series.said(columns, i);
      continue;
    }
    series.take(groupId, columns, i);
    table.tailReadings++;
  }
}

/** Groups of the journal that are damaged, and when that was: between the readings before and after them. */
class LostGroups {
  readonly #lost: Lost[] = [];
  #waiting: Lost[] = [];
  #newestMs = 0;

  passed({ columns: { n, tMs } }: DecodedGroup): void {
    if (n === 0) return;
    for (const lost of this.#waiting) lost.beforeMs = tMs[0];
    this.#waiting = [];
    this.#newestMs = tMs[n - 1];
  }

  add(row: Omit<Lost, "afterMs" | "beforeMs">): void {
    const lost: Lost = { ...row, afterMs: this.#newestMs, beforeMs: NaN };
    this.#lost.push(lost);
    this.#waiting.push(lost);
  }

  async record(damage: DamageBook, nowMs: number): Promise<void> {
    for (const { id, blob, reason, afterMs, beforeMs } of this.#lost) {
      const untilMs = Number.isNaN(beforeMs) ? nowMs : beforeMs;
      await damage.settle("group", id);
      await damage.record({
        kind: "group",
        ref: id,
        sensor: null,
        fromMs: Math.min(afterMs, untilMs),
        toMs: Math.max(afterMs, untilMs) + 1,
        readings: 0,
        reason,
        blob,
      });
    }
  }
}

interface Lost {
  id: number;
  blob: Uint8Array;
  reason: string;
  afterMs: number;
  /** NaN until a group that is whole comes. */
  beforeMs: number;
}
