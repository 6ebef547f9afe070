/**
 * Wrong sign-ins: how many passwords may still be tried?
 *
 * DESIGN. Five wrong ones per account and address in five minutes, and thirty per address over all accounts.
 * Beyond that the answer is 429 without hashing anything, until the oldest falls out of the window: a delay,
 * no lock-out, and from another address the right password still enters. Tries under way count as wrong until
 * they are decided: a thousand at once are still five. Those beyond wait for the decision (a few right sign-ins
 * at once all pass), at most `MOST_WAITING` of them. Memory is the truth; the table is its copy for the next start.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database } from "../db/client.ts";
import { createAttemptStore } from "./attempt_store.ts";
import { hashOf } from "./secrets.ts";

export const WINDOW_MS = 5 * 60_000;
/** Wrong sign-ins that are let through per window. */
export interface AttemptLimits {
  perAccount: number;
  perAddress: number;
}
export const ATTEMPT_LIMITS: AttemptLimits = { perAccount: 5, perAddress: 30 };
const MOST_BUCKETS = 20_000;
const MOST_WAITING = 200;

export interface Attempts {
  load(): Promise<void>;
  /**
   * Begins a try; every try must end by one of the three calls.
   * @throws PerchError `rate_limited` after too many wrong ones, `busy` when too many wait
   */
  begin(account: string, address: string): Promise<Attempt>;
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

interface Bucket {
  key: string;
  /** Times of wrong tries. */
  times: number[];
  underWay: number;
}

export function createAttempts(
  deps: { db: Database; clock: Clock; limits?: () => AttemptLimits },
): Attempts {
  const { clock } = deps;
  const store = createAttemptStore(deps.db);
  const allowed = deps.limits ?? (() => ATTEMPT_LIMITS);
  const buckets = new Map<string, Bucket>();
  const waiting = new Set<() => void>();

  const save = (bucket: Bucket) => store.save(bucket, clock.now() - WINDOW_MS);

  function bucketOf(name: string): Bucket {
    const key = hashOf(name);
    let bucket = buckets.get(key);
    if (!bucket) {
      makeRoom();
      bucket = { key, times: [], underWay: 0 };
      buckets.set(key, bucket);
    }
    return bucket;
  }

  function makeRoom(): void {
    if (buckets.size < MOST_BUCKETS) return;
    const nowMs = clock.now();
    const idle = [...buckets.values()].filter((bucket) => bucket.underWay === 0);
    for (const { key, times } of idle) {
      if (judge(times, nowMs, Infinity).recent.length === 0) buckets.delete(key);
    }
    for (const { key } of idle) {
      if (buckets.size < MOST_BUCKETS) break;
      buckets.delete(key);
    }
  }

  /** True when one more may be under way; false: wait for a decision. */
  function hasPlace(bucket: Bucket, most: number): boolean {
    const { recent, waitMs } = judge(bucket.times, clock.now(), most);
    if (waitMs > 0) {
      throw new PerchError("rate_limited", "too many wrong sign-ins; wait before trying again", {
        retryAfterS: waitMs / 1000,
      });
    }
    bucket.times = recent;
    return recent.length + bucket.underWay < most;
  }

  async function oneDecided(): Promise<void> {
    if (waiting.size >= MOST_WAITING) {
      throw new PerchError("busy", "too many sign-ins at once; try again in a moment", {
        retryAfterS: 2,
      });
    }
    await new Promise<void>((resolve) => waiting.add(resolve));
  }

  return {
    async load() {
      for (const { key, times } of await store.since(clock.now() - WINDOW_MS, MOST_BUCKETS)) {
        buckets.set(key, { key, times, underWay: 0 });
      }
    },
    async begin(account, address) {
      const network = networkOf(address);
      const ofAccount = bucketOf(`account ${account.trim().toLowerCase()} ${network}`);
      const ofAddress = bucketOf(`address ${network}`);
      const both = [ofAccount, ofAddress];
      for (;;) {
        const { perAccount, perAddress } = allowed();
        const place = hasPlace(ofAccount, perAccount);
        if (hasPlace(ofAddress, perAddress) && place) break;
        await oneDecided();
      }
      for (const bucket of both) bucket.underWay++;
      const decided = () => {
        for (const bucket of both) bucket.underWay--;
        for (const wake of waiting) wake();
        waiting.clear();
      };
      return {
        failed: async () => {
          for (const bucket of both) bucket.times.push(clock.now());
          decided();
          for (const bucket of both) await save(bucket);
        },
        succeeded: async () => {
          const known = ofAccount.times.length > 0;
          ofAccount.times = [];
          decided();
          if (known) await save(ofAccount);
        },
        withdrawn: decided,
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
