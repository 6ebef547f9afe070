import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import { scaleSlice } from "../chunk.ts";
import type { ChunkCache } from "../chunk_cache.ts";
import { thinChunksOf } from "../chunk_store.ts";
import { type Sums, sumUp } from "../minutes.ts";
import { firstFrom, subslice } from "../slice.ts";
import { checkedMinutesOf } from "../summaries.ts";
import { BLOCK_MS } from "./summary.ts";
import { readSummaries, type ReadSummary, type SummaryDeps } from "./summary_store.ts";
import { addUp, between } from "./sums.ts";

export interface BlockDeps extends SummaryDeps {
  cache: ChunkCache;
  uncheckedChunk: number;
}

/** The hours of one block of a sensor, apart from what is not sealed. */
export interface BlockSums {
  /** From readings, wherever they are. */
  own: Sums;
  imported: ReadSummary[];
  /** Something of it is damaged. */
  isDamaged: boolean;
}

/** Reads everything that a sensor has in the block from `fromMs` on. */
export async function readBlock(
  deps: BlockDeps,
  sensor: number,
  fromMs: number,
): Promise<BlockSums> {
  const toMs = fromMs + BLOCK_MS;
  const { minutes, hours } = await chunkSums(deps, sensor, fromMs, toMs);
  const stored = (tier: "minute" | "hour", source: "own" | "imported") =>
    readSummaries(deps, { sensor, tier, source, fromMs, toMs });
  for (const { sums } of await stored("minute", "own")) minutes.push(sums);
  for (const { sums } of await stored("hour", "own")) hours.push(sums);
  const within = minutes.map((part) => between(part, fromMs / MINUTE_MS, toMs / MINUTE_MS));
  return {
    own: addUp([addUp(within, HOUR_MS / MINUTE_MS), ...hours]),
    imported: await stored("hour", "imported"),
    isDamaged: deps.damage.within(sensor, fromMs, toMs).length > 0,
  };
}

async function chunkSums(
  deps: BlockDeps,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<{ minutes: Sums[]; hours: Sums[] }> {
  const { connection, cache } = deps;
  const { minutes, damaged } = await checkedMinutesOf(deps, sensor, fromMs, toMs);
  const thin = await thinChunksOf(connection, sensor, fromMs, toMs);
  const hours: Sums[] = [];
  for (const { id } of [...thin, ...damaged]) {
    const slice = await cache.get(id);
    if (slice === null) continue;
    const part = subslice(slice, firstFrom(slice, fromMs), firstFrom(slice, toMs));
    if (part.n > 0) hours.push(sumUp(part, scaleSlice(part), HOUR_MS));
  }
  return { minutes, hours };
}
