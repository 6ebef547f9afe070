/**
 * DESIGN. Damage that nobody reads is found by reading it: every chunk is compared with its checksums, a few per
 * step between the commits. The quick pass reads rows and summaries, after each start; the full pass reads
 * everything and remembers how far it is. A chunk that is damaged is noted, and settled when it is intact again:
 * a wire or a memory cell may have been to blame.
 */
import type { Clock } from "../base/clock.ts";
import type { Connection } from "../db/connection.ts";
import { FormatError } from "./bytes.ts";
import { blobOf, type ChunkCache, readRow } from "./chunk_cache.ts";
import { blob, whole } from "./chunk_store.ts";
import { checkExtremes, checkSummary, isSummaryOf } from "./chunk_row.ts";
import { type DamageBook, isDamage } from "./damage.ts";
import { areMinutesSigned } from "./minutes.ts";
import type { SeriesTable } from "./series.ts";
import type { CheckPass, CheckStep } from "./store.ts";
import { deleteSummary, readSummary, summaryIdsAfter } from "./tiers/summary_store.ts";

const QUICK = [
  ...["sensor", "first_ms", "last_ms", "rank", "n", "bytes", "length(data)"].map(whole),
  blob("minutes"),
].join(", ");
/** Chunks of one step: some 20 ms, and some 200 kB read. */
const STEP_CHUNKS: Record<CheckPass, number> = { quick: 64, full: 16 };
/** Rows of `summaries` of one step. */
const STEP_SUMMARIES = 64;
/** How it is remembered that all chunks and the rows of `summaries` up to this one are done. */
const placeAfter = (summary: number) => -summary - 1;
/** Steps after which the place is remembered: a restart repeats no more than these. */
const REMEMBER_STEPS = 32;

export interface ScrubState {
  /** Chunks up to this id may be of the version without checksums. */
  uncheckedChunk: number;
  uncheckedGroup: number;
  /** The full pass continues after this chunk; below 0: it is through with them, see `placeAfter`. */
  nextChunk: number;
  startedMs: number | null;
  finishedMs: number | null;
}

export async function loadScrubState(connection: Connection): Promise<ScrubState> {
  const { rows } = await connection.query({
    sql: "SELECT unchecked_chunk, unchecked_group, next_chunk, started_ms, finished_ms FROM scrub",
  });
  // Without its row nothing is known to be of the old version, and nothing is trusted without a checksum.
  const [uncheckedChunk, uncheckedGroup, nextChunk, startedMs, finishedMs] = rows[0] ??
    [0, 0, 0, null, null];
  const timeOf = (value: unknown) => value === null ? null : Number(value);
  return {
    uncheckedChunk: Number(uncheckedChunk),
    uncheckedGroup: Number(uncheckedGroup),
    nextChunk: Number(nextChunk),
    startedMs: timeOf(startedMs),
    finishedMs: timeOf(finishedMs),
  };
}

interface Checked {
  /** Where the pass continues; 0: it is through. */
  next: number;
  /** Chunks that were looked at. */
  count: number;
}

export function createScrub(deps: {
  connection: Connection;
  cache: ChunkCache;
  damage: DamageBook;
  table: SeriesTable;
  uncheckedChunk: number;
  clock: Clock;
  state: ScrubState;
}): (pass: CheckPass) => Promise<CheckStep> {
  const { connection, cache, damage, clock, uncheckedChunk } = deps;
  const state = { ...deps.state };
  let nextQuick = 0;
  let steps = 0;

  return async (pass) => {
    const after = pass === "quick" ? nextQuick : state.nextChunk;
    if (pass === "full" && after === 0) state.startedMs = clock.now();
    const { next, count } = after < 0
      ? await summariesAfter(-after - 1)
      : await chunksAfter(pass, after);
    const finished = next === 0;
    if (pass === "quick") nextQuick = next;
    else await moveOn(next, finished);
    const { startedMs, finishedMs } = state;
    return {
      chunks: count,
      finished,
      underWay: state.nextChunk !== 0,
      startedMs,
      finishedMs,
    };
  };

  async function chunksAfter(pass: CheckPass, after: number): Promise<Checked> {
    const ids = await idsAfter(after, STEP_CHUNKS[pass]);
    for (const id of ids) await (pass === "quick" ? checkQuickly(id) : checkWholly(id));
    if (ids.length === STEP_CHUNKS[pass]) return { next: ids[ids.length - 1], count: ids.length };
    const isAll = (await summaryIdsAfter(connection, 0, 1)).length === 0;
    return { next: isAll ? 0 : placeAfter(0), count: ids.length };
  }

  async function summariesAfter(after: number): Promise<Checked> {
    const ids = await summaryIdsAfter(connection, after, STEP_SUMMARIES);
    for (const id of ids) await checkSummaryRow(id);
    const isLast = ids.length < STEP_SUMMARIES;
    return { next: isLast ? 0 : placeAfter(ids[ids.length - 1]), count: 0 };
  }

  async function checkSummaryRow(id: number): Promise<void> {
    const read = await readSummary(deps, id);
    if (read !== null) return await damage.settle("tier", id);
    // What is derived is not noted, but made anew.
    if (!damage.has("tier", id)) await connection.write([deleteSummary(id)]);
  }

  async function idsAfter(after: number, most: number): Promise<number[]> {
    const { rows } = await connection.query({
      sql: "SELECT id FROM chunks WHERE id > ? ORDER BY id LIMIT ?",
      args: [after, most],
    });
    return rows.map(([id]) => Number(id));
  }

  async function checkQuickly(id: number): Promise<void> {
    try {
      const { rows } = await connection.query({
        sql: `SELECT ${QUICK} FROM chunks WHERE id = ?`,
        args: [id],
      });
      if (rows.length === 0) throw new FormatError("its row is not there");
      const [sensor, firstMs, lastMs, rank, n, bytes, dataBytes] = rows[0].map(Number);
      const minutes = blobOf(rows[0][7]);
      checkSummary({ sensor, firstMs, lastMs, rank, n, bytes, minutes }, id <= uncheckedChunk);
      if (bytes !== dataBytes + minutes.length) throw new FormatError("its length is another");
    } catch (error) {
      if (!isDamage(error)) throw error;
      await checkWholly(id);
    }
  }

  async function checkWholly(id: number): Promise<void> {
    const slice = await cache.read(id);
    if (slice === null) return;
    await damage.settle("chunk", id);
    const row = await readRow(connection, id);
    try {
      checkSummary(row, id <= uncheckedChunk);
      checkExtremes(row, slice);
      if (!areMinutesSigned(row.minutes) && !isSummaryOf(row.minutes, slice)) {
        throw new FormatError("its summary is not that of its readings");
      }
      await damage.settle("summary", id);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      await damage.record({
        kind: "summary",
        ref: id,
        sensor: row.sensor,
        fromMs: row.firstMs,
        toMs: row.lastMs + 1,
        readings: row.n,
        reason: error.message,
      });
    }
  }

  async function moveOn(next: number, finished: boolean): Promise<void> {
    state.nextChunk = next;
    if (finished) state.finishedMs = clock.now();
    if (!finished && ++steps % REMEMBER_STEPS !== 0) return;
    await connection.write([{
      sql: "UPDATE scrub SET next_chunk = ?, started_ms = ?, finished_ms = ?",
      args: [state.nextChunk, state.startedMs, state.finishedMs],
    }]);
  }
}
