/**
 * DESIGN. A text that is no UTF-8 ends the process inside the driver, and a whole number beyond 2^53 fails its query;
 * SQLite itself takes both for good. So a flipped bit in one old row would end every start, or whenever somebody
 * looks at it. The texts of many rows are read together, as bytes, which costs about as much as SQLite's own check.
 */
import type { SqlValue } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Rows that are looked at together. */
const ROWS = 2_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

interface Column {
  name: string;
  /** A whole number; a text in it is found by SQLite's own check. */
  isNumber: boolean;
}

/** What cannot be read of a table, and where; null when everything can. */
export async function unreadableIn(connection: Connection, table: string): Promise<string | null> {
  const columns = await columnsOf(connection, table);
  // Tables without row numbers are small.
  const paged = await hasRowid(connection, table);
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = paged
      ? `${quoted(table)} WHERE rowid > ${after} ORDER BY rowid LIMIT ${ROWS}`
      : quoted(table);
    const { problem, rows } = await look(connection, page, columns);
    if (problem !== null) {
      for (const column of columns) {
        const own = await look(connection, page, [column]);
        if (own.problem !== null) return `${own.problem} in ${table}.${column.name}`;
      }
    }
    if (!paged || rows < ROWS) return null;
    const { rows: [[last]] } = await connection.query({
      sql: `SELECT min(max(rowid), ${Number.MAX_SAFE_INTEGER}) FROM (SELECT rowid FROM ${page})`,
    });
    after = Number(last);
  }
}

/** The names of all tables. What is no UTF-8 in one is no table's name any more, and SQLite says so. */
export async function tablesOf(connection: Connection): Promise<string[]> {
  const { rows } = await connection.query({
    sql: "SELECT cast(name AS BLOB) FROM sqlite_master WHERE type = 'table' AND rootpage > 0",
  });
  return rows.map(([name]) => nameOf(name));
}

async function look(
  connection: Connection,
  page: string,
  columns: readonly Column[],
): Promise<{ problem: string | null; rows: number }> {
  const of = (isNumber: boolean) =>
    columns.filter((column) => column.isNumber === isNumber).map(({ name }) => quoted(name));
  const texts = of(false).map((name) => `iif(typeof(${name}) = 'text', ${name}, NULL)`);
  const beyond = of(true).map((name) =>
    `${name} NOT BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`
  );
  const { rows: [[rows, large, text]] } = await connection.query({
    sql: `SELECT count(*), total(${beyond.join(" OR ") || "0"}), ` +
      // Between two texts stands an ASCII sign: halves of a character do not meet.
      `cast(group_concat(concat_ws(char(10), ${texts.join(", ") || "NULL"}), char(10)) AS BLOB) ` +
      `FROM (SELECT ${columns.map(({ name }) => quoted(name)).join(", ")} FROM ${page})`,
  });
  const problem = Number(large) > 0
    ? "a whole number beyond 2^53"
    : isUtf8(text)
    ? null
    : "a text that is no UTF-8";
  return { problem, rows: Number(rows) };
}

function isUtf8(bytes: SqlValue): boolean {
  if (!(bytes instanceof Uint8Array)) return true;
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

async function columnsOf(connection: Connection, table: string): Promise<Column[]> {
  const { rows } = await connection.query({
    sql: "SELECT cast(name AS BLOB), type LIKE '%int%' FROM pragma_table_info(?)",
    args: [table],
  });
  return rows.map(([name, isNumber]) => ({ name: nameOf(name), isNumber: Number(isNumber) === 1 }));
}

async function hasRowid(connection: Connection, table: string): Promise<boolean> {
  const { rows } = await connection.query({
    sql: "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?",
    args: [table],
  });
  return Number(rows[0]?.[0]) === 0;
}

function nameOf(value: SqlValue): string {
  return new TextDecoder().decode(value as Uint8Array);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
