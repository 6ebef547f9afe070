/**
 * DESIGN. Every reading is in one place: journal, chunk, `own` minutes, or `own` hours. What leaves one enters the
 * next in the same transaction, so answers add up what all of them say, and readings that come late are simply
 * more. What is taken down is read from the disk and compared with its checksums in that step.
 */
import type { SqlStatement } from "../../db/client.ts";
import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import type { ChunkCache } from "../chunk_cache.ts";
import { readRow } from "../chunk_cache.ts";
import { type ChunkDraft, draftChunks } from "../chunk_store.ts";
import { checkSummary } from "../chunk_row.ts";
import { scaleSlice } from "../chunk.ts";
import { isDamage } from "../damage.ts";
import { areMinutesSigned, hasMinutes, readMinutes, type Sums, sumUp } from "../minutes.ts";
import { firstFrom, type Slice, subslice } from "../slice.ts";
import { BLOCK_HOURS, BLOCK_MS, blockOf, packSummary, UNIT_MS } from "./summary.ts";
import {
  deleteSummary,
  insertSummary,
  readSummaries,
  type ReadSummary,
  readSummary,
  type StoredSummary,
  type SummaryDeps,
} from "./summary_store.ts";
import { addUp, between, countOf } from "./sums.ts";

export interface WaterfallDeps extends SummaryDeps {
  cache: ChunkCache;
}

/** A chunk that is to go down, or the part of it before a time. */
export interface Falling {
  id: number;
  sensor: number;
  firstMs: number;
  lastMs: number;
  rank: number;
  late: boolean;
  n: number;
  bytes: number;
}

/** What one chunk becomes: written in one transaction with its deletion. */
export interface Fallen {
  chunk: Falling;
  /** Of what went down of it; null: nothing. */
  minutes: Sums | null;
  /** What is left of it as chunks. */
  rest: ChunkDraft[];
}

/** Minutes of one row: a day of them, and some. */
const ROW_MINUTES = 2_000;

/** The rows for minutes of some chunks: those of one sensor together, as far as they follow each other. */
export function minuteRows(all: readonly Fallen[]): SqlStatement[] {
  const bySensor = new Map<number, Sums[]>();
  for (const { chunk: { sensor }, minutes } of all) {
    if (minutes === null) continue;
    const parts = bySensor.get(sensor) ?? [];
    parts.push(minutes);
    bySensor.set(sensor, parts);
  }
  return [...bySensor].flatMap(([sensor, parts]) =>
    inRows(addUp(parts)).map((sums) => insertSummary(packSummary(sensor, "minute", "own", sums)))
  );
}

/** Cut so that no row spans much more than a day. */
function inRows(sums: Sums): Sums[] {
  const rows: Sums[] = [];
  for (let from = 0; from < sums.at.length;) {
    const row = between(sums, sums.at[from], sums.at[from] + ROW_MINUTES);
    rows.push(row);
    from += row.at.length;
  }
  return rows;
}

/** The minutes of a chunk's readings before `cutMs`, in place of those; null when it is damaged, which is noted. */
export async function fallToMinutes(
  deps: WaterfallDeps,
  chunk: Falling,
  cutMs: number,
): Promise<Fallen | null> {
  const { cache } = deps;
  if (chunk.lastMs < cutMs) {
    if (!await cache.isIntact(chunk.id)) return null;
    const minutes = await storedMinutes(deps, chunk) ?? await countedMinutes(cache, chunk.id);
    return minutes === null ? null : { chunk, minutes, rest: [] };
  }
  // From the disk, not from memory: what is written must be what was read and checked.
  const slice = await cache.read(chunk.id);
  if (slice === null) return null;
  const cut = firstFrom(slice, cutMs);
  const rest = draftChunks(chunk.sensor, subslice(slice, cut, slice.n), chunk.rank, chunk.late);
  return { chunk, minutes: minutesOf(subslice(slice, 0, cut)), rest };
}

/** A chunk that is damaged goes; what it still says of itself by its summary, if that can be trusted, does not. */
export async function salvaged(deps: WaterfallDeps, chunk: Falling): Promise<Fallen> {
  return { chunk, minutes: await storedMinutes(deps, chunk), rest: [] };
}

/** The signed summary of a chunk; null when it has none, or one that is damaged. */
async function storedMinutes(
  { connection }: WaterfallDeps,
  { id, sensor, n }: Falling,
): Promise<Sums | null> {
  try {
    const row = await readRow(connection, id);
    if (!hasMinutes(row.minutes) || !areMinutesSigned(row.minutes)) return null;
    checkSummary(row, false);
    let minutes: Sums | null = null;
    readMinutes(row.minutes, sensor, (columns) => minutes = columns);
    return minutes !== null && countOf(minutes) === n ? minutes : null;
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}

async function countedMinutes(cache: ChunkCache, id: number): Promise<Sums | null> {
  const slice = await cache.read(id);
  return slice === null ? null : minutesOf(slice);
}

function minutesOf(slice: Slice): Sums {
  return sumUp(slice, scaleSlice(slice), MINUTE_MS);
}

/** What rows of minutes, or the parts of them before `cutMs`, become. */
export interface FallenMinutes {
  rows: StoredSummary[];
  statements: SqlStatement[];
  readings: number;
}

/** Minutes before `cutMs` are added to the hours of their sensors. What is damaged is noted and stays. */
export async function fallToHours(
  deps: SummaryDeps,
  chosen: readonly StoredSummary[],
  cutMs: number,
): Promise<FallenMinutes> {
  const result: FallenMinutes = { rows: [], statements: [], readings: 0 };
  const blocks = new Map<string, { sensor: number; block: number; parts: Sums[] }>();
  for (const { id } of chosen) {
    const read = await readSummary(deps, id);
    if (read === null) continue;
    const { row, sums: minutes } = read;
    const old = between(minutes, -Infinity, cutMs / MINUTE_MS);
    result.rows.push(row);
    result.readings += countOf(old);
    result.statements.push(deleteSummary(id));
    const rest = between(minutes, cutMs / MINUTE_MS, Infinity);
    if (rest.at.length > 0) {
      result.statements.push(insertSummary(packSummary(row.sensor, "minute", "own", rest)));
    }
    for (const [block, part] of blocksOf(addUp([old], HOUR_MS / MINUTE_MS))) {
      const key = `${row.sensor} ${block}`;
      const into = blocks.get(key) ?? { sensor: row.sensor, block, parts: [] };
      into.parts.push(part);
      blocks.set(key, into);
    }
  }
  for (const { sensor, block, parts } of blocks.values()) {
    for (const { row, sums } of await ownHours(deps, sensor, block)) {
      parts.push(sums);
      result.statements.push(deleteSummary(row.id));
    }
    result.statements.push(insertSummary(packSummary(sensor, "hour", "own", addUp(parts))));
  }
  return result;
}

function ownHours(deps: SummaryDeps, sensor: number, block: number): Promise<ReadSummary[]> {
  const fromMs = block * HOUR_MS;
  return readSummaries(deps, {
    sensor,
    tier: "hour",
    source: "own",
    fromMs,
    toMs: fromMs + BLOCK_MS,
  });
}

/** Sums of hours by the first hour of their block. */
export function* blocksOf(hours: Sums): Generator<[number, Sums]> {
  for (let i = 0; i < hours.at.length;) {
    const block = blockOf(hours.at[i]);
    const part = between(hours, block, block + BLOCK_HOURS);
    yield [block, part];
    i += part.at.length;
  }
}

/** What deletes hours before `cutMs`, and rows of the index that speak of them. */
export async function endHours(
  deps: SummaryDeps,
  chosen: readonly StoredSummary[],
  cutMs: number,
): Promise<FallenMinutes> {
  const result: FallenMinutes = { rows: [], statements: [], readings: 0 };
  for (const { id } of chosen) {
    const read = await readSummary(deps, id);
    if (read === null) continue;
    const { row, sums: hours } = read;
    const rest = between(hours, cutMs / HOUR_MS, Infinity);
    result.rows.push(row);
    result.readings += countOf(hours) - countOf(rest);
    result.statements.push(deleteSummary(id), unindex(row.sensor, row.firstMs, row.lastMs));
    if (rest.at.length > 0) {
      result.statements.push(insertSummary(packSummary(row.sensor, "hour", row.source, rest)));
    }
  }
  return result;
}

/** Drops what the index says of the blocks that touch `[fromMs, toMs]`. */
export function unindex(sensor: number, fromMs: number, toMs: number): SqlStatement {
  return {
    sql: "DELETE FROM summaries WHERE sensor = ? AND tier = 'hour' AND source = 'index' " +
      "AND last_ms > ? AND first_ms <= ?",
    args: [sensor, fromMs - UNIT_MS.hour, toMs],
  };
}
