/**
 * DESIGN. What is computed from other readings is computed again when those change, or the way does: then the
 * readings of a stretch of time are others. Their chunks are read, what lies in the stretch is left out, the new
 * readings are put in, and all of it is written in one transaction together with the tail of the sensor, so that
 * no row of the journal speaks of it any more. A small neighbour joins, so that many short stretches do not leave
 * many small chunks. Chunks that are damaged stay in their place, and what was summed up as it is.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import {
  type ChunkDraft,
  type ChunkInfo,
  draftChunks,
  INFO,
  infoOf,
  OVERLAPPING,
  whole,
} from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import { noteChange } from "./onward_store.ts";
import type { Sealer } from "./sealing.ts";
import type { Series, SeriesTable } from "./series.ts";
import { replaceSeries } from "./series_row.ts";
import { emptySlice, firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { Replaced, Replacement } from "./store.ts";
import { Tail } from "./tail.ts";

/** Chunks that one call reads; the caller goes on where it ended. */
const CHUNKS_MOST = 8;
/** A chunk of fewer readings is joined with what is written behind it. */
const SMALL_READINGS = 4_000;

/** What rewriting a stretch needs. */
export interface ReplacingDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
  damage: DamageBook;
  sealer: Pick<Sealer, "sealedAlone">;
  lastGroup: number;
}

export interface Old extends ChunkInfo {
  n: number;
  bytes: number;
  late: boolean;
  slice: Slice;
}

/** Puts these readings in the place of all that a sensor has from `fromMs` on, up to `toMs` or as far as one step goes. */
export async function replaceStep(
  deps: ReplacingDeps,
  replacement: Replacement,
  extra: readonly SqlStatement[],
): Promise<Replaced> {
  const { sensor, toMs, tMs, value } = replacement;
  const series = deps.table.getOrCreate(sensor);
  const summedMs = summedUntil(series);
  const keptUntilMs = summedMs > replacement.fromMs ? Math.min(summedMs, toMs) : null;
  const fromMs = keptUntilMs ?? replacement.fromMs;
  if (fromMs >= toMs) {
    if (extra.length > 0) await deps.connection.write(extra);
    return { toMs, keptUntilMs };
  }
  const { olds, untilMs } = await oldChunks(deps, sensor, fromMs, toMs);
  const given = { ...emptySlice(), n: tMs.length, tMs, value };
  const [since, until] = [firstFrom(given, fromMs), firstFrom(given, untilMs)];
  const fresh: Slice = {
    n: until - since,
    tMs: tMs.subarray(since, until),
    value: value.subarray(since, until),
    flags: new Uint8Array(until - since),
    seq: null,
  };
  const tail = series.tail.copy(0, series.tail.n);
  const cut = firstFrom(tail, series.sealedNewestMs);
  const outside = (slice: Slice) => without(slice, fromMs, untilMs);
  const settled = mergeSlices([
    ...olds.filter(({ late }) => !late).map(({ slice }) => outside(slice)),
    outside(subslice(tail, cut, tail.n)),
    fresh,
  ]);
  const rank = deps.lastGroup;
  const parts = [
    ...olds.filter(({ late }) => late)
      .map((old) => ({ slice: outside(old.slice), rank: old.rank, late: true })),
    { slice: outside(subslice(tail, 0, cut)), rank, late: true },
    // Late parts of the same moment came after it.
    { slice: settled, rank: Math.min(rank, ...olds.map((old) => old.rank)), late: false },
  ];
  await writeParts(deps, series, olds, parts, [
    ...(untilMs === toMs ? extra : []),
    noteChange({ sensor, fromMs, toMs: untilMs }),
  ]);
  return { toMs: untilMs, keptUntilMs };
}

/** Readings before it were summed up: whoever put others beside the sums would double them. */
function summedUntil({ summed }: Series): number {
  return Math.max(summed["minute own"]?.untilMs ?? 0, summed["hour own"]?.untilMs ?? 0);
}

/** Writes these parts in the place of old chunks and of the tail. */
export async function writeParts(
  deps: ReplacingDeps,
  series: Series,
  olds: readonly Old[],
  parts: readonly { slice: Slice; rank: number; late: boolean }[],
  extra: readonly SqlStatement[],
): Promise<void> {
  const filled = parts.filter(({ slice }) => slice.n > 0);
  await write(deps, series, {
    olds,
    drafts: filled.flatMap(({ slice, rank, late }) =>
      draftChunks(series.sensor, slice, rank, late)
    ),
    written: filled.map(({ slice }) => slice),
    extra,
  });
}

/** What is left of a slice outside `[fromMs, toMs)`. */
function without(slice: Slice, fromMs: number, toMs: number): Slice {
  const [from, to] = [firstFrom(slice, fromMs), firstFrom(slice, toMs)];
  if (from === to) return slice;
  return mergeSlices([subslice(slice, 0, from), subslice(slice, to, slice.n)]);
}

/** The chunks that are written anew: what touches the range, as many as one step takes, and a small one before. */
export async function oldChunks(
  { connection, cache }: ReplacingDeps,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<{ olds: Old[]; untilMs: number }> {
  const columns = `SELECT ${INFO}, ${["n", "bytes", "late"].map(whole).join(", ")} `;
  const { rows } = await connection.query({
    sql: `${columns}${OVERLAPPING} ORDER BY first_ms, rank, id`,
    args: [sensor, fromMs, toMs],
  });
  // Parts that all begin before the range are taken together, whatever their number.
  const next = rows.findIndex((row, i) => i >= CHUNKS_MOST && infoOf(row).firstMs > fromMs);
  const untilMs = next < 0 ? toMs : infoOf(rows[next]).firstMs;
  if (next >= 0) rows.length = next;
  const before = await connection.query({
    sql: `${columns}FROM chunks WHERE sensor = ? AND last_ms < ? AND late = 0 AND n < ? ` +
      "ORDER BY last_ms DESC LIMIT 1",
    args: [sensor, fromMs, SMALL_READINGS],
  });
  const olds: Old[] = [];
  for (const row of [...before.rows, ...rows]) {
    const info = infoOf(row);
    const [n, bytes, late] = row.slice(4).map(Number);
    // From the disk, not from memory: what is written must be what was read and checked.
    const slice = await cache.read(info.id);
    if (slice !== null) olds.push({ ...info, n, bytes, late: late === 1, slice });
  }
  return { olds, untilMs };
}

async function write(
  { connection, cache, table, damage, sealer, lastGroup }: ReplacingDeps,
  series: Series,
  { olds, drafts, written, extra }: {
    olds: readonly Old[];
    drafts: readonly ChunkDraft[];
    written: readonly Slice[];
    extra: readonly SqlStatement[];
  },
): Promise<void> {
  const ids = olds.map(({ id }) => id);
  const sum = (all: readonly { n: number; bytes: number }[], of: "n" | "bytes") =>
    all.reduce((total, one) => total + one[of], 0);
  const rest = await restOf(connection, series.sensor, ids);
  const newest = await newestOf(cache, rest, written);
  const row = {
    ...series,
    ...newest,
    sealedGroup: lastGroup,
    oldestMs: Math.min(rest.oldestMs, ...drafts.map(({ firstMs }) => firstMs)),
    chunks: series.sealedChunks + drafts.length - olds.length,
    readings: series.sealedReadings + sum(drafts, "n") - sum(olds, "n"),
    bytes: series.sealedBytes + sum(drafts, "bytes") - sum(olds, "bytes"),
  };
  const gone = damage.gone(ids);
  await connection.write([
    ...extra,
    ...drafts.map((draft) => draft.insert),
    ...ids.map((id) => ({ sql: "DELETE FROM chunks WHERE id = ?", args: [id] })),
    replaceSeries(
      { ...row, oldestMs: Number.isFinite(row.oldestMs) ? row.oldestMs : 0 },
      connection.kind,
    ),
    ...gone.statements,
  ]);
  gone.applied();
  cache.drop(ids);
  table.tailReadings -= series.tail.n;
  series.tail = new Tail();
  sealer.sealedAlone(series);
  Object.assign(series, {
    exponentHint: 0,
    sealedGroup: lastGroup,
    sealedNewestMs: newest.newestMs,
    newestMs: newest.newestMs,
    newestValue: newest.newestValue,
    sealedOldestMs: row.oldestMs,
    sealedChunks: row.chunks,
    sealedReadings: row.readings,
    sealedBytes: row.bytes,
  });
  series.settle();
}

interface Rest {
  oldestMs: number;
  /** The chunk that ends last; null: none is left. */
  last: { id: number; lastMs: number } | null;
}

/** The chunks of a sensor that stay. */
async function restOf(connection: Connection, sensor: number, gone: number[]): Promise<Rest> {
  const among = `FROM chunks WHERE sensor = ? AND id NOT IN (${gone.map(() => "?").join(", ")})`;
  const args = [sensor, ...gone];
  const last = await connection.query({
    sql: `SELECT ${whole("id")}, ${whole("last_ms")} ${among} ORDER BY last_ms DESC LIMIT 1`,
    args,
  });
  if (last.rows.length === 0) return { oldestMs: Infinity, last: null };
  const oldest = await connection.query({
    sql: `SELECT ${whole("min(first_ms)")} ${among}`,
    args,
  });
  const [id, lastMs] = last.rows[0].map(Number);
  return { oldestMs: Number(oldest.rows[0][0]), last: { id, lastMs } };
}

/** The last reading after the change; of a sensor that has none left, one before all times. */
async function newestOf(
  cache: ChunkCache,
  { last }: Rest,
  written: readonly Slice[],
): Promise<{ newestMs: number; newestValue: number }> {
  const kept = last === null ? null : await cache.get(last.id);
  return [...(kept === null ? [] : [kept]), ...written].reduce(
    (newest, { n, tMs, value }) =>
      tMs[n - 1] < newest.newestMs ? newest : { newestMs: tMs[n - 1], newestValue: value[n - 1] },
    { newestMs: 0, newestValue: 0 },
  );
}
