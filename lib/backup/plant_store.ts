import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, sql, statementOf } from "../db/orm.ts";
import { plant } from "../db/schema/backup.ts";

/** The plant as its backups know it. */
export interface Plant {
  /** Random: the same in every backup of this plant, another one elsewhere. */
  uid: string;
  /** From then on a backup can be expected. */
  sinceMs: number;
  /** Public key for which backups are encrypted; null: they are not. */
  recipient: string | null;
}

/** The table `plant`: one row. */
export interface PlantStore {
  /** The plant, which is made where there is none yet. */
  load(nowMs: number): Promise<Plant>;
  /** Counts a backup that begins; gives its number, above `least` and above every one before. */
  nextSequence(least: number): Promise<number>;
  /** `also` is written in the same transaction. */
  setRecipient(recipient: string | null, also: readonly SqlStatement[]): Promise<void>;
}

const UID_LENGTH = 26;

export function createPlantStore(db: Database): PlantStore {
  const orm = createOrm(db);
  const find = () =>
    orm.select({
      uid: plant.uid,
      sinceMs: plant.sinceMs,
      recipient: plant.backupRecipient,
    }).from(plant).get();
  return {
    async load(nowMs) {
      const found = await find();
      if (found !== undefined) return found;
      const row = { one: 1, uid: randomId(UID_LENGTH), sinceMs: nowMs, backupSequence: 0 };
      await db.write([statementOf(build.insert(plant).values(row).onConflictDoNothing())]);
      return (await find())!;
    },
    async nextSequence(least) {
      // A restored plant remembers an earlier number than the archives that lie there.
      const next = sql<number>`max(${plant.backupSequence}, ${least}) + 1`;
      const [{ rows }] = await db.write([
        statementOf(
          build.update(plant).set({ backupSequence: next })
            .returning({ sequence: plant.backupSequence }),
        ),
      ]);
      return Number(rows[0][0]);
    },
    async setRecipient(recipient, also) {
      const change = build.update(plant).set({ backupRecipient: recipient });
      await db.write([statementOf(change), ...also]);
    },
  };
}
