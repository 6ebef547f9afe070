/** Reads the database of a Home Assistant: a copy that nobody changes meanwhile. */
import type { SqlValue } from "../../../db/client.ts";
import { type ForeignFile, openForeignFile } from "../../../db/foreign_file.ts";

/** A state as it was recorded. */
export interface StateRow {
  id: number;
  entity: string | null;
  state: string | null;
  /** Seconds since 1970. */
  ts: number | null;
  /** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, of older schemas. */
  text: string | null;
  unit: string | null;
}

/** An hour of the statistics. */
export interface StatisticRow {
  id: number;
  entity: string | null;
  ts: number | null;
  text: string | null;
  unit: string | null;
  mean: number | null;
  min: number | null;
  max: number | null;
  state: number | null;
  sum: number | null;
}

export interface HaDatabase extends Disposable {
  /** Version of its schema; null: it says none. */
  version: number | null;
  tables: ReadonlySet<string>;
  /** Units of the statistics by entity: for states whose attributes are gone. */
  units: ReadonlyMap<string, string>;
  /** The largest row number of a table; 0: there is none. */
  last(table: "states" | "statistics"): number;
  /** At most `most` rows after `id`, in the order in which they were written: along the file, not across it. */
  states(after: number, most: number): Iterable<StateRow>;
  statistics(after: number, most: number): Iterable<StatisticRow>;
  /** A late state of each entity, found by the index; nothing where there is none. */
  samples(most: number): Iterable<StateRow>;
}

/** Opens it so that nothing of it is written or locked. @throws what SQLite says */
export async function openHaDatabase(path: string): Promise<HaDatabase> {
  const file = await openForeignFile(path);
  try {
    return reader(file);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function reader(file: ForeignFile): HaDatabase {
  const texts = (sql: string) => Array.from(file.rows(sql), ([text]) => String(text));
  const tables = new Set(texts("SELECT name FROM sqlite_master WHERE type = 'table'"));
  const columns = (table: string) =>
    new Set(texts(`SELECT name FROM pragma_table_info('${table}')`));
  const states = tables.has("states") ? statesOf(tables, columns) : null;
  const statistics = tables.has("statistics") ? statisticsOf(columns) : null;
  const isIndexed = tables.has("states_meta") && texts(
    `SELECT i.name FROM pragma_index_list('states') l, pragma_index_info(l.name) i WHERE i.seqno = 0`,
  ).includes("metadata_id");
  return {
    version: tables.has("schema_changes")
      ? Number(texts("SELECT max(schema_version) FROM schema_changes")[0]) || null
      : null,
    tables,
    units: tables.has("statistics_meta") ? unitsOf(file) : new Map(),
    last(table) {
      const id = table === "states" ? "state_id" : "id";
      return tables.has(table) ? Number(texts(`SELECT max(${id}) FROM ${table}`)[0]) || 0 : 0;
    },
    *states(after, most) {
      if (states === null) return;
      const sql = `${states} WHERE s.state_id > ? ORDER BY s.state_id LIMIT ?`;
      for (const row of file.rows(sql, after, most)) yield stateOf(row);
    },
    *statistics(after, most) {
      if (statistics === null) return;
      for (const row of file.rows(statistics, after, most)) yield statisticOf(row);
    },
    *samples(most) {
      if (states === null || !isIndexed) return;
      const sql = `${states} WHERE s.state_id IN (${SAMPLES})`;
      for (const row of file.rows(sql, most)) yield stateOf(row);
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function unitsOf(file: ForeignFile): Map<string, string> {
  const sql =
    "SELECT statistic_id, unit_of_measurement FROM statistics_meta WHERE unit_of_measurement <> ''";
  return new Map(Array.from(file.rows(sql), ([entity, unit]) => [String(entity), String(unit)]));
}

function stateOf([id, entity, state, ts, text, unit]: SqlValue[]): StateRow {
  return {
    ...{ id: Number(id), entity: textOf(entity), state: textOf(state) },
    ...{ ts: numberOf(ts), text: textOf(text), unit: textOf(unit) || null },
  };
}

function statisticOf([id, entity, ts, text, unit, ...values]: SqlValue[]): StatisticRow {
  const [mean, min, max, state, sum] = values.map(numberOf);
  return {
    ...{ id: Number(id), entity: textOf(entity), ts: numberOf(ts), text: textOf(text) },
    ...{ unit: textOf(unit) || null, mean, min, max, state, sum },
  };
}

/** What has another type than it should: as a text, or nothing. */
function textOf(value: SqlValue): string | null {
  return typeof value === "number" ? String(value) : typeof value === "string" ? value : null;
}

function numberOf(value: SqlValue): number | null {
  return typeof value === "number" ? value : null;
}

const UNIT = "'$.unit_of_measurement'";

/** The columns of states over the years: their names and units moved to tables of their own. */
function statesOf(tables: ReadonlySet<string>, columns: (table: string) => Set<string>): string {
  const has = columns("states");
  const either = (...names: (string | null)[]) => names.find((name) => name !== null) ?? "NULL";
  const own = (column: string) => has.has(column) ? `s.${column}` : null;
  const meta = has.has("metadata_id") && tables.has("states_meta");
  const attributes = has.has("attributes_id") && tables.has("state_attributes");
  const entities = [meta ? "m.entity_id" : null, own("entity_id")].filter((one) => one !== null);
  const units = [
    attributes
      ? `CASE WHEN json_valid(a.shared_attrs) THEN json_extract(a.shared_attrs, ${UNIT}) END`
      : null,
    has.has("attributes")
      ? `CASE WHEN json_valid(s.attributes) THEN json_extract(s.attributes, ${UNIT}) END`
      : null,
  ].filter((one) => one !== null);
  return `SELECT s.state_id AS id, ${coalesced(entities)} AS entity, s.state AS state,
      ${either(own("last_updated_ts"))} AS ts,
      ${either(own("last_updated"))} AS text,
      ${coalesced(units)} AS unit
    FROM states s
    ${meta ? "LEFT JOIN states_meta m ON m.metadata_id = s.metadata_id" : ""}
    ${attributes ? "LEFT JOIN state_attributes a ON a.attributes_id = s.attributes_id" : ""}
    `;
}

/** Of each entity the latest state among its last 20 that is none of those that stand for a gap. */
const SAMPLES = `SELECT (SELECT state_id FROM
      (SELECT state_id, state FROM states WHERE metadata_id = m.metadata_id ORDER BY last_updated_ts DESC LIMIT 20)
      WHERE state NOT IN ('unavailable', 'unknown', '') LIMIT 1)
    FROM states_meta m LIMIT ?`;

function statisticsOf(columns: (table: string) => Set<string>): string {
  const has = columns("statistics");
  const own = (column: string) => has.has(column) ? `s.${column}` : "NULL";
  return `SELECT s.id AS id, m.statistic_id AS entity, ${own("start_ts")} AS ts,
      ${own("start")} AS text, m.unit_of_measurement AS unit, ${own("mean")} AS mean,
      ${own("min")} AS min, ${own("max")} AS max, ${own("state")} AS state, ${own("sum")} AS sum
    FROM statistics s LEFT JOIN statistics_meta m ON m.id = s.metadata_id
    WHERE s.id > ? ORDER BY s.id LIMIT ?`;
}

function coalesced(expressions: readonly string[]): string {
  return expressions.length > 1 ? `coalesce(${expressions.join(", ")})` : expressions[0] ?? "NULL";
}
