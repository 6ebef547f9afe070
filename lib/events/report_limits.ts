import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import type { DayCounts } from "./day_counts_store.ts";
import { MOST_AT_ONCE, type Reporter } from "./external.ts";

/**
 * How much one key or person may report: events and states of components together by the minute, and events by the
 * day of the site's zone, which are kept. What is refused counts for nothing.
 */
export interface ReportLimits {
  /** @throws `rate_limited` with the time until so many are possible */
  admit(by: Reporter, n: number): void;
  /** Takes `n` events off the quota of the day. @throws `rate_limited` until the next day */
  reserve(by: Reporter, n: number): Promise<{ statement: SqlStatement; giveBack(): void }>;
}

const MOST_REPORTERS = 10_000;

export function createReportLimits(
  { clock, counts, perMinute, perDay }: {
    clock: Clock;
    counts: DayCounts;
    perMinute: () => number;
    perDay: () => number;
  },
): ReportLimits {
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  return {
    admit(by, n) {
      const name = nameOf(by);
      const nowMs = clock.monotonic();
      const burst = Math.max(perMinute(), MOST_AT_ONCE);
      const perMs = perMinute() / 60_000;
      const before = buckets.get(name) ?? { tokens: burst, atMs: nowMs };
      const tokens = Math.min(burst, before.tokens + (nowMs - before.atMs) * perMs);
      if (tokens < n) {
        throw new PerchError(
          "rate_limited",
          `"${by.name}" reports too often: ${perMinute()} a minute are possible ` +
            "(setting events.per_minute)",
          { retryAfterS: (n - tokens) / perMs / 1000 },
        );
      }
      // The longest silent one is first, and has a full bucket again.
      buckets.delete(name);
      buckets.set(name, { tokens: tokens - n, atMs: nowMs });
      if (buckets.size > MOST_REPORTERS) buckets.delete(buckets.keys().next().value!);
    },
    async reserve(by, n) {
      await counts.load();
      const name = nameOf(by);
      const used = counts.of(name);
      if (used + n > perDay()) {
        throw new PerchError(
          "rate_limited",
          `"${by.name}" has reported ${used} events today, and ${n} more are over the ` +
            `${perDay()} that a key may report in a day (setting events.per_day)`,
          { retryAfterS: Math.max(1, (counts.today().toMs - clock.now()) / 1000) },
        );
      }
      counts.add(name, n);
      return { statement: counts.statement(name), giveBack: () => counts.add(name, -n) };
    },
  };
}

const nameOf = ({ kind, id }: Reporter) => `events:${kind}:${id}`;
