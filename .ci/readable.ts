/**
 * What of a migration would hinder a Perch that does not know it: the database before and after it, as SQLite itself
 * describes them, and the rows that were there. Used when a migration is written and by the test that reads all.
 */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

type Row = Record<string, unknown>;

/** A database as a Perch that does not know the next migration relies on it. */
export interface Described {
  /** By table. */
  tables: Map<string, Table>;
}

interface Table {
  columns: Map<string, Row>;
  /** Columns, order, collation and condition of each unique index; statements name them in ON CONFLICT. */
  unique: Map<string, string[]>;
  foreign: Set<string>;
  triggers: Set<string>;
  checks: Set<string>;
  /** Whether it has a rowid and whether its types are strict. */
  form: string;
  rows: string;
}

/** @param like the columns to compare rows in; null: all */
export function describe(db: DatabaseSync, like: Described | null = null): Described {
  const all = (sql: string, ...args: string[]) => db.prepare(sql).all(...args) as Row[];
  const tables = all(
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' " +
      "AND name <> 'migrations'",
  );
  return {
    tables: new Map(tables.map(({ name, sql }) => {
      const table = String(name);
      const columns = new Map(
        all(
          'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)',
          table,
        )
          .map((row) => [String(row.name), row]),
      );
      const compared = [...like?.tables.get(table)?.columns.keys() ?? columns.keys()]
        .filter((column) => columns.has(column));
      return [table, {
        columns,
        unique: uniqueOf(all, table),
        foreign: new Set(
          all("SELECT * FROM pragma_foreign_key_list(?)", table).map((row) => JSON.stringify(row)),
        ),
        triggers: new Set(
          all("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", table)
            .map((row) => String(row.sql)),
        ),
        checks: checksIn(String(sql)),
        form: JSON.stringify(all("SELECT wr, strict FROM pragma_table_list(?)", table)),
        rows: rowsOf(all, table, compared),
      }];
    })),
  };
}

/** Why a Perch that knows `before` alone could not read or write `after`; none: it can. */
export function hindrances(before: Described, after: Described): string[] {
  return [...before.tables].flatMap(([name, then]) => {
    const now = after.tables.get(name);
    return now === undefined ? [`table ${name} is gone`] : inTable(name, then, now);
  });
}

function inTable(name: string, then: Table, now: Table): string[] {
  const found: string[] = [];
  for (const [column, was] of then.columns) {
    const is = now.columns.get(column);
    if (is === undefined) found.push(`column ${name}.${column} is gone`);
    else if (JSON.stringify(is) !== JSON.stringify(was)) {
      found.push(
        `column ${name}.${column} is another: ${JSON.stringify(was)}, ${JSON.stringify(is)}`,
      );
    }
  }
  const added = [...now.columns.values()].filter((one) => !then.columns.has(String(one.name)));
  for (const one of added) {
    if (one.notnull === 1 && one.dflt_value === null && one.hidden === 0) {
      found.push(`column ${name}.${one.name} is NOT NULL without a default`);
    }
  }
  const empty = new Set(added.filter((one) => one.dflt_value === null).map((one) => one.name));
  for (const [index, columns] of now.unique) {
    if (then.unique.has(index) || columns.some((column) => empty.has(column))) continue;
    found.push(`${name} has a new unique index: ${index}`);
  }
  for (const index of then.unique.keys()) {
    if (!now.unique.has(index)) found.push(`a unique index of ${name} is gone: ${index}`);
  }
  const news = (what: "foreign" | "triggers") =>
    [...now[what]].filter((one) => !then[what].has(one));
  for (const one of news("foreign")) found.push(`${name} has a new foreign key: ${one}`);
  for (const one of [...news("triggers"), ...missing(then.triggers, now.triggers)]) {
    found.push(`a trigger of ${name} is new or gone: ${one}`);
  }
  for (const check of now.checks) {
    const mentions = [...then.columns.keys()].some((column) => wordIn(check, column));
    if (!then.checks.has(check) && mentions) found.push(`${name} has a new constraint: ${check}`);
  }
  if (then.form !== now.form) found.push(`${name} is another kind of table: ${now.form}`);
  if (found.length === 0 && then.rows !== now.rows) found.push(`rows of ${name} are changed`);
  return found;
}

const missing = (then: Set<string>, now: Set<string>) => [...then].filter((one) => !now.has(one));

const wordIn = (text: string, word: string) => new RegExp(`\\b${word}\\b`, "i").test(text);

function uniqueOf(
  all: (sql: string, ...args: string[]) => Row[],
  table: string,
): Map<string, string[]> {
  const indexes = all('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1', table);
  return new Map(indexes.map(({ name }) => {
    const columns = all(
      "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno",
      String(name),
    );
    const [made] = all("SELECT sql FROM sqlite_master WHERE name = ?", String(name));
    const condition = /\bwhere\b(.*)$/is.exec(String(made?.sql ?? ""))?.[1].trim() ?? "";
    const words = columns.map((one) => `${one.name ?? made?.sql} ${one.coll}`).join(", ");
    return [
      condition === "" ? words : `${words} where ${condition}`,
      columns.map((one) => String(one.name)),
    ];
  }));
}

/** The conditions of a CREATE TABLE. SQLite tells them nowhere but in its text. */
function checksIn(sql: string): Set<string> {
  const bare = sql.replace(/--.*$/gm, "").replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ");
  const checks = new Set<string>();
  for (const { index } of bare.matchAll(/\bcheck \(|\bcheck\(/gi)) {
    let depth = 0;
    const from = bare.indexOf("(", index);
    let to = from;
    do {
      if (bare[to] === "(") depth++;
      if (bare[to] === ")") depth--;
      to++;
    } while (depth > 0 && to < bare.length);
    checks.add(bare.slice(from, to).replaceAll(/[`"]/g, ""));
  }
  return checks;
}

function rowsOf(
  all: (sql: string, ...args: string[]) => Row[],
  table: string,
  columns: readonly string[],
): string {
  const quoted = columns.map((column) => `quote("${column}")`).join(" || ',' || ");
  const lines = all(`SELECT ${quoted} AS line FROM "${table}"`).map(({ line }) => String(line));
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}
