/** Which part of the history goes down a tier next, by age and by size. */
import { BLOCK_MS, type SummarySource, type SummaryTier } from "./summary.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import type { Connection } from "../../db/connection.ts";
import { whole } from "../chunk_store.ts";
import type { DamageBook } from "../damage.ts";
import { SENT } from "../onward_store.ts";
import type { Series, SeriesTable } from "../series.ts";
import type { RetainOptions } from "../store.ts";
import type { Falling } from "./waterfall.ts";
import { type StoredSummary, summariesIn } from "./summary_store.ts";

export interface ChoosingDeps {
  connection: Connection;
  table: SeriesTable;
  damage: DamageBook;
}

/** What a row takes beside its data: its columns, its place in the indices, the rest of its last page. */
const CHUNK_BYTES = 1_024;
const SUMMARY_BYTES = 128;
/** What hours and minutes may take of the limit. */
const HOURS_SHARE = 0.1;
const MINUTES_SHARE = 0.3;

/** Up to where a tier is kept, and how far what straddles that must reach below it before it is cut. */
export interface Limit {
  cutMs: number;
  graceMs: number;
}

/**
 * Ages count from `nowMs` and at most from the newest reading. Tiers end at whole hours; what straddles the end is
 * rewritten about once a day, or sixteen times in the time that is kept.
 */
export function limitOf(table: SeriesTable, nowMs: number, keepMs: number): Limit {
  const newestMs = table.all().reduce((ms, s) => Math.max(ms, s.newestMs), -Infinity);
  const cutMs = Math.floor((Math.min(nowMs, newestMs) - keepMs) / HOUR_MS) * HOUR_MS;
  return { cutMs, graceMs: Math.min(DAY_MS, Math.max(HOUR_MS, keepMs / 16)) };
}

/** What is kept for how long: a tier is never kept shorter than the one above it. */
export function keptOf({ keepMs, keepMinutesMs, keepHoursMs }: RetainOptions) {
  const minutes = keepMinutesMs === undefined ? undefined : Math.max(keepMinutesMs, keepMs ?? 0);
  const hours = keepHoursMs === undefined
    ? undefined
    : Math.max(keepHoursMs, minutes ?? 0, keepMs ?? 0);
  return { keepMs, minutes, hours };
}

/** Chunks past the limit, some sensors after the other; damaged ones only where it is known that they are. */
export async function expiredChunks(
  deps: ChoosingDeps,
  { cutMs, graceMs }: Limit,
  most: number,
  keepUnsent = false,
): Promise<Falling[]> {
  const chosen: Falling[] = [];
  for (const series of deps.table.all()) {
    if (chosen.length >= most) break;
    // Once a day, so that what goes down of a sensor is a day of minutes in one row.
    if (series.sealedOldestMs >= cutMs - graceMs) continue;
    chosen.push(
      ...await chunksBefore(deps, series.sensor, {
        beforeMs: cutMs,
        beginBeforeMs: cutMs - graceMs,
        damagedBeforeMs: cutMs,
        most: most - chosen.length,
        keepUnsent,
      }),
    );
  }
  return chosen;
}

/** Rows of a tier past the limit; what is known to be damaged stays. */
export async function expiredSummaries(
  { connection, table, damage }: ChoosingDeps,
  kind: { tier: SummaryTier; sources: readonly SummarySource[] },
  { cutMs, graceMs }: Limit,
  most: number,
): Promise<StoredSummary[]> {
  const chosen: StoredSummary[] = [];
  for (const series of table.all()) {
    for (const source of kind.sources) {
      const total = series.summed[`${kind.tier} ${source}`];
      if (total === undefined || total.oldestMs >= cutMs || chosen.length >= most) continue;
      const range = { sensor: series.sensor, tier: kind.tier, source, fromMs: -Infinity };
      const rows = await summariesIn(connection, { ...range, toMs: cutMs }, 4 * most);
      chosen.push(
        ...rows.filter(({ id, firstMs, lastMs }) =>
          (lastMs < cutMs || firstMs < cutMs - graceMs) && !damage.has("tier", id)
        ).slice(0, most - chosen.length),
      );
    }
  }
  return chosen;
}

/** What the tiers take in the file. Only they count against a limit: the journal empties itself. */
export function sizes(table: SeriesTable): { all: number; minutes: number; hours: number } {
  let [chunks, minutes, hours, index] = [0, 0, 0, 0];
  for (const { sealedBytes, sealedChunks, summed } of table.all()) {
    chunks += sealedBytes + sealedChunks * CHUNK_BYTES;
    for (const [kind, total] of Object.entries(summed)) {
      const bytes = total.bytes + total.rows * SUMMARY_BYTES;
      if (kind === "minute own") minutes += bytes;
      else if (kind === "hour index") index += bytes;
      else hours += bytes;
    }
  }
  return { all: chunks + minutes + hours + index, minutes, hours };
}

/** What goes down because the history is larger than its limit: the oldest of the tier whose turn it is. */
export type TooMuch =
  | { tier: "raw"; chunks: Falling[] }
  | { tier: SummaryTier; rows: StoredSummary[] };

/** Null: it is not too large, or nothing can go. */
export async function tooMuch(
  deps: ChoosingDeps,
  maxBytes: number,
  most: number,
  keepUnsent = false,
): Promise<TooMuch | null> {
  const { all, minutes, hours } = sizes(deps.table);
  const excess = all - maxBytes;
  if (excess <= 0) return null;
  const order: ("raw" | SummaryTier)[] = hours > HOURS_SHARE * maxBytes
    ? ["hour", "minute", "raw"]
    : minutes > MINUTES_SHARE * maxBytes
    ? ["minute", "raw", "hour"]
    : ["raw", "minute", "hour"];
  for (const tier of order) {
    if (tier === "raw") {
      const chunks = await oldestChunks(deps, excess, most, keepUnsent);
      if (chunks.length > 0) return { tier, chunks };
      continue;
    }
    const rows = await oldestSummaries(deps, tier, excess, most);
    if (rows.length > 0) return { tier, rows };
  }
  return null;
}

/** The oldest chunk of each of the sensors that reach back furthest. */
async function oldestChunks(
  deps: ChoosingDeps,
  excess: number,
  most: number,
  keepUnsent: boolean,
): Promise<Falling[]> {
  const oldest = deps.table.all().filter((s) => s.sealedChunks > 0)
    .sort((a, b) => a.sealedOldestMs - b.sealedOldestMs);
  const chosen: Falling[] = [];
  let bytes = 0;
  for (const { sensor } of oldest) {
    if (chosen.length >= most || bytes >= excess) break;
    const [chunk] = await chunksBefore(deps, sensor, {
      beforeMs: Infinity,
      beginBeforeMs: -Infinity,
      damagedBeforeMs: 0,
      most: 1,
      keepUnsent,
    });
    if (chunk === undefined) continue;
    chosen.push(chunk);
    bytes += chunk.bytes + CHUNK_BYTES;
  }
  return chosen;
}

async function oldestSummaries(
  { connection, table, damage }: ChoosingDeps,
  tier: SummaryTier,
  excess: number,
  most: number,
): Promise<StoredSummary[]> {
  const sources = tier === "minute" ? ["own"] as const : ["own", "imported"] as const;
  const kinds = table.all().flatMap((series: Series) =>
    sources.flatMap((source) => {
      const total = series.summed[`${tier} ${source}`];
      return total === undefined ? [] : [{ sensor: series.sensor, source, from: total.oldestMs }];
    })
  ).sort((a, b) => a.from - b.from);
  const chosen: StoredSummary[] = [];
  let bytes = 0;
  for (const { sensor, source } of kinds) {
    if (chosen.length >= most || bytes >= excess) break;
    const range = { sensor, tier, source, fromMs: -Infinity, toMs: Infinity };
    const rows = (await summariesIn(connection, range, 4 * most))
      .filter(({ id }) => !damage.has("tier", id));
    for (const row of rows) {
      // No more of one sensor than what is about as old as the oldest of the others.
      const isOldest = row.firstMs <= rows[0].firstMs + (tier === "minute" ? DAY_MS : BLOCK_MS);
      if (!isOldest || chosen.length >= most || bytes >= excess) break;
      chosen.push(row);
      bytes += row.bytes + SUMMARY_BYTES;
    }
  }
  return chosen;
}

/** Chunks of a sensor that end before a time, or begin before another, the oldest first. */
export async function chunksBefore(
  { connection, damage }: Pick<ChoosingDeps, "connection" | "damage">,
  sensor: number,
  { beforeMs, beginBeforeMs, damagedBeforeMs, most, keepUnsent = false }: {
    beforeMs: number;
    beginBeforeMs: number;
    damagedBeforeMs: number;
    most: number;
    /** None that a history server is still to get. */
    keepUnsent?: boolean;
  },
): Promise<Falling[]> {
  const bound = (ms: number) =>
    Math.max(Number.MIN_SAFE_INTEGER, Math.min(ms, Number.MAX_SAFE_INTEGER));
  const columns = ["id", "first_ms", "last_ms", "rank", "late", "n", "bytes"].map(whole);
  const wanted = `SELECT ${columns.join(", ")} FROM chunks WHERE sensor = ? AND `;
  const rest = (keepUnsent ? ` AND ${SENT}` : "") +
    " AND id NOT IN (SELECT ref FROM damage WHERE kind = 'chunk' AND to_ms > ?) " +
    "ORDER BY last_ms LIMIT ?";
  const { rows: ended } = await connection.query({
    sql: `${wanted}last_ms < ?${rest}`,
    args: [sensor, bound(beforeMs), bound(damagedBeforeMs), most],
  });
  const rows = [...ended];
  if (rows.length < most && beginBeforeMs > -Infinity) {
    const straddling = await connection.query({
      sql: `${wanted}last_ms >= ? AND first_ms < ?${rest}`,
      args: [
        sensor,
        bound(beforeMs),
        bound(beginBeforeMs),
        bound(damagedBeforeMs),
        most - rows.length,
      ],
    });
    rows.push(...straddling.rows);
  }
  const mayGo = (id: number) => (damage.get("chunk", id)?.toMs ?? 0) <= damagedBeforeMs;
  return rows.map((row) => {
    const [id, firstMs, lastMs, rank, late, n, bytes] = row.map(Number);
    return { id, sensor, firstMs, lastMs, rank, late: late === 1, n, bytes };
  }).filter(({ id }) => mayGo(id));
}
