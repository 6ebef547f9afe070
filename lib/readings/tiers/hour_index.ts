/**
 * DESIGN. So that years are answered from few rows, the hours of a sensor are summed up in blocks that are over:
 * rows `index` of `summaries`, which say what chunks and tiers say together; what is not sealed is no part of it.
 * They are derived, and triggers of the database drop them in the transaction that adds or deletes a chunk of their
 * block: whoever writes it, also a Perch from before there was an index. The triggers are made with the first row.
 * What changes tiers drops them itself (`unindex`), unless their sums stay the same.
 */
import type { Clock } from "../../base/clock.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { Connection } from "../../db/connection.ts";
import { HOUR_MS } from "../../words/times.ts";
import { whole } from "../chunk_store.ts";
import type { Series } from "../series.ts";
import { type BlockDeps, readBlock } from "./block_sums.ts";
import { BLOCK_MS, blockOf, packSummary } from "./summary.ts";
import { countedSummaries, insertSummary, summariesIn } from "./summary_store.ts";
import { withoutHours } from "./imported_hours.ts";
import { addUp } from "./sums.ts";
import { unindex } from "./waterfall.ts";

/** Pause between two rounds over all sensors: late data makes a block anew once in this time at most. */
const ROUND_MS = 6 * HOUR_MS;
/** The first round begins this long after the start. */
const FIRST_MS = 60_000;
/** Sensors that are looked at in one step when there is nothing to do for them. */
const LOOKS = 16;

const ANY_SOURCE = ["minute own", "hour own", "hour imported"] as const;

/** One step of bringing the index up to date; false when there is nothing to do for the moment. */
export function createHourIndex(deps: BlockDeps & { clock: Clock }): () => Promise<boolean> {
  const { connection, table, clock } = deps;
  let roundMs = clock.monotonic() + FIRST_MS;
  let waiting: Series[] = [];
  /** Where the sensor that stands first in `waiting` continues. */
  let atMs = -Infinity;
  let hasTriggers = false;

  async function build(series: Series, blockMs: number): Promise<void> {
    const { sensor } = series;
    const { own, imported, isDamaged } = await readBlock(deps, sensor, blockMs);
    if (isDamaged) return;
    const cleaned = withoutHours(sensor, imported, new Set(own.at));
    const hours = addUp([own, ...cleaned.left]);
    const statements: SqlStatement[] = [...cleaned.statements];
    if (hours.at.length > 0) {
      if (!hasTriggers) statements.push(...TRIGGERS);
      statements.push(
        unindex(sensor, blockMs, blockMs + BLOCK_MS - HOUR_MS),
        insertSummary(packSummary(sensor, "hour", "index", hours)),
      );
    }
    if (statements.length === 0) return;
    await connection.write(statements);
    hasTriggers ||= hours.at.length > 0;
    series.summed = (await countedSummaries(connection, sensor)).get(sensor) ?? {};
  }

  /** The next block without a row; null: there is none. */
  async function nextBlock(series: Series, fromMs: number): Promise<number | null> {
    const { sensor } = series;
    const settledMs = Math.min(clock.now(), series.sealedNewestMs) - HOUR_MS;
    const range = { sensor, tier: "hour", source: "index" } as const;
    const rows = await summariesIn(connection, { ...range, fromMs: -Infinity, toMs: Infinity });
    const known = new Set(rows.map(({ firstMs }) => firstMs));
    for (let ms = fromMs;;) {
      const dataMs = await nextData(connection, series, ms);
      const blockMs = blockOf(Math.floor(dataMs / HOUR_MS)) * HOUR_MS;
      if (!(blockMs + BLOCK_MS <= settledMs)) return null;
      const isOpen = known.has(blockMs) || await hasLate(connection, sensor, blockMs);
      if (!isOpen) return blockMs;
      ms = blockMs + BLOCK_MS;
    }
  }

  return async () => {
    if (waiting.length === 0) {
      if (clock.monotonic() < roundMs) return false;
      roundMs = clock.monotonic() + ROUND_MS;
      waiting = [...table.all()];
    }
    for (let looks = 0; waiting.length > 0 && looks < LOOKS; looks++) {
      const [series] = waiting;
      const blockMs = await nextBlock(series, atMs);
      if (blockMs !== null) {
        await build(series, blockMs);
        atMs = blockMs + BLOCK_MS;
        return true;
      }
      waiting.shift();
      atMs = -Infinity;
    }
    return waiting.length > 0;
  };
}

/** A time at or after `fromMs` from which on a sensor has something; Infinity: it has nothing. */
async function nextData(
  connection: Connection,
  { sensor, summed }: Series,
  fromMs: number,
): Promise<number> {
  const from = Math.max(fromMs, Number.MIN_SAFE_INTEGER);
  const { rows } = await connection.query({
    sql: `SELECT ${whole("first_ms")} FROM chunks WHERE sensor = ? AND last_ms >= ? ` +
      "ORDER BY last_ms LIMIT 1",
    args: [sensor, from],
  });
  let dataMs = rows.length === 0 ? Infinity : Math.max(from, Number(rows[0][0]));
  for (const kind of ANY_SOURCE) {
    if (summed[kind] === undefined) continue;
    const [tier, source] = kind.split(" ") as ["minute" | "hour", "own" | "imported"];
    const range = { sensor, tier, source, fromMs, toMs: Infinity };
    const [next] = await summariesIn(connection, range, 1);
    if (next !== undefined) dataMs = Math.min(dataMs, Math.max(from, next.firstMs));
  }
  return dataMs;
}

/** Late data waits to be merged: the row would be dropped at once. */
async function hasLate(connection: Connection, sensor: number, fromMs: number): Promise<boolean> {
  const { rows } = await connection.query({
    sql: "SELECT 1 FROM chunks WHERE sensor = ? AND late = 1 AND last_ms >= ? AND first_ms < ? " +
      "LIMIT 1",
    args: [sensor, fromMs, fromMs + BLOCK_MS],
  });
  return rows.length > 0;
}

const dropping = (name: string, event: string, row: string): SqlStatement => ({
  sql: `CREATE TRIGGER IF NOT EXISTS ${name} AFTER ${event} ON chunks BEGIN ` +
    `DELETE FROM summaries WHERE sensor = ${row}.sensor AND tier = 'hour' AND source = 'index' ` +
    `AND last_ms > ${row}.first_ms - ${HOUR_MS} AND first_ms <= ${row}.last_ms; END`,
});
const TRIGGERS = [
  dropping("chunks_unindex_new", "INSERT", "NEW"),
  dropping("chunks_unindex_gone", "DELETE", "OLD"),
];
