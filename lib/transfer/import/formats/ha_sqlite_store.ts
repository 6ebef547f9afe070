/**
 * Reads the database of a Home Assistant: a copy that nobody changes meanwhile. `node:sqlite`, since it is another
 * program's file; SQLite keeps no more than a few pages of it in memory.
 */
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

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
export function openHaDatabase(path: string): HaDatabase {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const db = new DatabaseSync(url, { readOnly: true });
  try {
    return reader(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function reader(db: DatabaseSync): HaDatabase {
  const texts = (sql: string) => db.prepare(sql).all().map((row) => String(Object.values(row)[0]));
  const tables = new Set(texts("SELECT name FROM sqlite_master WHERE type = 'table'"));
  const columns = (table: string) =>
    new Set(texts(`SELECT name FROM pragma_table_info('${table}')`));
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const rows = (sql: string, ...values: number[]): Iterable<unknown> => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known.iterate(...values);
  };
  const states = tables.has("states") ? statesOf(tables, columns) : "";
  const statesSql = states === ""
    ? ""
    : `${states} WHERE s.state_id > ? ORDER BY s.state_id LIMIT ?`;
  const isIndexed = states !== "" && tables.has("states_meta") && texts(
    `SELECT i.name FROM pragma_index_list('states') l, pragma_index_info(l.name) i WHERE i.seqno = 0`,
  ).includes("metadata_id");
  const statisticsSql = tables.has("statistics") ? statisticsOf(columns) : "";
  return {
    version: tables.has("schema_changes")
      ? Number(texts("SELECT max(schema_version) FROM schema_changes")[0]) || null
      : null,
    tables,
    units: new Map(
      (tables.has("statistics_meta")
        ? db.prepare(
          "SELECT statistic_id AS entity, unit_of_measurement AS unit FROM statistics_meta WHERE unit <> ''",
        ).all()
        : []).map(({ entity, unit }) => [String(entity), String(unit)]),
    ),
    last(table) {
      const id = table === "states" ? "state_id" : "id";
      return tables.has(table) ? Number(texts(`SELECT max(${id}) FROM ${table}`)[0]) || 0 : 0;
    },
    states: (after, most) =>
      statesSql === "" ? [] : rows(statesSql, after, most) as Iterable<StateRow>,
    statistics: (after, most) =>
      statisticsSql === "" ? [] : rows(statisticsSql, after, most) as Iterable<StatisticRow>,
    samples: (most) =>
      isIndexed
        ? rows(`${states} WHERE s.state_id IN (${SAMPLES})`, most) as Iterable<StateRow>
        : [],
    [Symbol.dispose]: () => db.close(),
  };
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
