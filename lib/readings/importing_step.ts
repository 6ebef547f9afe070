/**
 * DESIGN. Readings from elsewhere become chunks at once. What touches them is read, once each; what is stored
 * already, in chunks, in the tail or earlier in the block, is left out by a merge in time order. The rest is
 * written in place of the settled chunks that it overlaps; a small chunk before it joins, so that many blocks do not
 * leave many small chunks. Late parts are compared, and left for merging. All sensors of a block, and how far their
 * importer is, are one transaction. The tail and the journal are not touched: `rank` is that of the last seal, since
 * what is rebuilt of a damaged row takes the highest rank for where its journal begins.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { type ChunkDraft, draftChunks, INFO, infoOf, OVERLAPPING, whole } from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import { moveImporter, writeOwnLast } from "./importer_store.ts";
import type { ImportBlock, Imported } from "./importing.ts";
import { FLAG_PAST } from "./reading.ts";
import { markRepeated, markStored, type Timed } from "./repeated.ts";
import type { Old } from "./replacing.ts";
import type { OwnLast, Series, SeriesTable } from "./series.ts";
import { replaceSeries } from "./series_row.ts";
import { firstFrom, mergeSlices, type Slice } from "./slice.ts";
import { countSummed, importedHoursGone } from "./tiers/imported_hours.ts";
import { summedUpWithin } from "./tiers/tier_query.ts";

/** Smaller ones for tests. */
export interface ImportLimits {
  /** Readings of chunks that one step reads and writes: 10 to 25 ms here, some 50 ms on a Raspberry Pi. */
  stepReadings: number;
  /** A chunk of fewer readings is joined with what is written behind it. */
  smallReadings: number;
}
const LIMITS: ImportLimits = { stepReadings: 30_000, smallReadings: 4_000 };

export interface ImportingDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
  damage: DamageBook;
  uncheckedChunk: number;
  limits?: ImportLimits;
}

/** What becomes of one part of a block. */
interface Plan {
  series: Series;
  /** Readings that are done with by it, and 1 for each of them that is stored already. */
  taken: number;
  there: Uint8Array;
  /** What is written, in time order; empty: all was there. */
  fresh: Slice;
  /** Chunks in whose place it is written. */
  olds: Old[];
  drafts: ChunkDraft[];
  /** Readings that were read and written for it. */
  cost: number;
}

/** Stores what is not there yet of as many readings of a block as one step takes. */
export async function importStep(
  deps: ImportingDeps,
  block: ImportBlock,
  dryRun = false,
): Promise<Imported> {
  const plans: Plan[] = [];
  const seen = new Set<number>();
  let [at, left] = [0, (deps.limits ?? LIMITS).stepReadings];
  for (let p = 0; p < block.sensor.length && left > 0; p++) {
    const sensor = block.sensor[p];
    // What was planned of it is not stored yet.
    if (seen.has(sensor)) break;
    seen.add(sensor);
    const n = block.n[p];
    const [tMs, value] = [block.tMs.subarray(at, at + n), block.value.subarray(at, at + n)];
    const plan = await planPart(deps, deps.table.getOrCreate(sensor), { n, tMs, value }, left);
    plans.push(plan);
    at += n;
    left -= plan.cost;
    if (plan.taken < n) break;
  }
  const taken = plans.reduce((sum, plan) => sum + plan.taken, 0);
  const stored = plans.reduce((sum, plan) => sum + plan.fresh.n, 0);
  const imported = { stored, repeated: taken - stored, taken };
  if (dryRun) return { ...imported, there: joined(plans.map(({ there }) => there), taken) };
  await write(deps, plans, moveImporter(block.importer, imported));
  return imported;
}

async function planPart(
  deps: ImportingDeps,
  series: Series,
  part: Timed,
  left: number,
): Promise<Plan> {
  const nothing = { series, olds: [], drafts: [] };
  if (part.n === 0) {
    return { ...nothing, taken: 0, there: new Uint8Array(0), fresh: sliceOf(part), cost: 0 };
  }
  const { olds, untilMs } = await touching(deps, series, part, left);
  const taken = firstFrom(sliceOf(part), untilMs);
  const given: Timed = {
    n: taken,
    tMs: part.tMs.subarray(0, taken),
    value: part.value.subarray(0, taken),
  };
  const read = olds.reduce((sum, { n }) => sum + n, 0);
  const there = await thereOf(deps, series, given, olds);
  const fresh = freshOf(given, there);
  if (fresh.n === 0) return { ...nothing, taken, there, fresh, cost: taken + read };
  const [firstMs, lastMs] = [fresh.tMs[0], fresh.tMs[fresh.n - 1]];
  const beside = olds.filter((old) => !old.late && old.lastMs >= firstMs && old.firstMs <= lastMs);
  const fromMs = Math.min(firstMs, ...beside.map((old) => old.firstMs));
  const before = await smallBefore(deps, series, fromMs);
  const replaced = [...before, ...beside];
  const settled = mergeSlices([...replaced.map(({ slice }) => slice), fresh]);
  const rank = Math.min(series.sealedGroup, ...replaced.map((old) => old.rank));
  const drafts = draftChunks(series.sensor, settled, rank, false);
  return { series, taken, there, fresh, olds: replaced, drafts, cost: settled.n + read };
}

/** The chunks that the readings touch, as many as one step takes, and the time that they end with. */
async function touching(
  { connection, cache }: ImportingDeps,
  series: Series,
  { n, tMs }: Timed,
  left: number,
): Promise<{ olds: Old[]; untilMs: number }> {
  if (series.sealedChunks === 0 || tMs[0] > series.sealedNewestMs) {
    return { olds: [], untilMs: Infinity };
  }
  const { rows } = await connection.query({
    sql: `${OLD_COLUMNS}${OVERLAPPING} ORDER BY first_ms, rank, id`,
    args: [series.sensor, tMs[0], tMs[n - 1] + 1],
  });
  const olds: Old[] = [];
  let readings = 0;
  for (const row of rows) {
    const old = oldOf(row);
    // Parts that all begin before the readings are taken together, whatever their number.
    if (readings > 0 && readings + old.n > left && old.firstMs > tMs[0]) {
      return { olds, untilMs: old.firstMs };
    }
    readings += old.n;
    const slice = await cache.read(old.id);
    if (slice !== null) olds.push({ ...old, slice });
  }
  return { olds, untilMs: Infinity };
}

/** 1 for each of the readings that is stored already, or stands twice among them. */
async function thereOf(
  deps: ImportingDeps,
  series: Series,
  given: Timed,
  olds: readonly Old[],
): Promise<Uint8Array> {
  const { n, tMs } = given;
  const found = new Uint8Array(n);
  if (n === 0) return found;
  markRepeated(given, found);
  for (const { slice } of olds) markStored(given, slice, found);
  const { tail } = series;
  const [from, to] = [tail.firstFrom(tMs[0]), tail.firstAfter(tMs[n - 1])];
  if (to > from) markStored(given, tail.copy(from, to), found);
  // Which readings were summed up is not known any more: what lies in their minutes and hours counts as there.
  const isSummedUp = await summedUpWithin(deps, series, { fromMs: tMs[0], toMs: tMs[n - 1] + 1 });
  for (let i = 0; isSummedUp !== null && i < n; i++) if (isSummedUp(tMs[i])) found[i] = 1;
  return found;
}

/** Those that are not. */
function freshOf(given: Timed, found: Uint8Array): Slice {
  const { n, tMs, value } = given;
  const left = found.reduce((sum, one) => sum - one, n);
  if (left === n) return sliceOf(given);
  const fresh = { n: left, tMs: new Float64Array(left), value: new Float64Array(left) };
  for (let i = 0, at = 0; i < n; i++) {
    if (found[i]) continue;
    fresh.tMs[at] = tMs[i];
    fresh.value[at++] = value[i];
  }
  return sliceOf(fresh);
}

function joined(parts: readonly Uint8Array[], n: number): Uint8Array {
  const all = new Uint8Array(n);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** As they are stored: they say nothing of now. */
function sliceOf({ n, tMs, value }: Timed): Slice {
  return { n, tMs, value, flags: new Uint8Array(n).fill(FLAG_PAST), seq: null };
}

async function smallBefore(
  { connection, cache, limits = LIMITS }: ImportingDeps,
  series: Series,
  fromMs: number,
): Promise<Old[]> {
  if (series.sealedChunks === 0 || fromMs <= series.sealedOldestMs) return [];
  const { rows } = await connection.query({
    sql: `${OLD_COLUMNS}FROM chunks WHERE sensor = ? AND last_ms < ? ORDER BY last_ms DESC LIMIT 1`,
    args: [series.sensor, fromMs],
    one: true,
  });
  if (rows.length === 0) return [];
  const old = oldOf(rows[0]);
  if (old.late || old.n >= limits.smallReadings) return [];
  // From the disk, not from memory: what is written must be what was read and checked.
  const slice = await cache.read(old.id);
  return slice === null ? [] : [{ ...old, slice }];
}

const OLD_COLUMNS = `SELECT ${INFO}, ${["n", "bytes", "late"].map(whole).join(", ")} `;

function oldOf(row: Parameters<typeof infoOf>[0]): Omit<Old, "slice"> {
  const [n, bytes, late] = row.slice(4).map(Number);
  return { ...infoOf(row), n, bytes, late: late === 1 };
}

/** Totals of a sensor's chunks after a plan. */
function totalsAfter({ series, olds, drafts }: Plan) {
  const sum = (of: "n" | "bytes") =>
    drafts.reduce((total, one) => total + one[of], 0) -
    olds.reduce((total, one) => total + one[of], 0);
  return {
    sealedOldestMs: drafts.reduce(
      (ms, { firstMs }) => Math.min(ms, firstMs),
      series.sealedOldestMs,
    ),
    sealedChunks: series.sealedChunks + drafts.length - olds.length,
    sealedReadings: series.sealedReadings + sum("n"),
    sealedBytes: series.sealedBytes + sum("bytes"),
  };
}

async function write(
  deps: ImportingDeps,
  plans: readonly Plan[],
  importer: SqlStatement,
): Promise<void> {
  const { connection, cache, damage } = deps;
  const writing = plans.filter(({ fresh }) => fresh.n > 0);
  const ids = writing.flatMap(({ olds }) => olds.map(({ id }) => id));
  const gone = damage.gone(ids);
  const hours: SqlStatement[] = [];
  for (const { series, fresh } of writing) {
    hours.push(...await importedHoursGone(deps, series, fresh.tMs));
  }
  await connection.write([
    ...writing.flatMap((plan) => [
      ...plan.drafts.map(({ insert }) => insert),
      ...plan.olds.map(({ id }) => ({ sql: "DELETE FROM chunks WHERE id = ?", args: [id] })),
      seriesRow(plan, connection.kind),
      ...ownLastRow(plan),
    ]),
    ...hours,
    ...gone.statements,
    importer,
  ]);
  gone.applied();
  cache.drop(ids);
  for (const plan of writing) apply(plan);
  if (hours.length > 0) { for (const { series } of writing) await countSummed(deps, series); }
}

/** What was sealed last is signed: it stays as it is unless something newer was imported. */
function seriesRow(plan: Plan, kind: Connection["kind"]): SqlStatement {
  const { series, fresh } = plan;
  const totals = totalsAfter(plan);
  const [oldestMs, chunks] = [totals.sealedOldestMs, totals.sealedChunks];
  const [readings, bytes] = [totals.sealedReadings, totals.sealedBytes];
  const last = fresh.n - 1;
  if (fresh.tMs[last] > series.sealedNewestMs) {
    const newest = { newestMs: fresh.tMs[last], newestValue: fresh.value[last] };
    const { sensor, sealedGroup, maxSeq } = series;
    const row = { sensor, sealedGroup, maxSeq, ...newest, oldestMs, chunks, readings, bytes };
    return replaceSeries(row, kind);
  }
  return {
    sql: "UPDATE series SET oldest_ms = ?, chunks = ?, readings = ?, bytes = ? WHERE sensor = ?",
    args: [oldestMs, chunks, readings, bytes, series.sensor],
  };
}

/** What the sensor said last itself, where something newer was imported; null: it is its newest. */
function ownLastAfter({ series, fresh }: Plan): OwnLast | null {
  const importedUntilMs = fresh.tMs[fresh.n - 1];
  if (importedUntilMs <= series.newestMs) return series.ownLast;
  const { tMs, value } = series.ownLast ?? { tMs: series.newestMs, value: series.newestValue };
  return { importedUntilMs, tMs, value };
}

function ownLastRow(plan: Plan): SqlStatement[] {
  const after = ownLastAfter(plan);
  return after === null || after === plan.series.ownLast
    ? []
    : [writeOwnLast(plan.series.sensor, after)];
}

/** After COMMIT: memory follows. */
function apply(plan: Plan): void {
  const { series, fresh } = plan;
  Object.assign(series, totalsAfter(plan), { ownLast: ownLastAfter(plan) });
  const last = fresh.n - 1;
  const lastMs = fresh.tMs[last];
  if (lastMs > series.sealedNewestMs) series.sealedNewestMs = lastMs;
  if (lastMs <= series.newestMs) return;
  series.newestMs = lastMs;
  series.newestValue = fresh.value[last];
  series.settle();
}
