/**
 * Reading the journal after the fact: whoever derives something from every reading (detection) keeps a
 * cursor, the id of the last group it is done with, and reads on from there after a crash. A journal table
 * is freed only when every cursor has passed it. A reader that lags far behind may set groups aside (`setAside`):
 * copied into a table of its own (`KEPT`), they wait there, and the journal is freed as ever.
 */
import type { Connection } from "../db/connection.ts";
import type { SqlStatement } from "../db/client.ts";
import { valueAt } from "./columns.ts";
import { blobOf } from "./chunk_cache.ts";
import { type DamageBook, isDamage } from "./damage.ts";
import type { DecodedGroup } from "./journal.ts";
import { decodeOne } from "./journal_store.ts";
import type { JournalPage, JournalQuery, KeptBy } from "./store.ts";

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
  { connection, damage, uncheckedGroup }: ReaderDeps,
  { afterGroup, maxBytes, kept }: JournalQuery,
): Promise<JournalPage> {
  const groups: Copied[] = [];
  for (
    const { id, blob } of await rowsAfter(
      connection,
      kept === undefined ? JOURNAL : keptRows(kept),
      afterGroup,
      maxBytes,
    )
  ) {
    try {
      groups.push(copyOf(decodeOne(id, blob, uncheckedGroup)));
    } catch (error) {
      if (!isDamage(error)) throw error;
      groups.push({ ...NOTHING, groupId: id });
      await damage.noteGroup(id, blob, error.message);
    }
  }
  return joined(groups);
}

/**
 * Copies the next groups of a reader out of the journal, about `maxBytes` of them, and moves its cursor past them, in
 * one transaction. Gives the readings in them; null: there was nothing to copy.
 */
export async function setAside(
  { connection, damage, uncheckedGroup, cursors }: ReaderDeps & { cursors: JournalCursors },
  name: KeptBy,
  maxBytes: number,
): Promise<number | null> {
  const table = KEPT[name];
  const after = cursors.get(name) ?? 0;
  const rows = await rowsAfter(connection, JOURNAL, after, maxBytes);
  if (rows.length === 0) return null;
  const statements: SqlStatement[] = [];
  const last = await connection.query({
    sql: `SELECT readings, bytes FROM ${table} ORDER BY id DESC LIMIT 1`,
  });
  const [before, bytesBefore] = (last.rows[0] ?? [0, 0]).map(Number);
  let readings = before, bytes = bytesBefore;
  for (const { id, blob } of rows) {
    try {
      const { columns: { n, tMs } } = decodeOne(id, blob, uncheckedGroup);
      readings += n;
      bytes += blob.length;
      statements.push({
        sql: `INSERT INTO ${table} (id, n, readings, bytes, t_ms, b) VALUES (?, ?, ?, ?, ?, ?)`,
        args: [
          ...[id, n, readings, bytes],
          tMs.subarray(0, n).reduce((a, b) => Math.max(a, b), 0),
          blob,
        ],
      });
    } catch (error) {
      if (!isDamage(error)) throw error;
      await damage.noteGroup(id, blob, error.message);
    }
  }
  await cursors.move(name, rows[rows.length - 1].id, statements);
  return readings - before;
}

interface ReaderDeps {
  connection: Connection;
  damage: DamageBook;
  uncheckedGroup: number;
}

const JOURNAL = "(SELECT id, b FROM journal_a WHERE id > ?1 AND id <= ?2 " +
  "UNION ALL SELECT id, b FROM journal_b WHERE id > ?1 AND id <= ?2)";
/** What is set aside by whom. */
const KEPT: Readonly<Record<KeptBy, string>> = {
  forward: "journal_kept",
  forward_mqtt: "journal_kept_mqtt",
};
const keptRows = (name: KeptBy) => `(SELECT id, b FROM ${KEPT[name]} WHERE id > ?1 AND id <= ?2)`;

async function rowsAfter(
  connection: Connection,
  rows: string,
  afterGroup: number,
  maxBytes: number,
): Promise<{ id: number; blob: Uint8Array }[]> {
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
  if (last === afterGroup) return [];
  const found = await connection.query({
    sql: `SELECT id, cast(b AS BLOB) FROM ${rows} ORDER BY id`,
    args: [afterGroup, last],
  });
  return found.rows.map(([id, b]) => ({ id: Number(id), blob: blobOf(b) }));
}

const NONE = new Uint32Array(0);
const NO_TIMES = new Float64Array(0);
const NO_FLAGS = new Uint8Array(0);
const NOTHING: Omit<Copied, "groupId"> = {
  n: 0,
  sensor: NONE,
  tMs: NO_TIMES,
  value: NO_TIMES,
  flags: NO_FLAGS,
  seq: null,
};

interface Copied {
  groupId: number;
  n: number;
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Null when no reading has one. */
  seq: Float64Array | null;
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
    seq: columns.hasSeq ? columns.seq.slice(0, n) : null,
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
    ...(groups.some(({ seq }) => seq !== null) ? { seq: new Float64Array(total) } : {}),
  };
  let at = 0;
  for (const { n, sensor, tMs, value, flags, seq } of groups) {
    page.sensor.set(sensor, at);
    page.tMs.set(tMs, at);
    page.value.set(value, at);
    page.flags.set(flags, at);
    if (seq !== null) page.seq?.set(seq, at);
    at += n;
  }
  return page;
}
