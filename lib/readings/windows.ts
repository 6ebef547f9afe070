import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { type ChunkInfo, chunksOf } from "./chunk_store.ts";
import { firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { Tail } from "./tail.ts";

/**
 * The readings of a sensor in `[fromMs, toMs)` as consecutive windows in time order, chunks and tail
 * merged. Only the chunks that overlap the current window are in memory, and nothing is read beyond
 * what the caller takes. `tail` null leaves the unsealed readings out. A chunk that is damaged is left out and
 * handed to `lost`.
 */
export async function* windowsOf(
  connection: Connection,
  cache: ChunkCache,
  sensor: number,
  tail: Tail | null,
  fromMs: number,
  toMs: number,
  lost: (chunk: ChunkInfo) => void,
): AsyncGenerator<Slice> {
  const waiting = await chunksOf(connection, sensor, fromMs, toMs);
  let open: ChunkInfo[] = [];
  let next = 0;
  let cursorMs = fromMs;
  while (cursorMs < toMs) {
    while (next < waiting.length && waiting[next].firstMs <= cursorMs) open.push(waiting[next++]);
    const endMs = Math.min(
      toMs,
      ...open.map((chunk) => chunk.lastMs + 1),
      next < waiting.length ? waiting[next].firstMs : Infinity,
    );
    open.sort((a, b) => a.rank - b.rank || a.id - b.id);
    // One millisecond is in order as it comes. A device whose clock stands still may fill many chunks with
    // it, so they are handed on one by one.
    const isMoment = endMs - cursorMs === 1;
    const parts: Slice[] = [];
    for (const chunk of open) {
      const slice = await cache.get(chunk.id);
      if (slice === null) {
        lost(chunk);
        continue;
      }
      const part = within(slice, cursorMs, endMs);
      if (!isMoment) parts.push(part);
      else if (part.n > 0) yield part;
    }
    if (tail !== null) parts.push(tail.copy(tail.firstFrom(cursorMs), tail.firstFrom(endMs)));
    const window = mergeSlices(parts);
    if (window.n > 0) yield window;
    cursorMs = endMs;
    open = open.filter((chunk) => chunk.lastMs >= endMs);
  }
}

function within(slice: Slice, fromMs: number, toMs: number): Slice {
  return subslice(slice, firstFrom(slice, fromMs), firstFrom(slice, toMs));
}
