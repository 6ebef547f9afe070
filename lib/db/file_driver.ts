/**
 * DESIGN. The file is read and written by libSQL's own driver, one layer below its client. The client prepares each
 * statement anew, and for each one, and for each answer that has rows, the runtime keeps some fifty bytes for ever
 * (externals of Node-API are not freed): with a few transactions a second that is tens of megabytes a day. Here a
 * statement is prepared once, and an answer whose first row is enough is read without that, which includes one that
 * is expected to be empty, as those of most looks are. Preparing once is also what makes it quicker than the client.
 *
 * The driver's `get` takes its arguments only on a statement that was not left by `all`, nor by an error in `get`.
 */
import type Libsql from "libsql";
import type { SqlResult, SqlStatement, SqlValue } from "./client.ts";

/** Runs statements; each call blocks its thread until it is done. */
export interface FileDriver {
  execute(statement: SqlStatement): SqlResult;
  /** All of them between `BEGIN IMMEDIATE` and `COMMIT`; none when it throws. */
  transaction(statements: readonly SqlStatement[]): SqlResult[];
  close(): void;
}

export interface FileDriverOptions {
  path: string;
  /** How long a write waits for another program's. */
  busyMs: number;
  /** What is set for a connection of its own, where the first one had to be given up. */
  again: readonly string[];
}

type Statement = Libsql.Statement<unknown[]>;

interface Prepared {
  statement: Statement;
  /** The same for `get` alone; null: it was not needed. */
  first: Statement | null;
  /** Names; null: it gives no rows. */
  columns: string[] | null;
  /** May be asked twice: it changes nothing. */
  isRead: boolean;
  /** After it, columns that are known may be others. */
  changesTables: boolean;
  /** Of the last time. */
  wasEmpty: boolean;
}

type Row = (SqlValue | bigint)[];

/** More than Perch has; a list in a statement makes others of it. */
const MOST_PREPARED = 300;
const CHANGES_TABLES = /^\s*(create|alter|drop)\b/i;
const READS = /^\s*select\b/i;
const MOST_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

/** Opens a database file, or makes it. @throws what SQLite says, as `SQLITE_…: sentence` */
export async function openFileDriver(
  { path, busyMs, again }: FileDriverOptions,
): Promise<FileDriver> {
  const { default: Database } = await import("libsql");
  const open = () => attempt(() => new Database(path, { timeout: busyMs }));
  let database = open();
  // In the order of their last use.
  const prepared = new Map<string, Prepared>();

  function prepare(sql: string): Prepared {
    const known = prepared.get(sql);
    if (known !== undefined) {
      prepared.delete(sql);
      prepared.set(sql, known);
      return known;
    }
    const statement = database.prepare(sql).safeIntegers(true);
    const columns = statement.reader ? statement.raw(true).columns().map(({ name }) => name) : null;
    const [isRead, changesTables] = [READS.test(sql), CHANGES_TABLES.test(sql)];
    const made = { statement, first: null, columns, isRead, changesTables, wasEmpty: false };
    prepared.set(sql, made);
    if (prepared.size > MOST_PREPARED) prepared.delete(prepared.keys().next().value!);
    return made;
  }

  function run({ sql, args = [], one = false }: SqlStatement): SqlResult {
    const own = prepare(sql);
    const { columns } = own;
    const given = args.map(checked);
    if (columns === null) {
      const { changes } = own.statement.run(given);
      if (own.changesTables) prepared.clear();
      return { columns: [], rows: [], rowsAffected: changes };
    }
    const rows = rowsOf(sql, own, given, one);
    own.wasEmpty = rows.length === 0;
    return { columns, rows: rows.map(plainRow), rowsAffected: 0 };
  }

  function rowsOf(sql: string, own: Prepared, args: SqlValue[], one: boolean): Row[] {
    if (one || (own.isRead && own.wasEmpty)) {
      const first = firstOf(sql, own, args);
      if (first === undefined) return [];
      if (one) return [first];
    }
    try {
      return own.statement.all(args) as Row[];
    } catch (error) {
      // One that stopped on its way would keep its view of the database, and the log from being emptied.
      prepared.delete(sql);
      throw error;
    }
  }

  function firstOf(sql: string, own: Prepared, args: SqlValue[]): Row | undefined {
    const statement = own.first ??= database.prepare(sql).safeIntegers(true).raw(true);
    try {
      return statement.get(args) as Row | undefined;
    } catch (error) {
      own.first = null;
      throw error;
    }
  }

  /** What has begun does not stay begun, whatever the disk says. */
  function undo(): void {
    if (!database.inTransaction) return;
    try {
      run({ sql: "ROLLBACK" });
    } catch {
      prepared.clear();
      database.close();
      database = open();
      for (const sql of again) run({ sql });
    }
  }

  return {
    execute: (statement) => attempt(() => run(statement)),
    transaction: (statements) =>
      attempt(() => {
        run({ sql: "BEGIN IMMEDIATE" });
        try {
          const results = statements.map(run);
          run({ sql: "COMMIT" });
          return results;
        } finally {
          undo();
        }
      }),
    close() {
      prepared.clear();
      database.close();
    },
  };
}

/** @throws RangeError for what SQL has no number for */
function checked(value: SqlValue): SqlValue {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new RangeError("only finite numbers can be stored");
}

/** Integers as numbers, blobs as bytes. @throws RangeError for an integer that is no safe number */
function plainRow(row: Row): SqlValue[] {
  return row.map((value) => {
    if (typeof value === "bigint") {
      if (value <= MOST_INTEGER && value >= -MOST_INTEGER) return Number(value);
      throw new RangeError("an integer of the database is too large for a number");
    }
    if (value instanceof Uint8Array) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    return value;
  });
}

/** The driver's errors with their code: `SQLITE_BUSY: database is locked`. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (typeof code !== "string" || !code.startsWith("SQLITE_")) throw error;
    const [base] = /^SQLITE_[A-Z]+/.exec(code)!;
    throw Object.assign(new Error(`${base}: ${message}`, { cause: error }), { code: base });
  }
}
