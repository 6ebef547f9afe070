/**
 * DESIGN. The readings engine runs in the database worker, beside the one connection.
 *
 * Everything a commit needs is decided in memory first (duplicates, which chunk to seal, which journal
 * table to free), then written as one batch in one transaction, and only after COMMIT does memory
 * follow. A failed write therefore leaves memory as it was. Calls come one at a time.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { afterCheckpoint, FLOWING } from "../db/checkpoint.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { ByteWriter } from "./bytes.ts";
import { checkGroup } from "./check.ts";
import { ChunkCache } from "./chunk_cache.ts";
import { GroupColumns } from "./columns.ts";
import { compactStep } from "./compaction.ts";
import { DamageBook } from "./damage.ts";
import { stage } from "./duplicates.ts";
import { createImportStore } from "./import_store.ts";
import type { ImportLimits } from "./importing_step.ts";
import { createGathering, type GatherLimits } from "./gathering.ts";
import { encodeGroup } from "./journal.ts";
import {
  freeTable,
  insertGroup,
  otherTable,
  selectGroup,
  type TurnLimits,
} from "./journal_store.ts";
import { queryBuckets } from "./bucket_query.ts";
import { queryRaw } from "./queries.ts";
import { JournalCursors, readAfter, setAside } from "./journal_reader.ts";
import { lastValues } from "./last_values.ts";
import type { ReadingGroup } from "./reading.ts";
import { recover } from "./recovery.ts";
import { replaceStep } from "./replacing.ts";
import { restampStep } from "./restamping.ts";
import { createRetention } from "./retention.ts";
import { createScrub, loadScrubState } from "./scrub.ts";
import { findSealed } from "./sealed_duplicates.ts";
import { applySeal, planSeal, type Seal, Sealer, type SealerOptions } from "./sealing.ts";
import { type Series, SeriesTable } from "./series.ts";
import { statsOf } from "./stats.ts";
import type { AppendResult, ReadingsStore } from "./store.ts";
import { createOnwardStore } from "./onward_store.ts";
import { createHourIndex } from "./tiers/hour_index.ts";
import { warmUp } from "./warm_up.ts";

export interface EngineDeps {
  connection: Connection;
  clock: Clock;
  log: Log;
  /** Smaller limits for tests. */
  options?: SealerOptions & {
    journal?: TurnLimits;
    importing?: ImportLimits;
    gathering?: GatherLimits;
  };
}

/**
 * Starts the engine on an open, migrated database: rebuilds the unsealed tail from the journal.
 *
 * A write that failed may still have reached the disk (a libSQL server went away before it answered, a
 * COMMIT failed late). The engine looks before the next commit, and rebuilds memory when that happened. What
 * is found in a file was perhaps only in the host's memory, where a failed fsync leaves it and a later one does
 * not bring it out: readings that come again would be known by it and acknowledged. So it is written again, into
 * the database, before anything is accepted; as long as that fails, so does `append`.
 */
export async function createReadingsEngine(deps: EngineDeps): Promise<ReadingsStore> {
  let core = await createCore(deps);
  let appendFailed = false;
  let upkeepFailed = false;

  async function settle(): Promise<void> {
    if (upkeepFailed || (appendFailed && await core.missedCommit())) {
      deps.log.warn(
        "a write that was reported as failed may be on disk: reading the journal again",
      );
      await bringIntoDatabase(deps.connection);
      core = await createCore(deps);
    }
    appendFailed = upkeepFailed = false;
  }

  async function upkeep<T>(work: () => Promise<T>): Promise<T> {
    await settle();
    try {
      return await work();
    } catch (error) {
      upkeepFailed = true;
      throw error;
    }
  }

  return {
    async append(group, extra) {
      checkGroup(group);
      if (appendFailed || upkeepFailed) await settle();
      try {
        return await core.append(group, extra);
      } catch (error) {
        appendFailed = true;
        throw error;
      }
    },
    lastValues: (notAfterMs) => core.lastValues(notAfterMs),
    recentPackets: () => core.recentPackets(),
    raw: (query) => core.raw(query),
    buckets: (query) => core.buckets(query),
    retain: (options) => upkeep(() => core.retain(options)),
    forget: (sensor) => upkeep(() => core.forget(sensor)),
    replace: (replacement, extra) => upkeep(() => core.replace(replacement, extra)),
    restamp: (restamping, extra) => upkeep(() => core.restamp(restamping, extra)),
    compact: () => upkeep(() => core.compact()),
    gather: () => upkeep(() => core.gather()),
    importReadings: (block, dryRun) => upkeep(() => core.importReadings(block, dryRun)),
    importHours: (hours, dryRun) => upkeep(() => core.importHours(hours, dryRun)),
    importState: (name) => core.importState(name),
    forgetImport: (name) => core.forgetImport(name),
    indexHours: () => upkeep(() => core.indexHours()),
    journalAfter: (query) => core.journalAfter(query),
    cursor: (name) => core.cursor(name),
    moveCursor: (name, groupId, extra) => core.moveCursor(name, groupId, extra),
    dropCursor: (name, extra) => core.dropCursor(name, extra),
    setAside: (name, maxBytes) => core.setAside(name, maxBytes),
    check: (pass) => core.check(pass),
    damage: () => core.damage(),
    acknowledgeDamage: (foundUntilMs, extra) => core.acknowledgeDamage(foundUntilMs, extra),
    stats: () => core.stats(),
    waiting: (query) => core.waiting(query),
    sealed: (range) => core.sealed(range),
    unsent: (query) => core.unsent(query),
    reach: (range) => core.reach(range),
  };
}

async function bringIntoDatabase(connection: Connection): Promise<void> {
  const { stuck, cause } = afterCheckpoint(FLOWING, await connection.checkpoint(false));
  if (stuck === 0) return;
  throw new PerchError(
    "storage_failed",
    `a write that was reported as failed cannot be made safe: ${cause}`,
  );
}

interface Core extends ReadingsStore {
  /** True when the group after the last known one is on disk. */
  missedCommit(): Promise<boolean>;
}

/** What one commit writes, and what memory takes over afterwards. */
interface CommitPlan {
  groupId: number;
  blobBytes: number;
  chosen: Series[];
  seals: Seal[];
  /** Last id of the journal table that is freed; 0 when none is. */
  freeUpTo: number;
  statements: SqlStatement[];
}

async function createCore(deps: EngineDeps): Promise<Core> {
  const { connection, clock } = deps;
  warmUp();
  const table = new SeriesTable();
  const damage = await DamageBook.load({ connection, log: deps.log, nowMs: () => clock.now() });
  const scrubState = await loadScrubState(connection);
  const { uncheckedChunk, uncheckedGroup } = scrubState;
  const cache = new ChunkCache({ connection, damage, table, uncheckedChunk });
  const shared = { connection, table, cache, damage, uncheckedChunk, uncheckedGroup };
  const state = await recover({
    ...shared,
    monotonicMs: clock.monotonic(),
    nowMs: clock.now(),
    limits: deps.options?.journal,
  });
  const { marks, journal } = state;
  const sealer = new Sealer(table, journal, deps.options);
  const cursors = await JournalCursors.load(connection);
  const retention = createRetention(shared);
  const gather = createGathering({ ...shared, limits: deps.options?.gathering });
  const indexHours = createHourIndex({ ...shared, clock });
  const scrub = createScrub({ ...shared, clock, state: scrubState });
  const staged = new GroupColumns();
  const writer = new ByteWriter(64 * 1024);

  async function append(
    group: ReadingGroup,
    extra: readonly SqlStatement[],
  ): Promise<AppendResult> {
    const sealed = await findSealed(group, table, connection, cache);
    const duplicate = stage(group, table, sealed, staged);
    if (staged.n === 0 && group.packets.length === 0) {
      if (extra.length > 0) await connection.write(extra);
      return { groupId: state.lastGroup, duplicate };
    }
    const plan = planCommit(group);
    try {
      await connection.write([...extra, ...plan.statements]);
    } catch (error) {
      for (let i = 0; i < staged.n; i++) table.getOrCreate(staged.sensor[i]).settle();
      throw error;
    }
    committed(plan, group);
    return { groupId: plan.groupId, duplicate };
  }

  /** Everything that the transaction of the staged group writes. Changes nothing in memory. */
  function planCommit(group: ReadingGroup): CommitPlan {
    const chosen = sealer.choose(staged.n, clock.monotonic());
    const seals = chosen.map((series) => planSeal(series, state.lastGroup, connection.kind));
    const read = cursors.passed >= journal.old.lastId || journal.overfull;
    const freeUpTo = read && sealer.oldIsFree(chosen) ? journal.old.lastId : 0;
    // Marks of rows that go are kept: a redelivery may come days later.
    const carried = freeUpTo > 0 ? marks.upTo(freeUpTo) : [];
    const groupId = state.lastGroup + 1;
    encodeGroup(writer, groupId, staged, [...carried, ...group.packets]);
    const blob = writer.take();
    const statements = [
      insertGroup(journal.current, groupId, blob),
      ...seals.flatMap((seal) => seal.statements),
      ...(freeUpTo > 0 ? [freeTable(otherTable(journal.current))] : []),
    ];
    return { groupId, blobBytes: blob.length, chosen, seals, freeUpTo, statements };
  }

  /** After COMMIT: memory follows. */
  function committed(plan: CommitPlan, group: ReadingGroup): void {
    for (const seal of plan.seals) applySeal(seal, state.lastGroup, table);
    sealer.sealed(plan.chosen);
    if (plan.freeUpTo > 0) {
      if (cursors.passed < plan.freeUpTo) {
        deps.log.warn(
          "journal freed before everything was read from it: the reader is too far back",
          {
            groups: plan.freeUpTo - cursors.passed,
          },
        );
      }
      journal.freed();
      marks.carried(plan.freeUpTo, plan.groupId);
    }
    state.lastGroup = plan.groupId;
    journal.added(plan.groupId, plan.blobBytes);
    apply(plan.groupId, staged);
    marks.add(plan.groupId, group.packets);
    sealer.turnIfDue(clock.monotonic());
  }

  function apply(groupId: number, columns: GroupColumns): void {
    for (let i = 0; i < columns.n; i++) {
      const series = table.getOrCreate(columns.sensor[i]);
      series.take(groupId, columns, i);
      sealer.noteGrowth(series);
    }
    table.tailReadings += columns.n;
  }

  async function missedCommit(): Promise<boolean> {
    const { rows } = await connection.query(selectGroup(journal.current, state.lastGroup + 1));
    return rows.length > 0;
  }

  return {
    append,
    missedCommit,
    lastValues: (notAfterMs = Infinity) => lastValues(table, connection, cache, notAfterMs),
    recentPackets: () => Promise.resolve(marks.all()),
    raw: (query) => queryRaw(shared, query),
    buckets: (query) => queryBuckets(shared, query),
    retain: (options) => retention.step(options),
    forget: (sensor) => retention.forget(sensor),
    replace: (replacement, extra) =>
      replaceStep({ ...shared, sealer, lastGroup: state.lastGroup }, replacement, extra),
    restamp: (restamping, extra) =>
      restampStep({ ...shared, sealer, lastGroup: state.lastGroup }, restamping, extra),
    compact: () => compactStep(shared),
    ...createImportStore({ ...shared, limits: deps.options?.importing }),
    ...createOnwardStore(shared),
    gather: () => gather(),
    indexHours: () => indexHours(),
    journalAfter: (query) => readAfter(shared, query),
    cursor: (name) => Promise.resolve(cursors.get(name)),
    moveCursor: (name, groupId, extra) => cursors.move(name, groupId, extra),
    dropCursor: (name, extra) => cursors.drop(name, extra),
    setAside: (name, maxBytes) => setAside({ ...shared, cursors }, name, maxBytes),
    check: (pass) => scrub(pass),
    damage: () => Promise.resolve(damage.all()),
    acknowledgeDamage: (foundUntilMs, extra) => damage.acknowledge(foundUntilMs, extra),
    stats: () => statsOf({ connection, table, journal }),
  };
}
