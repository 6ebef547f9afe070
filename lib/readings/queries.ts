import { PerchError } from "../base/errors.ts";
import { BucketSums, bucketWidth } from "./buckets.ts";
import type { SeriesTable } from "./series.ts";
import type { BucketQuery, BucketResult, RawQuery, RawResult } from "./store.ts";

/** Most readings in one answer of `raw`. */
export const RAW_LIMIT = 200_000;
/** Most buckets in one answer. */
export const POINTS_LIMIT = 100_000;

export function queryRaw(table: SeriesTable, query: RawQuery): RawResult {
  const { fromMs, toMs } = checkRange(query);
  const limit = Math.max(1, Math.min(query.limit, RAW_LIMIT));
  const tail = table.get(query.sensor)?.tail;
  if (!tail) {
    return {
      tMs: new Float64Array(0),
      value: new Float64Array(0),
      flags: new Uint8Array(0),
      next: null,
    };
  }
  const { tMs: startMs, skip } = readCursor(query.cursor, fromMs);
  const from = Math.min(tail.firstFrom(startMs) + skip, tail.n);
  const end = tail.firstFrom(toMs);
  const to = Math.max(from, Math.min(end, from + limit));
  const { tMs, value, flags } = tail.copy(from, to);
  return { tMs, value, flags, next: to < end ? nextCursor(tMs, startMs, skip) : null };
}

export function queryBuckets(table: SeriesTable, query: BucketQuery): BucketResult {
  const { fromMs, toMs } = checkRange(query);
  const points = Math.max(1, Math.min(Math.floor(query.points), POINTS_LIMIT));
  const sums = new BucketSums(fromMs, toMs, bucketWidth(fromMs, toMs, points));
  const tail = table.get(query.sensor)?.tail;
  if (tail) {
    const end = tail.firstFrom(toMs);
    for (let i = tail.firstFrom(fromMs); i < end; i++) {
      const value = tail.value(i);
      sums.add(tail.time(i), 1, value, value, value);
    }
  }
  return sums.result();
}

function checkRange({ fromMs, toMs }: { fromMs: number; toMs: number }): {
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

/** A cursor is `<time>:<readings of that very time that were given already>`. */
function readCursor(cursor: string | undefined, fromMs: number): { tMs: number; skip: number } {
  if (cursor === undefined) return { tMs: fromMs, skip: 0 };
  const match = /^(\d{1,16}):(\d{1,9})$/.exec(cursor);
  if (!match) {
    throw new PerchError("validation", "the cursor is not one that Perch gave", {
      errors: [{ path: "cursor", message: "must be the `next` of the answer before" }],
    });
  }
  return { tMs: Number(match[1]), skip: Number(match[2]) };
}

function nextCursor(tMs: Float64Array, startMs: number, skip: number): string {
  const lastMs = tMs[tMs.length - 1];
  let given = 0;
  while (given < tMs.length && tMs[tMs.length - 1 - given] === lastMs) given++;
  return `${lastMs}:${lastMs === startMs ? given + skip : given}`;
}
