/**
 * Wrong sign-ins: how many passwords may still be tried?
 *
 * DESIGN. Five wrong ones per account and address in five minutes, and thirty per address over all accounts.
 * Beyond that the answer is 429 without hashing anything, until the oldest falls out of the window: a delay,
 * no lock-out, and from another address the right password still enters. A try is counted before its password
 * is hashed (a thousand at once are still five) and taken back when it was right. Memory is the truth; the
 * table is its copy for the next start.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database } from "../db/client.ts";
import { rowsOf, text } from "./rows.ts";
import { hashOf } from "./secrets.ts";

export const WINDOW_MS = 5 * 60_000;
/** Wrong sign-ins that are let through per window. */
export interface AttemptLimits {
  perAccount: number;
  perAddress: number;
}
export const ATTEMPT_LIMITS: AttemptLimits = { perAccount: 5, perAddress: 30 };
const MOST_BUCKETS = 20_000;

export interface Attempts {
  load(): Promise<void>;
  /** Counts a try. @throws PerchError `rate_limited` when there were too many. */
  begin(account: string, address: string): Attempt;
}
export interface Attempt {
  failed(): Promise<void>;
  succeeded(): Promise<void>;
  /** Neither: the try could not be made (queue full). */
  withdrawn(): void;
}

/** Pure: the times that still count, and how long to wait when there are `most` of them. */
export function judge(
  times: readonly number[],
  nowMs: number,
  most: number,
): { recent: number[]; waitMs: number } {
  // A time in the future was written before the clock was set back: it counts as now.
  const recent = times.map((t) => Math.min(t, nowMs)).filter((t) => t > nowMs - WINDOW_MS);
  const waitMs = recent.length < most ? 0 : recent[recent.length - most] + WINDOW_MS - nowMs;
  return { recent, waitMs };
}

export function createAttempts(
  deps: { db: Database; clock: Clock; limits?: () => AttemptLimits },
): Attempts {
  const allowed = deps.limits ?? (() => ATTEMPT_LIMITS);
  const { db, clock } = deps;
  const buckets = new Map<string, number[]>();

  async function save(bucket: string): Promise<void> {
    const times = buckets.get(bucket) ?? [];
    if (times.length === 0) {
      await db.write([{ sql: "delete from sign_in_failures where bucket = ?", args: [bucket] }]);
      return;
    }
    await db.write([
      {
        sql: "insert or replace into sign_in_failures (bucket, times, last_ms) values (?,?,?)",
        args: [bucket, JSON.stringify(times), times[times.length - 1]],
      },
      {
        sql: "delete from sign_in_failures where last_ms < ?",
        args: [clock.now() - WINDOW_MS],
      },
    ]);
  }

  function makeRoom(): void {
    if (buckets.size < MOST_BUCKETS) return;
    const nowMs = clock.now();
    for (const [bucket, times] of buckets) {
      if (judge(times, nowMs, allowed().perAccount).recent.length === 0) buckets.delete(bucket);
    }
    for (const bucket of buckets.keys()) {
      if (buckets.size < MOST_BUCKETS) break;
      buckets.delete(bucket);
    }
  }

  return {
    async load() {
      const result = await db.query({
        sql: "select bucket, times from sign_in_failures where last_ms > ? limit ?",
        args: [clock.now() - WINDOW_MS, MOST_BUCKETS],
      });
      for (const row of rowsOf(result)) {
        buckets.set(text(row.bucket), (JSON.parse(text(row.times)) as number[]).map(Number));
      }
    },
    begin(account, address) {
      const nowMs = clock.now();
      const network = networkOf(address);
      const { perAccount, perAddress } = allowed();
      const limits: [string, number][] = [
        [hashOf(`account ${account.trim().toLowerCase()} ${network}`), perAccount],
        [hashOf(`address ${network}`), perAddress],
      ];
      for (const [bucket, most] of limits) {
        const { recent, waitMs } = judge(buckets.get(bucket) ?? [], nowMs, most);
        if (waitMs > 0) {
          throw new PerchError(
            "rate_limited",
            "too many wrong sign-ins; wait before trying again",
            {
              retryAfterS: waitMs / 1000,
            },
          );
        }
        buckets.set(bucket, recent);
      }
      makeRoom();
      for (const [bucket] of limits) buckets.set(bucket, [...buckets.get(bucket) ?? [], nowMs]);
      const takeBack = () => {
        for (const [bucket] of limits) {
          const times = buckets.get(bucket) ?? [];
          const at = times.lastIndexOf(nowMs);
          if (at >= 0) times.splice(at, 1);
          if (times.length === 0) buckets.delete(bucket);
        }
      };
      return {
        failed: async () => {
          for (const [bucket] of limits) await save(bucket);
        },
        succeeded: async () => {
          const [account] = limits[0];
          const known = (buckets.get(account)?.length ?? 0) > 1;
          takeBack();
          buckets.delete(account);
          if (known) await save(account);
        },
        withdrawn: takeBack,
      };
    },
  };
}

/** One IPv6 customer owns a /64: its addresses count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1];
  if (!address.includes(":")) return address;
  const [head, tail] = address.split("%")[0].split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const right = tail === "" ? [] : tail.split(":");
    while (left.length + right.length < 8) left.push("0");
    left.push(...right);
  }
  return left.slice(0, 4).join(":") + "::/64";
}
