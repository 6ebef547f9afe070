/** The table `summaries`. Raw SQL, as for the chunks; columns are only read as what they should be. */
import type { SqlStatement, SqlValue } from "../../db/client.ts";
import type { Connection } from "../../db/connection.ts";
import { blobOf } from "../chunk_cache.ts";
import { blob, total, whole } from "../chunk_store.ts";
import { type DamageBook, isDamage } from "../damage.ts";
import type { Sums } from "../minutes.ts";
import { LATEST_MS } from "../reading.ts";
import type { SeriesTable } from "../series.ts";
import {
  identify,
  SOURCE_CODES,
  type SummaryColumns,
  type SummaryRow,
  type SummarySource,
  type SummaryTier,
  type SummaryTotals,
  TIER_CODES,
  UNIT_MS,
  unpackSummary,
} from "./summary.ts";

export interface SummaryDeps {
  connection: Connection;
  table: SeriesTable;
  damage: DamageBook;
}

export interface StoredSummary extends SummaryColumns {
  id: number;
}

const code = (column: string, codes: Record<string, number>) =>
  `CASE ${column} ${
    Object.entries(codes).map(([name, n]) => `WHEN '${name}' THEN ${n}`).join(" ")
  } ELSE 0 END`;
const COLUMNS = [
  whole("id"),
  whole("sensor"),
  code("tier", TIER_CODES),
  code("source", SOURCE_CODES),
  ...["first_ms", "last_ms", "n", "bytes"].map(whole),
].join(", ");
const TIERS = new Map(Object.entries(TIER_CODES).map(([tier, n]) => [n, tier as SummaryTier]));
const SOURCES = new Map(
  Object.entries(SOURCE_CODES).map(([source, n]) => [n, source as SummarySource]),
);

function rowOf(columns: readonly SqlValue[]): StoredSummary {
  const [id, sensor, tier, source, firstMs, lastMs, n, bytes] = columns.map(Number);
  return {
    id,
    sensor,
    tier: TIERS.get(tier) ?? "hour",
    source: SOURCES.get(source) ?? "own",
    firstMs,
    lastMs,
    n,
    bytes,
  };
}

export function insertSummary(row: SummaryRow): SqlStatement {
  const { sensor, tier, source, firstMs, lastMs, n, bytes, data } = row;
  return {
    sql: "INSERT INTO summaries (sensor, tier, source, first_ms, last_ms, n, bytes, data) " +
      "VALUES (?,?,?,?,?,?,?,?)",
    args: [sensor, tier, source, firstMs, lastMs, n, bytes, data],
  };
}

export function deleteSummary(id: number): SqlStatement {
  return { sql: "DELETE FROM summaries WHERE id = ?", args: [id] };
}

/** Which rows: those of a sensor with a minute or hour that begins in `[fromMs, toMs)`, as far as columns say. */
export interface SummaryRange {
  sensor: number;
  tier: SummaryTier;
  source: SummarySource;
  fromMs: number;
  toMs: number;
}

const WITHIN = "FROM summaries WHERE sensor = ? AND tier = ? AND source = ? AND last_ms >= ? " +
  "AND first_ms < ?";
const withinArgs = ({ sensor, tier, source, fromMs, toMs }: SummaryRange) => [
  sensor,
  tier,
  source,
  Math.max(fromMs, Number.MIN_SAFE_INTEGER),
  Math.min(toMs, Number.MAX_SAFE_INTEGER),
];

/** The rows of a range without what they say, by their ends. */
export async function summariesIn(
  connection: Connection,
  range: SummaryRange,
  most = Number.MAX_SAFE_INTEGER,
): Promise<StoredSummary[]> {
  const { rows } = await connection.query({
    sql: `SELECT ${COLUMNS} ${WITHIN} ORDER BY last_ms LIMIT ?`,
    args: [...withinArgs(range), most],
  });
  return rows.map(rowOf);
}

/** When the last row that ends within a range ends (the start of its last unit); null: none does. */
export async function lastEnd(
  connection: Connection,
  range: SummaryRange,
): Promise<number | null> {
  const { rows } = await connection.query({
    sql: `SELECT ${whole("last_ms")} FROM summaries WHERE sensor = ? AND tier = ? ` +
      "AND source = ? AND last_ms >= ? AND last_ms < ? ORDER BY last_ms DESC LIMIT 1",
    args: withinArgs(range),
  });
  return rows.length === 0 ? null : Number(rows[0][0]);
}

export interface ReadSummary {
  row: StoredSummary;
  sums: Sums;
}

/** The rows of a range with what they say. What is damaged is noted and left out. */
export async function readSummaries(
  deps: SummaryDeps,
  range: SummaryRange,
): Promise<ReadSummary[]> {
  const { rows } = await deps.connection.query({
    sql: `SELECT ${COLUMNS}, ${blob("data")} ${WITHIN} ORDER BY last_ms`,
    args: withinArgs(range),
  });
  const read: ReadSummary[] = [];
  for (const columns of rows) {
    const row = rowOf(columns);
    const found = await unpackOrNote(deps, row, blobOf(columns[8]));
    if (found !== null) read.push({ row, sums: found });
  }
  return read;
}

/** One row, as it is on disk now; null when it is damaged, which is noted, or gone. */
export async function readSummary(deps: SummaryDeps, id: number): Promise<ReadSummary | null> {
  const { rows } = await deps.connection.query({
    sql: `SELECT ${COLUMNS}, ${blob("data")} FROM summaries WHERE id = ?`,
    args: [id],
    one: true,
  });
  if (rows.length === 0) return null;
  const row = rowOf(rows[0]);
  const sums = await unpackOrNote(deps, row, blobOf(rows[0][8]));
  return sums === null ? null : { row, sums };
}

async function unpackOrNote(
  { table, damage }: SummaryDeps,
  row: StoredSummary,
  data: Uint8Array,
): Promise<Sums | null> {
  try {
    return unpackSummary({ ...row, data });
  } catch (error) {
    if (!isDamage(error)) throw error;
    // What is derived is made again: nothing is missing.
    if (row.source === "index") return null;
    const known = identify(table.all().map((series) => series.sensor), data);
    const { sensor, tier, firstMs, lastMs, n } = known ?? row;
    const isPlausible = firstMs > 0 && firstMs <= lastMs && lastMs <= LATEST_MS;
    await damage.record({
      kind: "tier",
      ref: row.id,
      sensor: table.get(sensor) === undefined ? null : sensor,
      fromMs: isPlausible ? firstMs : 0,
      toMs: isPlausible ? lastMs + UNIT_MS[tier] : LATEST_MS + 1,
      readings: n > 0 && n < 2 ** 40 ? n : 0,
      reason: known === null ? error.message : `what it says is whole, but ${error.message}`,
    });
    return null;
  }
}

/** Ids after `after`, for whoever goes through all. */
export async function summaryIdsAfter(
  connection: Connection,
  after: number,
  most: number,
): Promise<number[]> {
  const { rows } = await connection.query({
    sql: "SELECT id FROM summaries WHERE id > ? ORDER BY id LIMIT ?",
    args: [after, most],
  });
  return rows.map(([id]) => Number(id));
}

/** Counts what each sensor has, or one, from the index alone. */
export async function countedSummaries(
  connection: Connection,
  sensor?: number,
): Promise<Map<number, SummaryTotals>> {
  const { rows } = await connection.query({
    sql: `SELECT ${whole("sensor")}, ${code("tier", TIER_CODES)}, ${
      code("source", SOURCE_CODES)
    }, count(*), ${total("n")}, ${total("bytes")}, ${whole("min(first_ms)")}, ${
      whole("max(last_ms)")
    } FROM summaries ${
      sensor === undefined ? "" : "WHERE sensor = ? "
    }GROUP BY sensor, tier, source`,
    args: sensor === undefined ? [] : [sensor],
  });
  const counted = new Map<number, SummaryTotals>();
  for (const columns of rows) {
    const [of, tierCode, sourceCode, count, n, bytes, oldestMs, lastMs] = columns.map(Number);
    const [tier, source] = [TIERS.get(tierCode), SOURCES.get(sourceCode)];
    if (tier === undefined || source === undefined) continue;
    const totals = counted.get(of) ?? {};
    totals[`${tier} ${source}`] = {
      rows: count,
      n,
      bytes,
      oldestMs,
      untilMs: lastMs + UNIT_MS[tier],
    };
    counted.set(of, totals);
  }
  return counted;
}
