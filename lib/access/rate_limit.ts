/**
 * How many requests one client may make.
 *
 * DESIGN. A token bucket per identity, or per address for those who are nobody: `burst` at once, then
 * `perSecond`. Ingest has wider buckets of its own (its real limit is the intake's queue). This host itself is
 * not limited. At most 10 000 buckets are kept; full ones are forgotten first, since a full bucket is what a
 * newcomer gets.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Identity } from "./identity.ts";
import type { Policy } from "./policy.ts";

export interface RateLimit {
  burst: number;
  perSecond: number;
}
export interface RateLimits {
  /** Pages and API. */
  requests: RateLimit;
  /** Ingest over HTTP. */
  ingest: RateLimit;
}

export const RATE_LIMITS: RateLimits = {
  requests: { burst: 300, perSecond: 30 },
  ingest: { burst: 2000, perSecond: 500 },
};

export interface RateLimiter {
  /** Counts a request. @throws PerchError `rate_limited` with the time until the next is possible */
  admit(request: {
    policy: Policy;
    who: Identity | null;
    address: string;
    /** This host itself (see `loopback-or:`). */
    loopback: boolean;
  }): void;
  stats(): { buckets: number; refused: number };
}

interface Bucket {
  tokens: number;
  atMs: number;
  limit: RateLimit;
}

const MOST_BUCKETS = 10_000;

export function createRateLimiter(
  deps: { clock: Clock; limits?: () => RateLimits },
): RateLimiter {
  const { clock } = deps;
  const limits = deps.limits ?? (() => RATE_LIMITS);
  const buckets = new Map<string, Bucket>();
  let refused = 0;

  const fill = (bucket: Bucket, nowMs: number) =>
    Math.min(
      bucket.limit.burst,
      bucket.tokens + (nowMs - bucket.atMs) / 1000 * bucket.limit.perSecond,
    );

  function makeRoom(nowMs: number): void {
    if (buckets.size < MOST_BUCKETS) return;
    for (const [key, bucket] of buckets) {
      if (fill(bucket, nowMs) >= bucket.limit.burst) buckets.delete(key);
    }
    for (const key of buckets.keys()) {
      if (buckets.size < MOST_BUCKETS) break;
      buckets.delete(key);
    }
  }

  return {
    admit({ policy, who, address, loopback }) {
      if (loopback) return;
      const kind = policy.startsWith("device-or:") ? "ingest" : "requests";
      const key = who === null ? `${kind} ${address}` : `${kind} ${who.kind} ${who.id}`;
      const nowMs = clock.monotonic();
      const limit = limits()[kind];
      let bucket = buckets.get(key);
      if (!bucket) {
        makeRoom(nowMs);
        bucket = { tokens: limit.burst, atMs: nowMs, limit };
        buckets.set(key, bucket);
      }
      bucket.limit = limit;
      bucket.tokens = fill(bucket, nowMs);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) {
        refused++;
        throw new PerchError("rate_limited", "too many requests; wait a moment", {
          retryAfterS: (1 - bucket.tokens) / limit.perSecond,
        });
      }
      bucket.tokens -= 1;
    },
    stats: () => ({ buckets: buckets.size, refused }),
  };
}
