import type { Database } from "../db/client.ts";
import { build, createOrm, eq, excluded, gt, lt, statementOf } from "../db/orm.ts";
import { signInFailures } from "../db/schema/access.ts";

/** Wrong sign-ins of one account and address, or of one address. */
export interface StoredAttempts {
  /** Hash of what they are counted by. */
  key: string;
  /** Times of the wrong ones, oldest first. */
  times: number[];
}

/** The table `sign_in_failures`. */
export interface AttemptStore {
  /** Those with a wrong sign-in after `afterMs`. */
  since(afterMs: number, most: number): Promise<StoredAttempts[]>;
  /** Keeps one (without times it is removed) and forgets all that are older than `forgetMs`. */
  save(attempts: StoredAttempts, forgetMs: number): Promise<void>;
}

export function createAttemptStore(db: Database): AttemptStore {
  const orm = createOrm(db);
  return {
    since: (afterMs, most) =>
      orm.select({ key: signInFailures.bucket, times: signInFailures.times }).from(signInFailures)
        .where(gt(signInFailures.lastMs, afterMs)).limit(most),
    async save({ key, times }, forgetMs) {
      const lastMs = times.at(-1);
      await db.write([
        statementOf(
          lastMs === undefined
            ? build.delete(signInFailures).where(eq(signInFailures.bucket, key))
            : build.insert(signInFailures).values({ bucket: key, times, lastMs })
              .onConflictDoUpdate({
                target: signInFailures.bucket,
                set: excluded(signInFailures, ["times", "lastMs"]),
              }),
        ),
        statementOf(build.delete(signInFailures).where(lt(signInFailures.lastMs, forgetMs))),
      ]);
    },
  };
}
