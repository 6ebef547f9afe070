/**
 * The one door to drizzle. Reads go through `createOrm(db)` and come out typed; writes are lists of statements
 * of one transaction (`db.write([…])`), each made by `statementOf(…)` or, what repeats, by `prepared(…)`:
 * to build a query takes ten to fifty times as long as to fill one.
 */
import {
  Column,
  getTableColumns,
  is,
  Param,
  Placeholder,
  type Query,
  type SQL,
  sql,
  type Table,
} from "drizzle-orm";
import {
  type RemoteCallback,
  SqliteRemoteDatabase,
  SQLiteRemoteSession,
} from "drizzle-orm/sqlite-proxy";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement, SqlValue } from "./client.ts";

export {
  and,
  asc,
  type Column,
  count,
  desc,
  eq,
  exists,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  not,
  notExists,
  notInArray,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
export { alias, union, unionAll } from "drizzle-orm/sqlite-core";

/**
 * Drizzle wraps what a failed query was rejected with; callers get the PerchError itself. It also works out the kind
 * of field for every single cell: rows of plain columns are mapped here, in half the time.
 */
class Session extends SQLiteRemoteSession<Record<string, never>, Record<string, never>> {
  override prepareQuery: SQLiteRemoteSession<Record<string, never>, Record<string, never>>[
    "prepareQuery"
  ] = (...args) => {
    const query = super.prepareQuery(...args);
    const { all, get } = query;
    query.all = (given) => unwrapped(all.call(query, given));
    query.get = (given) => unwrapped(get.call(query, given));
    const rowOf = plainRow(args[1]);
    if (rowOf !== null) query.mapAllResult = (rows) => (rows as unknown[][]).map(rowOf);
    return query as never;
  };
}

/** Maps a row when all its fields are columns and none is nested; null: drizzle has to map it. */
function plainRow(
  fields: readonly { path: string[]; field: unknown }[] = [],
): ((cells: unknown[]) => Record<string, unknown>) | null {
  const columns: { name: string; column: Column }[] = [];
  for (const { path: [name, ...nested], field } of fields) {
    if (nested.length > 0 || !is(field, Column)) return null;
    columns.push({ name, column: field });
  }
  if (columns.length === 0) return null;
  return (cells) => {
    const row: Record<string, unknown> = {};
    columns.forEach(({ name, column }, i) => {
      row[name] = cells[i] === null ? null : column.mapFromDriverValue(cells[i]);
    });
    return row;
  };
}

/** Typed queries over the database worker. */
export type Orm = SqliteRemoteDatabase<Record<string, never>>;

/** Reads of `db`. A write that is awaited here is refused: it belongs into a transaction of `db.write`. */
export function createOrm(db: Pick<Database, "query">): Orm {
  return ormOver(async (text, params, method) => {
    if (method === "run") throw new PerchError("internal", "writes go through db.write");
    const one = method === "get";
    const { rows } = await db.query({ sql: text, args: params as SqlValue[], one });
    return { rows: one ? rows[0] : rows };
  });
}

/** Builds statements, and is connected to nothing. */
export const build: Orm = ormOver(() =>
  Promise.reject(new PerchError("internal", "only builds statements"))
);

function ormOver(run: RemoteCallback): Orm {
  const dialect = new SQLiteAsyncDialect();
  return new SqliteRemoteDatabase(
    "async",
    dialect,
    new Session(run, dialect, undefined),
    undefined,
  );
}

async function unwrapped<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof Error && error.cause instanceof PerchError ? error.cause : error;
  }
}

/**
 * A condition with its values written into the text: SQLite uses a partial index only where it can read in the
 * statement that its condition holds. For constants of the code alone.
 */
export function literally(condition: SQL | undefined): SQL {
  return condition!.inlineParams();
}

/** What drizzle has built: an insert, an update, a delete or a select. */
interface Built {
  toSQL(): Omit<Query, "typings">;
}

/** A query as a statement of a transaction. */
export function statementOf(query: Built): SqlStatement {
  const { sql, params } = query.toSQL();
  return { sql, args: params as SqlValue[] };
}

/**
 * A query with placeholders, built once, when it is first needed; gives the statement with these values in their
 * places. `one`: it gives at most one row.
 */
export function prepared<T extends object>(
  query: Built,
  { one }: Pick<SqlStatement, "one"> = {},
): (values: T) => SqlStatement {
  let built: { sql: string; fills: ReturnType<typeof fillOf>[] } | null = null;
  return (values) => {
    if (built === null) {
      const { sql, params } = query.toSQL();
      built = { sql, fills: params.map(fillOf) };
    }
    const { sql, fills } = built;
    return { sql, args: fills.map((fill) => fill(values as Record<string, unknown>)), one };
  };
}

/** A prepared read, built when it is first asked: a start does not wait for what it does not ask. */
export function onFirstUse<T>(prepare: () => T): () => T {
  let made: T | undefined;
  return () => made ??= prepare();
}

function fillOf(param: unknown): (values: Record<string, unknown>) => SqlValue {
  if (is(param, Placeholder)) return (values) => values[param.name] as SqlValue;
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { name } = param.value;
    return (values) => {
      const value = values[name] ?? null;
      return value === null ? null : param.encoder.mapToDriverValue(value) as SqlValue;
    };
  }
  return () => param as SqlValue;
}

/**
 * A placeholder for each column of a table, or for those that are named: the values of a prepared insert or
 * update. (`never`: drizzle takes one for every value, but its types know that of inserts alone.)
 */
export function placeholders<T extends Table, K extends keyof T["_"]["columns"] & string>(
  table: T,
  columns?: readonly K[],
): Record<K, never> {
  const names = columns ?? Object.keys(getTableColumns(table)) as K[];
  const entries = names.map((name) => [name, sql.placeholder(name)]);
  return Object.fromEntries(entries) as Record<K, never>;
}

/** What an upsert sets: these columns as the row that was to be inserted has them. */
export function excluded<T extends Table, K extends keyof T["_"]["columns"] & string>(
  table: T,
  columns: readonly K[],
): Record<K, SQL> {
  const all = getTableColumns(table) as Record<string, Column>;
  return Object.fromEntries(
    columns.map((name) => [name, sql`excluded.${sql.identifier(all[name].name)}`]),
  ) as Record<K, SQL>;
}

/** Those of the columns that may be empty, empty: what a row begins with. */
export function emptyColumns<C extends Record<string, Column>>(columns: C): EmptyColumns<C> {
  const optional = Object.entries(columns).filter(([, column]) => !column.notNull);
  return Object.fromEntries(optional.map(([name]) => [name, null])) as EmptyColumns<C>;
}

type EmptyColumns<C extends Record<string, Column>> = {
  [K in keyof C as C[K]["_"]["notNull"] extends true ? never : K]: null;
};

/** The names of a table's columns without some. */
export function columnsBut<T extends Table, K extends keyof T["_"]["columns"] & string>(
  table: T,
  left: readonly K[],
): Exclude<keyof T["_"]["columns"] & string, K>[] {
  const out = new Set<string>(left);
  return Object.keys(getTableColumns(table)).filter((name) => !out.has(name)) as never;
}
