import { PerchError } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import type { DamageBook } from "./damage.ts";
import { Lost } from "./lost.ts";
import type { SeriesTable } from "./series.ts";
import { mergeSlices, type Slice, subslice } from "./slice.ts";
import type { RawQuery, RawResult } from "./store.ts";
import { touchedBy } from "./tiers/tier_query.ts";
import { windowsOf } from "./windows.ts";

/** Most readings in one answer of `raw`. */
export const RAW_LIMIT = 200_000;
export interface QueryDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
  damage: DamageBook;
  /** Chunks up to this id may be of the version without checksums. */
  uncheckedChunk: number;
}

/** Readings of `[fromMs, toMs)` in time order; see `ReadingsStore.raw`. */
export async function queryRaw(deps: QueryDeps, query: RawQuery): Promise<RawResult> {
  const { fromMs, toMs } = checkRange(query);
  const limit = Math.max(1, Math.min(Math.floor(query.limit), RAW_LIMIT));
  const start = readCursor(query.cursor, fromMs);
  const tail = deps.table.get(query.sensor)?.tail ?? null;
  const parts: Slice[] = [];
  // One more than asked for shows whether there is more.
  let wanted = start.skip + limit + 1;
  const lost = new Lost(deps.damage, query.sensor);
  if (start.tMs < toMs) {
    const { connection, cache } = deps;
    const { sensor } = query;
    const windows = windowsOf(connection, cache, sensor, tail, start.tMs, toMs, lost.add);
    for await (const w of windows) {
      parts.push(subslice(w, 0, Math.min(w.n, wanted)));
      wanted -= w.n;
      if (wanted <= 0) break;
    }
  }
  const found = mergeSlices(parts);
  const from = Math.min(start.skip, found.n);
  const to = Math.min(found.n, from + limit);
  const result = {
    tMs: found.tMs.slice(from, to),
    value: found.value.slice(from, to),
    flags: found.flags.slice(from, to),
    ...(query.withSeq && found.seq !== null ? { seq: found.seq.slice(from, to) } : {}),
  };
  const next = to < found.n ? nextCursor(result.tMs, start) : null;
  const endMs = next === null ? toMs : result.tMs[result.tMs.length - 1] + 1;
  const { summedUntilMs } = await touchedBy(deps, deps.table.get(query.sensor), { fromMs, toMs });
  return { ...result, next, summedUntilMs, damaged: lost.within(start.tMs, endMs) };
}

/** @throws PerchError `validation` where the range is empty */
export function checkRange({ fromMs, toMs }: { fromMs: number; toMs: number }): {
  fromMs: number;
  toMs: number;
} {
  const from = Math.max(0, Math.ceil(fromMs));
  const to = Math.ceil(toMs);
  if (!(from < to)) {
    throw new PerchError("validation", `the range ${fromMs} to ${toMs} is empty`, {
      errors: [{ path: "from", message: "must be before `to`" }],
    });
  }
  return { fromMs: from, toMs: to };
}

/** Where an answer continues: `<time>:<readings of that very time that were given already>`. */
interface Cursor {
  tMs: number;
  skip: number;
}

function readCursor(cursor: string | undefined, fromMs: number): Cursor {
  if (cursor === undefined) return { tMs: fromMs, skip: 0 };
  const match = /^(\d{1,15}):(\d{1,6})$/.exec(cursor);
  if (!match) {
    throw new PerchError("validation", "the cursor is not one that Perch gave", {
      errors: [{ path: "cursor", message: "must be the `next` of the answer before" }],
    });
  }
  return { tMs: Math.max(fromMs, Number(match[1])), skip: Number(match[2]) };
}

function nextCursor(tMs: Float64Array, start: Cursor): string {
  const lastMs = tMs[tMs.length - 1];
  let given = 0;
  while (given < tMs.length && tMs[tMs.length - 1 - given] === lastMs) given++;
  return `${lastMs}:${lastMs === start.tMs ? given + start.skip : given}`;
}
