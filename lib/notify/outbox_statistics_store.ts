import type { Database } from "../db/client.ts";
import { HOUR_MS } from "../words/times.ts";
import type { DeliveryState } from "./delivery.ts";

/** How the outbox is doing. */
export interface OutboxCounts {
  waiting: number;
  held: number;
  digest: number;
  failed: number;
  /** Of the last hour. */
  tries: number;
  good: number;
}

/** How much waits, failed and was sent. */
export interface OutboxStatistics {
  counts(nowMs: number): Promise<OutboxCounts>;
  /** Tries that have ended since a time. */
  triedSince(sinceMs: number): Promise<{ tries: number; good: number }>;
  /** By channel: what is open and what is dead. */
  countsByChannel(): Promise<Map<string, { open: number; failed: number }>>;
  /** Single messages by channel since a time. */
  sentSince(sinceMs: number): Promise<Map<string, number>>;
}

/** SQL by hand: sums over conditions, which drizzle would write as the same text in pieces. */
export function outboxStatistics(db: Database): OutboxStatistics {
  const rowsOf = async (sql: string, ...args: number[]) => (await db.query({ sql, args })).rows;
  async function triedSince(sinceMs: number): Promise<{ tries: number; good: number }> {
    const { rows: [[tries, good]] } = await db.query({
      sql: "select count(*), coalesce(sum(outcome = 'delivered'), 0) " +
        "from delivery_tries where t_ms > ? and outcome is not null",
      args: [sinceMs],
      one: true,
    });
    return { tries: Number(tries), good: Number(good) };
  }
  return {
    triedSince,
    async counts(nowMs) {
      const states = new Map(
        (await rowsOf(
          "select state, count(*) from deliveries " +
            "where state in ('waiting', 'held', 'digest', 'failed') and digest_id is null " +
            "group by state",
        )).map(([state, n]) => [String(state), Number(n)]),
      );
      const of = (state: DeliveryState) => states.get(state) ?? 0;
      return {
        waiting: of("waiting"),
        held: of("held"),
        digest: of("digest"),
        failed: of("failed"),
        ...await triedSince(nowMs - HOUR_MS),
      };
    },
    async countsByChannel() {
      const rows = await rowsOf(
        "select channel_id, sum(state <> 'failed'), sum(state = 'failed') " +
          "from deliveries where state in ('waiting', 'held', 'digest', 'failed') " +
          "and digest_id is null group by channel_id",
      );
      return new Map(rows.map(([channel, open, failed]) => [
        String(channel),
        { open: Number(open), failed: Number(failed) },
      ]));
    },
    async sentSince(sinceMs) {
      const rows = await rowsOf(
        "select channel_id, count(*) from deliveries where created_ms > ? " +
          "and digest_id is null and state not in ('digest', 'held') group by channel_id",
        sinceMs,
      );
      return new Map(rows.map(([channel, n]) => [String(channel), Number(n)]));
    },
  };
}
