/**
 * Reading the journal after the fact: whoever derives something from every reading (detection) keeps a
 * cursor, the id of the last group it is done with, and reads on from there after a crash. A journal table
 * is freed only when every cursor has passed it.
 */
import type { Connection } from "../db/connection.ts";
import type { SqlStatement } from "../db/client.ts";
import { valueAt } from "./columns.ts";
import { blobOf } from "./chunk_cache.ts";
import { type DamageBook, isDamage } from "./damage.ts";
import type { DecodedGroup } from "./journal.ts";
import { decodeOne } from "./journal_store.ts";
import type { JournalPage, JournalQuery } from "./store.ts";

/** Rows looked at by one call, whatever their size. */
const ROWS_MOST = 1_000;

/** The cursors as the database has them; memory follows after COMMIT. */
export class JournalCursors {
  private constructor(
    private readonly connection: Connection,
    private readonly cursors: Map<string, number>,
  ) {}

  static async load(connection: Connection): Promise<JournalCursors> {
    const { rows } = await connection.query({ sql: "SELECT name, group_id FROM journal_cursors" });
    return new JournalCursors(
      connection,
      new Map(rows.map(([name, id]) => [String(name), Number(id)])),
    );
  }

  get(name: string): number | null {
    return this.cursors.get(name) ?? null;
  }

  /** Everybody is done with the groups up to this one; Infinity when nobody reads along. */
  get passed(): number {
    return Math.min(Infinity, ...this.cursors.values());
  }

  async move(name: string, groupId: number, extra: readonly SqlStatement[]): Promise<void> {
    await this.connection.write([...extra, {
      sql: "INSERT INTO journal_cursors (name, group_id) VALUES (?, ?) " +
        "ON CONFLICT (name) DO UPDATE SET group_id = excluded.group_id",
      args: [name, groupId],
    }]);
    this.cursors.set(name, groupId);
  }

  async drop(name: string, extra: readonly SqlStatement[]): Promise<void> {
    await this.connection.write([...extra, {
      sql: "DELETE FROM journal_cursors WHERE name = ?",
      args: [name],
    }]);
    this.cursors.delete(name);
  }
}

/**
 * The next groups after a cursor, about `maxBytes` of journal at a time, at least one. A group that is damaged is
 * noted and stands there without readings, so that the reader continues.
 */
export async function readAfter(
  { connection, damage, uncheckedGroup }: {
    connection: Connection;
    damage: DamageBook;
    uncheckedGroup: number;
  },
  { afterGroup, maxBytes }: JournalQuery,
): Promise<JournalPage> {
  const rows = "(SELECT id, b FROM journal_a WHERE id > ?1 AND id <= ?2 " +
    "UNION ALL SELECT id, b FROM journal_b WHERE id > ?1 AND id <= ?2)";
  const sizes = await connection.query({
    sql: `SELECT id, length(b) FROM ${rows} ORDER BY id LIMIT ${ROWS_MOST}`,
    args: [afterGroup, Number.MAX_SAFE_INTEGER],
  });
  let last = afterGroup, bytes = 0;
  for (const [id, length] of sizes.rows) {
    if (bytes > 0 && bytes + Number(length) > maxBytes) break;
    bytes += Number(length);
    last = Number(id);
  }
  const groups: Copied[] = [];
  if (last > afterGroup) {
    const found = await connection.query({
      sql: `SELECT id, cast(b AS BLOB) FROM ${rows} ORDER BY id`,
      args: [afterGroup, last],
    });
    for (const [rowId, b] of found.rows) {
      const [id, blob] = [Number(rowId), blobOf(b)];
      try {
        groups.push(copyOf(decodeOne(id, blob, uncheckedGroup)));
      } catch (error) {
        if (!isDamage(error)) throw error;
        groups.push({
          groupId: id,
          n: 0,
          sensor: NONE,
          tMs: NO_TIMES,
          value: NO_TIMES,
          flags: NO_FLAGS,
        });
        await damage.noteGroup(id, blob, error.message);
      }
    }
  }
  return joined(groups);
}

const NONE = new Uint32Array(0);
const NO_TIMES = new Float64Array(0);
const NO_FLAGS = new Uint8Array(0);

interface Copied {
  groupId: number;
  n: number;
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
}

/** The decoder uses its columns again for the next group. */
function copyOf({ groupId, columns }: DecodedGroup): Copied {
  const { n } = columns;
  return {
    groupId,
    n,
    sensor: columns.sensor.slice(0, n),
    tMs: columns.tMs.slice(0, n),
    value: Float64Array.from({ length: n }, (_, i) => valueAt(columns, i)),
    flags: columns.flags.slice(0, n),
  };
}

/** Few large columns cross threads more cheaply than many small ones. */
function joined(groups: readonly Copied[]): JournalPage {
  const total = groups.reduce((sum, g) => sum + g.n, 0);
  const page: JournalPage = {
    groupId: Float64Array.from(groups, (g) => g.groupId),
    n: Uint32Array.from(groups, (g) => g.n),
    sensor: new Uint32Array(total),
    tMs: new Float64Array(total),
    value: new Float64Array(total),
    flags: new Uint8Array(total),
  };
  let at = 0;
  for (const { n, sensor, tMs, value, flags } of groups) {
    page.sensor.set(sensor, at);
    page.tMs.set(tMs, at);
    page.value.set(value, at);
    page.flags.set(flags, at);
    at += n;
  }
  return page;
}
