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

/** A table with what has to be known to read it whole. */
export interface StoredTable {
  name: string;
  columns: Column[];
  /** It has row numbers and is read page by page; tables without are small. */
  paged: boolean;
}

/** What cannot be read of a table, and where; null when everything can. */
export async function unreadableIn(
  connection: Connection,
  { name, columns, paged }: StoredTable,
): Promise<string | null> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = paged
      ? `${quoted(name)} WHERE rowid > ${after} ORDER BY rowid LIMIT ${ROWS}`
      : quoted(name);
    const { problem, rows } = await look(connection, page, columns);
    if (problem !== null) {
      for (const column of columns) {
        const own = await look(connection, page, [column]);
        if (own.problem !== null) return `${own.problem} in ${name}.${column.name}`;
      }
    }
    if (!paged || rows < ROWS) return null;
    const { rows: [[last]] } = await connection.query({
      sql: `SELECT min(max(rowid), ${Number.MAX_SAFE_INTEGER}) FROM (SELECT rowid FROM ${page})`,
    });
    after = Number(last);
  }
}

/** All tables, asked for at once. What is no UTF-8 in a name is no table's name any more, and SQLite says so. */
export async function tablesOf(connection: Connection): Promise<StoredTable[]> {
  const { rows } = await connection.query({
    sql: "SELECT cast(m.name AS BLOB), l.wr, cast(c.name AS BLOB), c.type LIKE '%int%' " +
      "FROM sqlite_master m LEFT JOIN pragma_table_list l ON l.schema = 'main' AND l.name = m.name " +
      "LEFT JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.rootpage > 0",
  });
  const tables = new Map<string, StoredTable>();
  for (const [table, withoutRowid, column, isNumber] of rows) {
    const name = nameOf(table);
    if (!tables.has(name)) {
      tables.set(name, { name, columns: [], paged: Number(withoutRowid ?? 1) === 0 });
    }
    if (column === null) continue;
    tables.get(name)!.columns.push({ name: nameOf(column), isNumber: Number(isNumber) === 1 });
  }
  return [...tables.values()];
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
      // There is an ASCII character between two texts: halves of a character do not meet.
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

function nameOf(value: SqlValue): string {
  return new TextDecoder().decode(value as Uint8Array);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
