/** What a reader of the journal has set aside: in order, within bounds, the oldest given up first. */
import type { Database, SqlStatement } from "../../db/client.ts";
import type { KeptBy, ReadingsStore } from "../../readings/store.ts";

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

export interface Bounds {
  bytes: number;
  beforeMs: number;
}

/** What has waited for so long is taken out of the journal. */
export const ASIDE_AFTER_MS = 10 * 60_000;
const STEP_BYTES = 256 * 1024;
const TABLES: Readonly<Record<KeptBy, string>> = {
  forward: "journal_kept",
  forward_mqtt: "journal_kept_mqtt",
};

export interface Aside {
  /** What was set aside and not passed yet; null: nothing. */
  stats(): Promise<KeptStats | null>;
  /** Takes all that waits out of the journal, in steps; the readings in it. */
  take(signal?: AbortSignal): Promise<number>;
  /** What is beyond the bounds; null: nothing. `to`: the last group of it. */
  beyond(kept: KeptStats, bounds: Bounds): Promise<{ to: number; readings: number } | null>;
  /** Everything up to this group is passed. */
  drop(toId: number): SqlStatement;
}

export function createAside(
  reader: KeptBy,
  { db, readings }: { db: Pick<Database, "query">; readings: Pick<ReadingsStore, "setAside"> },
): Aside {
  const table = TABLES[reader];
  // By hand: what is kept are packed bytes, and these read one row each.
  const one = async (sql: string, args: readonly number[] = []) =>
    (await db.query({ sql, args, one: true })).rows[0]?.map(Number) ?? null;
  const numbered = (where: string, arg: number) =>
    one(`SELECT id, readings FROM ${table} WHERE ${where} LIMIT 1`, [arg]);
  return {
    async stats() {
      const first = await one(
        `SELECT id, t_ms, bytes - length(b), readings - n FROM ${table} ORDER BY id LIMIT 1`,
      );
      if (first === null) return null;
      const last = await one(
        `SELECT id, bytes, readings FROM ${table} ORDER BY id DESC LIMIT 1`,
      );
      return {
        ...{ firstId: first[0], lastId: last![0], oldestMs: first[1] },
        bytes: last![1] - first[2],
        readings: last![2] - first[3],
        readingsBefore: first[3],
      };
    },
    async take(signal) {
      let n = 0;
      for (;;) {
        signal?.throwIfAborted();
        const moved = await readings.setAside(reader, STEP_BYTES);
        if (moved === null) return n;
        n += moved;
      }
    },
    async beyond(kept, { bytes, beforeMs }) {
      const over = kept.bytes - bytes;
      const first = await one(`SELECT bytes - length(b) FROM ${table} ORDER BY id LIMIT 1`);
      const places = [
        over > 0 && first !== null
          ? await numbered("bytes >= ? ORDER BY id", first[0] + over)
          : null,
        kept.oldestMs < beforeMs ? await numbered("t_ms < ? ORDER BY id DESC", beforeMs) : null,
      ].filter((place) => place !== null);
      if (places.length === 0) return null;
      const [to, upTo] = places.reduce((a, b) => a[0] > b[0] ? a : b);
      return { to, readings: upTo - kept.readingsBefore };
    },
    drop: (toId) => ({ sql: `DELETE FROM ${table} WHERE id <= ?`, args: [toId] }),
  };
}
