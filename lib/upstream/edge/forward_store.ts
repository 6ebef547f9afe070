import type { Database, SqlStatement } from "../../db/client.ts";
import { asc, build, createOrm, inArray, statementOf } from "../../db/orm.ts";
import { forwardCursors, forwardDone, forwardEpochs } from "../../db/schema/upstream.ts";

export interface Epoch {
  epoch: string;
  /** Numbers after these belong to it. */
  afterGroup: number;
  afterEvent: number;
}
export interface Place {
  seq: number;
  /** Readings that were given up. */
  lost: number;
}
export type Lane = "readings" | "events";

/** What waits outside the journal. */
export interface KeptStats {
  firstId: number;
  lastId: number;
  oldestMs: number;
  bytes: number;
  readings: number;
  /** Readings of all that was set aside before these. */
  readingsBefore: number;
}

/** The tables of an edge: they are restored together with what they count. */
export interface ForwardStore {
  epochs(): Promise<Epoch[]>;
  addEpoch(epoch: Epoch): SqlStatement;
  places(): Promise<Record<Lane, Place | null>>;
  put(lane: Lane, place: Place): SqlStatement;
  /** The newest group that was committed. */
  lastGroup(): Promise<number>;
  /** What was set aside and not passed yet; null: nothing. */
  kept(): Promise<KeptStats | null>;
  /** The id of the group that is `bytes` from the beginning, with the readings up to it. */
  keptAt(bytes: number): Promise<{ id: number; readings: number } | null>;
  /** The last group that is older, with the readings up to it. */
  keptBefore(tMs: number): Promise<{ id: number; readings: number } | null>;
  dropKept(toId: number): SqlStatement;
  /** Forwarding was switched off: nothing of it is left. */
  clear(): SqlStatement[];
  done(): Promise<number[]>;
  addDone(id: number, nowMs: number): SqlStatement;
  forgetDone(ids: readonly number[]): SqlStatement;
}

export function createForwardStore(db: Database): ForwardStore {
  const orm = createOrm(db);
  // By hand: what is kept are packed bytes, and these read one row each.
  const one = async (sql: string, args: readonly number[] = []) =>
    (await db.query({ sql, args, one: true })).rows[0]?.map(Number) ?? null;
  const numbered = async (where: string, arg: number) => {
    const row = await one(`SELECT id, readings FROM journal_kept WHERE ${where} LIMIT 1`, [arg]);
    return row === null ? null : { id: row[0], readings: row[1] };
  };
  return {
    epochs: async () => {
      const rows = await orm.select().from(forwardEpochs).orderBy(asc(forwardEpochs.id)).all();
      return rows.map(({ epoch, afterGroup, afterEvent }) => ({ epoch, afterGroup, afterEvent }));
    },
    addEpoch: (epoch) => statementOf(build.insert(forwardEpochs).values(epoch)),
    async places() {
      const rows = await orm.select().from(forwardCursors).all();
      const of = (lane: Lane) => {
        const row = rows.find((one) => one.lane === lane);
        return row === undefined ? null : { seq: row.seq, lost: row.lost };
      };
      return { readings: of("readings"), events: of("events") };
    },
    put: (lane, place) =>
      statementOf(
        build.insert(forwardCursors).values({ lane, ...place })
          .onConflictDoUpdate({ target: forwardCursors.lane, set: place }),
      ),
    async lastGroup() {
      const row = await one(
        "SELECT max((SELECT coalesce(max(id), 0) FROM journal_a), " +
          "(SELECT coalesce(max(id), 0) FROM journal_b), " +
          "(SELECT coalesce(max(id), 0) FROM journal_kept), " +
          "(SELECT coalesce(max(sealed_group), 0) FROM series))",
      );
      return row![0];
    },
    async kept() {
      const first = await one(
        "SELECT id, t_ms, bytes - length(b), readings - n FROM journal_kept ORDER BY id LIMIT 1",
      );
      if (first === null) return null;
      const last = await one(
        "SELECT id, bytes, readings FROM journal_kept ORDER BY id DESC LIMIT 1",
      );
      return {
        ...{ firstId: first[0], lastId: last![0], oldestMs: first[1] },
        bytes: last![1] - first[2],
        readings: last![2] - first[3],
        readingsBefore: first[3],
      };
    },
    async keptAt(bytes) {
      const first = await one(
        "SELECT bytes - length(b) FROM journal_kept ORDER BY id LIMIT 1",
      );
      return first === null ? null : await numbered("bytes >= ? ORDER BY id", first[0] + bytes);
    },
    keptBefore: (tMs) => numbered("t_ms < ? ORDER BY id DESC", tMs),
    dropKept: (toId) => ({ sql: "DELETE FROM journal_kept WHERE id <= ?", args: [toId] }),
    clear: () => [
      { sql: "DELETE FROM journal_kept" },
      statementOf(build.delete(forwardCursors)),
      statementOf(build.delete(forwardEpochs)),
      statementOf(build.delete(forwardDone)),
    ],
    done: async () => (await orm.select().from(forwardDone).all()).map(({ id }) => id),
    addDone: (id, doneMs) =>
      statementOf(build.insert(forwardDone).values({ id, doneMs }).onConflictDoNothing()),
    forgetDone: (ids) =>
      statementOf(build.delete(forwardDone).where(inArray(forwardDone.id, [...ids]))),
  };
}
