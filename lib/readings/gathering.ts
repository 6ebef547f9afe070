/**
 * DESIGN. Sealing writes what an hour or two of a sensor brought; each such chunk has a row, two checksums and tables of
 * its own. Once so old that little more comes late, chunks that follow each other become one of up to `MOST`
 * readings. Readings are rewritten once: a run is taken when the next chunk has no room in it. Nothing changes but
 * the cuts, so what was sent to a history server stays sent.
 */
import type { Connection } from "../db/connection.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import {
  type ChunkInfo,
  draftChunks,
  INFO,
  infoOf,
  OVERLAPPING,
  total,
  whole,
} from "./chunk_store.ts";
import { replacement } from "./compaction.ts";
import type { DamageBook } from "./damage.ts";
import { SENT } from "./onward_store.ts";
import type { Series, SeriesTable } from "./series.ts";
import { mergeSlices, type Slice } from "./slice.ts";

/** Settleder ones for tests. */
export interface GatherLimits {
  /** Most readings of a chunk that others become. */
  mostReadings: number;
}
/** One that is read whole for a few of its readings takes half a millisecond to decode. */
const LIMITS: GatherLimits = { mostReadings: 32_000 };
/** No chunk is of more than a day: that much goes down a tier at once. */
const MOST_SPAN_MS = DAY_MS;
/** What is so much older than the newest of its sensor is settled. */
const SETTLED_MS = 6 * HOUR_MS;
/** Chunks that are looked at in one query. */
const LOOK = 64;
/** Sensors that are looked at in one step when there is nothing to do for them. */
const LOOKS = 16;

interface Settled extends ChunkInfo {
  n: number;
  bytes: number;
  late: boolean;
}

export interface GatherDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
  damage: DamageBook;
  limits?: GatherLimits;
}

/** One step of making large chunks of small ones; false, once in a round, when all sensors were looked at. */
export function createGathering(deps: GatherDeps): () => Promise<boolean> {
  const { connection, table, damage } = deps;
  const { mostReadings } = deps.limits ?? LIMITS;
  /** Up to where a sensor has been looked through. */
  const lookedMs = new Map<number, number>();
  let waiting: Series[] = [];

  /** The next run, and where to go on behind it; null: there is none yet. */
  async function nextRun(series: Series): Promise<{ run: Settled[]; nextMs: number } | null> {
    const settledMs = series.sealedNewestMs - SETTLED_MS;
    for (;;) {
      const fromMs = lookedMs.get(series.sensor) ?? Number.MIN_SAFE_INTEGER;
      const chunks = await chunksFrom(connection, series.sensor, fromMs);
      let run: Settled[] = [];
      for (const chunk of chunks) {
        if (chunk.lastMs >= settledMs) return null;
        if (fits(run, chunk)) {
          run.push(chunk);
          continue;
        }
        if (run.length > 1) return { run, nextMs: chunk.lastMs };
        run = mayBegin(chunk) ? [chunk] : [];
        lookedMs.set(series.sensor, mayBegin(chunk) ? chunk.lastMs : chunk.lastMs + 1);
      }
      if (chunks.length === LOOK && run.length > 1) {
        return { run, nextMs: run[run.length - 1].lastMs };
      }
      // All of one time would be looked at again and again.
      if (chunks.length < LOOK || (lookedMs.get(series.sensor) ?? fromMs) <= fromMs) return null;
    }
  }

  const mayBegin = ({ id, late }: Settled) => !late && !damage.has("chunk", id);

  const fits = (run: readonly Settled[], chunk: Settled) =>
    run.length > 0 && mayBegin(chunk) && chunk.firstMs > run[run.length - 1].lastMs &&
    chunk.lastMs - run[0].firstMs <= MOST_SPAN_MS &&
    run.reduce((sum, { n }) => sum + n, chunk.n) <= mostReadings;

  /** `later`: something late is to be merged with it, or it is still to be sent; `never`: it cannot be. */
  async function gather(
    series: Series,
    run: readonly Settled[],
  ): Promise<"done" | "later" | "never"> {
    const { sensor } = series;
    const state = await stateOf(connection, sensor, run);
    if (state !== "alone") return state;
    const slices: Slice[] = [];
    for (const { id } of run) {
      // From the disk, not from memory: what is written must be what was read and checked.
      const slice = await deps.cache.read(id);
      // It is known to be damaged now, and in no run the next time.
      if (slice === null) return "later";
      slices.push(slice);
    }
    const rank = Math.max(...run.map((chunk) => chunk.rank));
    const drafts = draftChunks(sensor, mergeSlices(slices), rank, false, mostReadings);
    const ids = run.map(({ id }) => id);
    const totals = {
      chunks: series.sealedChunks + drafts.length - run.length,
      bytes: series.sealedBytes + drafts.reduce((sum, d) => sum + d.bytes, 0) -
        run.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    await connection.write([
      ...replacement(drafts, ids, series, totals),
      // All of it was sent before.
      {
        sql: "DELETE FROM history_queue WHERE chunk IN " +
          "(SELECT id FROM chunks WHERE sensor = ? AND last_ms >= ? AND first_ms <= ?)",
        args: [sensor, run[0].firstMs, run[run.length - 1].lastMs],
      },
    ]);
    deps.cache.drop(ids);
    series.sealedChunks = totals.chunks;
    series.sealedBytes = totals.bytes;
    return "done";
  }

  return async () => {
    if (waiting.length === 0) waiting = [...table.all()];
    for (let looks = 0; waiting.length > 0 && looks < LOOKS; looks++) {
      const [series] = waiting;
      const found = await nextRun(series);
      const gathered = found === null ? "later" : await gather(series, found.run);
      if (gathered === "later") waiting.shift();
      else lookedMs.set(series.sensor, found!.nextMs);
      if (gathered === "done") return true;
    }
    return waiting.length > 0;
  };
}

/** Chunks of a sensor from the one on that ends at a time, in order of their ends. */
async function chunksFrom(connection: Connection, sensor: number, ms: number): Promise<Settled[]> {
  const { rows } = await connection.query({
    sql: `SELECT ${INFO}, ${["n", "bytes", "late"].map(whole).join(", ")} FROM chunks ` +
      "WHERE sensor = ? AND last_ms >= ? ORDER BY last_ms, first_ms, id LIMIT ?",
    args: [sensor, ms, LOOK],
  });
  return rows.map((row) => {
    const [n, bytes, late] = row.slice(4).map(Number);
    return { ...infoOf(row), n, bytes, late: late === 1 };
  });
}

/** Whether nothing else reaches into a run, and nothing of it is still to be sent to a history server. */
async function stateOf(
  connection: Connection,
  sensor: number,
  run: readonly Settled[],
): Promise<"alone" | "later" | "never"> {
  const { rows: [row] } = await connection.query({
    sql: `SELECT count(*), ${total(SENT)}, ${total("late")} ${OVERLAPPING}`,
    args: [sensor, run[0].firstMs, run[run.length - 1].lastMs + 1],
  });
  const [all, sent, late] = row.map(Number);
  if (late > 0 || sent < all) return "later";
  return all === run.length ? "alone" : "never";
}
