import type { Database } from "../db/client.ts";
import { rowsOf, text } from "./rows.ts";

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
  return {
    async since(afterMs, most) {
      const result = await db.query({
        sql: "select bucket, times from sign_in_failures where last_ms > ? limit ?",
        args: [afterMs, most],
      });
      return rowsOf(result).map((row) => ({
        key: text(row.bucket),
        times: (JSON.parse(text(row.times)) as number[]).map(Number),
      }));
    },
    async save({ key, times }, forgetMs) {
      await db.write([
        times.length === 0
          ? { sql: "delete from sign_in_failures where bucket = ?", args: [key] }
          : {
            sql: "insert or replace into sign_in_failures (bucket, times, last_ms) values (?,?,?)",
            args: [key, JSON.stringify(times), times[times.length - 1]],
          },
        { sql: "delete from sign_in_failures where last_ms < ?", args: [forgetMs] },
      ]);
    },
  };
}
