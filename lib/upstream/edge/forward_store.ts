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

/** The tables of an edge: they are restored together with what they count. */
export interface ForwardStore {
  epochs(): Promise<Epoch[]>;
  addEpoch(epoch: Epoch): SqlStatement;
  places(): Promise<Record<Lane, Place | null>>;
  put(lane: Lane, place: Place): SqlStatement;
  /** The newest group that was committed. */
  lastGroup(): Promise<number>;
  /** Forwarding was switched off: nothing of it is left. */
  clear(): SqlStatement[];
  done(): Promise<number[]>;
  addDone(id: number, nowMs: number): SqlStatement;
  forgetDone(ids: readonly number[]): SqlStatement;
}

export function createForwardStore(db: Database): ForwardStore {
  const orm = createOrm(db);
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
    // By hand: the newest of four tables.
    async lastGroup() {
      const { rows } = await db.query({
        sql: "SELECT max((SELECT coalesce(max(id), 0) FROM journal_a), " +
          "(SELECT coalesce(max(id), 0) FROM journal_b), " +
          "(SELECT coalesce(max(id), 0) FROM journal_kept), " +
          "(SELECT coalesce(max(sealed_group), 0) FROM series))",
        one: true,
      });
      return Number(rows[0][0]);
    },
    clear: () => [
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
