import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { chunksOf } from "./chunk_store.ts";
import { EARLIEST_MS } from "./reading.ts";
import type { Series, SeriesTable } from "./series.ts";
import { firstFrom } from "./slice.ts";
import type { LastValue } from "./store.ts";

/**
 * The latest reading of every sensor that is not after `notAfterMs`: of readings from the future, as devices
 * with a wrong clock have left them, the latest before them stands for the present value. A sensor that has
 * nothing else is given with its newest. What was imported is no present value.
 */
export async function lastValues(
  table: SeriesTable,
  connection: Connection,
  cache: ChunkCache,
  notAfterMs: number,
): Promise<LastValue[]> {
  const found: LastValue[] = [];
  for (const series of table.all()) {
    const { sensor, newestMs, newestValue, ownLast } = series;
    if (newestMs === -Infinity || ownLast?.tMs === -Infinity) continue;
    if (ownLast !== null && ownLast.tMs <= notAfterMs) {
      found.push({ sensor, tMs: ownLast.tMs, value: ownLast.value });
      continue;
    }
    const newest = { sensor, tMs: newestMs, value: newestValue };
    if (newestMs <= notAfterMs) found.push(newest);
    else found.push(await latestOf(series, connection, cache, notAfterMs) ?? newest);
  }
  return found;
}

async function latestOf(
  { sensor, tail }: Series,
  connection: Connection,
  cache: ChunkCache,
  notAfterMs: number,
): Promise<LastValue | null> {
  let best: LastValue | null = null;
  const at = tail.firstAfter(notAfterMs) - 1;
  if (at >= 0) best = { sensor, tMs: tail.time(at), value: tail.value(at) };
  const chunks = await chunksOf(connection, sensor, EARLIEST_MS, notAfterMs + 1);
  chunks.sort((a, b) => b.lastMs - a.lastMs || b.rank - a.rank);
  for (const { id, lastMs } of chunks) {
    // What is left is older.
    if (best !== null && best.tMs >= Math.min(lastMs, notAfterMs)) break;
    const slice = await cache.get(id);
    const last = slice === null ? -1 : firstFrom(slice, notAfterMs + 1) - 1;
    if (last < 0 || (best !== null && slice!.tMs[last] <= best.tMs)) continue;
    best = { sensor, tMs: slice!.tMs[last], value: slice!.value[last] };
  }
  return best;
}
