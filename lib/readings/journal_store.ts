/**
 * The journal: groups of readings as they came, until they are sealed. Raw SQL, because it runs in the database
 * worker: drizzle there, a second time beside the main thread, takes 5 to 9 MB (measured), and to build an insert
 * takes 80 µs where one that is written out takes 1; packed bytes have nothing to be mapped.
 */
import type { Connection } from "../db/connection.ts";
import type { SqlStatement, SqlValue } from "../db/client.ts";
import { FormatError } from "./bytes.ts";
import { type DecodedGroup, decodeGroups } from "./journal.ts";

/** The two journal tables that take turns. Names stand in statements, so they come from here alone. */
export type JournalTable = "journal_a" | "journal_b";

export interface JournalState {
  rows: number;
  bytes: number;
  /** Ids of the rows; 0 while the table is empty. */
  firstId: number;
  lastId: number;
}

/** Bytes of journal read by one statement at start, which takes several times that in memory. */
const SEGMENT_BYTES = 1024 * 1024;

/** A table takes rows for an hour, or until it is this large; a small one continues. */
export interface TurnLimits {
  turnMs: number;
  leastBytes: number;
  mostBytes: number;
}
export const TURN_LIMITS: TurnLimits = {
  turnMs: 3_600_000,
  leastBytes: 1024 * 1024,
  mostBytes: 24 * 1024 * 1024,
};

/** A reader that is this many full tables behind loses what it has not read. */
const OVERFULL_TABLES = 8;

export function otherTable(table: JournalTable): JournalTable {
  return table === "journal_a" ? "journal_b" : "journal_a";
}

export function insertGroup(table: JournalTable, id: number, blob: Uint8Array): SqlStatement {
  return { sql: `INSERT INTO ${table} (id, b) VALUES (?, ?)`, args: [id, blob] };
}

export function selectGroup(table: JournalTable, id: number): SqlStatement {
  return { sql: `SELECT id FROM ${table} WHERE id = ?`, args: [id] };
}

/** Frees a whole table: unqualified, so SQLite drops its pages without reading the rows. */
export function freeTable(table: JournalTable): SqlStatement {
  return { sql: `DELETE FROM ${table}` };
}

export async function journalState(
  connection: Pick<Connection, "query">,
  table: JournalTable,
): Promise<JournalState> {
  const { rows } = await connection.query({
    sql: "SELECT count(*), coalesce(sum(length(b)), 0), coalesce(min(id), 0), " +
      `coalesce(max(id), 0) FROM ${table}`,
  });
  const [count, bytes, firstId, lastId] = rows[0].map(Number);
  return { rows: count, bytes, firstId, lastId };
}

/** What is done with the groups of a table, in order. */
export interface JournalVisitor {
  group(group: DecodedGroup): void;
  /** A row that is not what was written: its readings are lost. The groups after it follow. */
  damaged(row: { id: number; blob: Uint8Array; reason: string }): void;
  /** Groups up to this id may be of the version without checksums. */
  uncheckedGroup: number;
}

/**
 * Visits every group of a table, in order. From a file the blobs are read as one concatenation: a row costs
 * nothing then, where each row fetched by itself costs microseconds. A libSQL server does not parse that
 * statement; there the network costs more than the rows.
 */
export async function readJournal(
  connection: Pick<Connection, "kind" | "query">,
  table: JournalTable,
  state: JournalState,
  visitor: JournalVisitor,
): Promise<void> {
  const isFile = connection.kind === "file";
  const rowBytes = state.bytes / Math.max(1, state.rows) + 1;
  const rowsAtOnce = Math.max(1, Math.floor(SEGMENT_BYTES / rowBytes));
  const part = `SELECT id, cast(b AS BLOB) AS b FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`;
  const together = "SELECT cast(group_concat(cast(b AS text), '' ORDER BY id) AS blob), " +
    `min(id), max(id), count(*) FROM (${part})`;
  let after = -1;
  for (;;) {
    let visited = 0;
    if (isFile) {
      const { rows: [[blob, ...numbers]] } = await connection.query({
        sql: together,
        args: [after, rowsAtOnce],
      });
      const [firstId, lastId, count] = numbers.map(Number);
      if (count === 0) return;
      const areTogether = lastId - firstId === count - 1;
      visited = areTogether ? visitTogether(blob as Uint8Array, firstId, visitor) : 0;
      if (visited === count) {
        after = lastId;
        continue;
      }
    }
    // On a server, and where something is damaged: row by row.
    const { rows } = await connection.query({ sql: part, args: [after, rowsAtOnce] });
    if (rows.length === 0) return;
    visitRows(rows.slice(visited), visitor);
    after = Number(rows[rows.length - 1][0]);
  }
}

/** Visits groups whose ids follow each other, as long as all is well. Gives their number. */
function visitTogether(blob: Uint8Array, firstId: number, visitor: JournalVisitor): number {
  let visited = 0;
  try {
    decodeGroups(blob, (group) => {
      if (group.groupId !== firstId + visited) throw new FormatError("groups are out of order");
      visitor.group(group);
      visited++;
    }, visitor.uncheckedGroup);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return visited;
}

function visitRows(rows: readonly SqlValue[][], visitor: JournalVisitor): void {
  for (const [rowId, value] of rows) {
    const id = Number(rowId);
    const blob = value instanceof Uint8Array ? value : new Uint8Array(0);
    try {
      visitor.group(decodeOne(id, blob, visitor.uncheckedGroup));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      visitor.damaged({ id, blob, reason: error.message });
    }
  }
}

/** The one group of a row. @throws FormatError when it is damaged, or another one's */
export function decodeOne(id: number, blob: Uint8Array, uncheckedGroup: number): DecodedGroup {
  const found: DecodedGroup[] = [];
  decodeGroups(blob, (group) => {
    found.push(group);
    if (found.length > 1) throw new FormatError("there is more than one group in its row");
  }, uncheckedGroup);
  if (found.length === 0) throw new FormatError("its row is empty");
  if (found[0].groupId !== id) throw new FormatError(`group ${found[0].groupId} is in its row`);
  return found[0];
}

/** The pair of journal tables as it stands: which one takes new rows, what the other still holds. */
export class JournalPair {
  constructor(
    public current: JournalTable,
    private readonly states: Record<JournalTable, JournalState>,
    /** When the current table took its first row (monotonic ms). */
    private startedMs: number,
    private readonly limits: TurnLimits = TURN_LIMITS,
  ) {}

  get rows(): number {
    return this.states.journal_a.rows + this.states.journal_b.rows;
  }
  get bytes(): number {
    return this.states.journal_a.bytes + this.states.journal_b.bytes;
  }
  /** The table that takes new rows. */
  get head(): JournalState {
    return this.states[this.current];
  }
  /** The table that waits to be freed; empty most of the time. */
  get old(): JournalState {
    return this.states[otherTable(this.current)];
  }

  added(id: number, bytes: number): void {
    const head = this.head;
    head.rows++;
    head.bytes += bytes;
    if (head.firstId === 0) head.firstId = id;
    head.lastId = id;
  }

  /** The old table was emptied. */
  freed(): void {
    Object.assign(this.old, { rows: 0, bytes: 0, firstId: 0, lastId: 0 });
  }

  /** New rows go to the other table from now on; it must be empty. */
  turn(nowMs: number): void {
    this.current = otherTable(this.current);
    this.startedMs = nowMs;
  }

  /** True when it holds more than a reader that lags behind may keep: the rest of the journal continues. */
  get overfull(): boolean {
    return this.bytes >= OVERFULL_TABLES * this.limits.mostBytes;
  }

  /** True when the current table is old or large enough to be closed. */
  due(nowMs: number): boolean {
    const { bytes } = this.head;
    const { turnMs, leastBytes, mostBytes } = this.limits;
    return bytes >= mostBytes || (bytes >= leastBytes && nowMs - this.startedMs >= turnMs);
  }
}
