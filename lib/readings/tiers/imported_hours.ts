/**
 * DESIGN. Hourly values from elsewhere are rows `imported` of `summaries`. How many readings they stand for is not
 * known: each counts as one. They are there for hours without readings of their own; where such come later, the
 * imported hour goes: with an import of readings in the same transaction, else when the index is made.
 */
import { PerchError } from "../../base/errors.ts";
import type { SqlStatement } from "../../db/client.ts";
import { HOUR_MS } from "../../words/times.ts";
import { scaleSlice } from "../chunk.ts";
import { moveImporter } from "../importer_store.ts";
import type { Imported, ImportedHours } from "../importing.ts";
import type { Sums } from "../minutes.ts";
import { POW10, RAW } from "../scale.ts";
import type { Series } from "../series.ts";
import type { Tail } from "../tail.ts";
import { type BlockDeps, readBlock } from "./block_sums.ts";
import { BLOCK_MS, blockOf, packSummary } from "./summary.ts";
import {
  countedSummaries,
  deleteSummary,
  insertSummary,
  readSummaries,
  type ReadSummary,
  type SummaryDeps,
} from "./summary_store.ts";
import { addUp } from "./sums.ts";
import { unindex } from "./waterfall.ts";

/** Blocks that one step reads: their readings have to be looked at. */
const BLOCKS_MOST = 4;

/** Stores hourly values; see `ImportStore.importHours`. */
export async function importHoursStep(
  deps: BlockDeps,
  { sensor, tMs, min, mean, max, importer }: ImportedHours,
  dryRun = false,
): Promise<Imported> {
  const hours = hoursOf(tMs);
  const series = deps.table.getOrCreate(sensor);
  const statements: SqlStatement[] = [];
  const counts: Imported = { stored: 0, repeated: 0, taken: 0 };
  for (let blocks = 0; counts.taken < hours.length && blocks < BLOCKS_MOST; blocks++) {
    const block = blockOf(hours[counts.taken]);
    const { own, imported } = await readBlock(deps, sensor, block * HOUR_MS);
    const hasReadings = new Set(own.at);
    const known = valuesOf(imported);
    let stored = 0;
    for (; counts.taken < hours.length && blockOf(hours[counts.taken]) === block; counts.taken++) {
      const [i, hour] = [counts.taken, hours[counts.taken]];
      const fresh: HourValues = { min: min[i], mean: mean[i], max: max[i] };
      if (hasReadings.has(hour) || isInTail(series.tail, hour) || isSame(known.get(hour), fresh)) {
        counts.repeated++;
        continue;
      }
      known.set(hour, fresh);
      stored++;
    }
    if (stored === 0) continue;
    counts.stored += stored;
    for (const hour of hasReadings) known.delete(hour);
    statements.push(
      ...imported.map(({ row }) => deleteSummary(row.id)),
      insertSummary(packSummary(sensor, "hour", "imported", sumsOfValues(known))),
      unindex(sensor, block * HOUR_MS, block * HOUR_MS + BLOCK_MS - HOUR_MS),
    );
  }
  if (dryRun) return counts;
  await deps.connection.write([...statements, moveImporter(importer, counts)]);
  if (statements.length > 0) await countSummed(deps, series);
  return counts;
}

/** Counts again what was summed up of a sensor. */
export async function countSummed({ connection }: SummaryDeps, series: Series): Promise<void> {
  const counted = await countedSummaries(connection, series.sensor);
  series.summed = counted.get(series.sensor) ?? {};
}

/**
 * What takes imported hours away in which a sensor gets readings of its own; belongs into the transaction that
 * stores those, and `countSummed` behind it. Empty when there are none, which costs nothing.
 */
export async function importedHoursGone(
  deps: SummaryDeps,
  series: Series,
  tMs: Float64Array,
): Promise<SqlStatement[]> {
  const total = series.summed["hour imported"];
  if (total === undefined || tMs.length === 0) return [];
  const [fromMs, toMs] = [tMs[0] - HOUR_MS, tMs[tMs.length - 1] + 1];
  if (total.untilMs <= fromMs || total.oldestMs >= toMs) return [];
  const { sensor } = series;
  const range = { sensor, tier: "hour", source: "imported", fromMs, toMs } as const;
  const gone = new Set<number>();
  for (const t of tMs) gone.add(Math.floor(t / HOUR_MS));
  return withoutHours(sensor, await readSummaries(deps, range), gone).statements;
}

/** Rows of imported hours without some of these; what is left, and what changes the rows that had one. */
export function withoutHours(
  sensor: number,
  imported: readonly ReadSummary[],
  gone: ReadonlySet<number>,
): { left: Sums[]; statements: SqlStatement[] } {
  const left: Sums[] = [];
  const statements: SqlStatement[] = [];
  for (const { row, sums: hours } of imported) {
    const keeps = [...hours.at.keys()].filter((i) => !gone.has(hours.at[i]));
    const rest = picked(hours, keeps);
    if (keeps.length > 0) left.push(rest);
    if (keeps.length === hours.at.length) continue;
    statements.push(deleteSummary(row.id), unindex(sensor, row.firstMs, row.lastMs));
    if (keeps.length > 0) {
      statements.push(insertSummary(packSummary(sensor, "hour", "imported", rest)));
    }
  }
  return { left, statements };
}

function picked({ exponent, at, n, min, max, sum }: Sums, keeps: readonly number[]): Sums {
  const some = (column: Float64Array) => Float64Array.from(keeps, (i) => column[i]);
  return { exponent, at: some(at), n: some(n), min: some(min), max: some(max), sum: some(sum) };
}

interface HourValues {
  min: number;
  mean: number;
  max: number;
}

function isSame(known: HourValues | undefined, { min, mean, max }: HourValues): boolean {
  return known !== undefined && known.min === min && known.mean === mean && known.max === max;
}

function hoursOf(tMs: Float64Array): Float64Array {
  const hours = tMs.map((t) => t / HOUR_MS);
  const isWrong = hours.some((hour, i) => hour % 1 !== 0 || (i > 0 && hour <= hours[i - 1]));
  if (isWrong) throw new PerchError("internal", "imported hours are not full hours in order");
  return hours;
}

function isInTail(tail: Tail, hour: number): boolean {
  return tail.firstFrom(hour * HOUR_MS) < tail.firstFrom((hour + 1) * HOUR_MS);
}

function valuesOf(imported: readonly ReadSummary[]): Map<number, HourValues> {
  const values = new Map<number, HourValues>();
  const all = addUp(imported.map(({ sums }) => sums));
  const scale = all.exponent === RAW ? 1 : POW10[all.exponent];
  all.at.forEach((hour, i) => {
    values.set(hour, {
      min: all.min[i] / scale,
      mean: all.sum[i] / all.n[i] / scale,
      max: all.max[i] / scale,
    });
  });
  return values;
}

function sumsOfValues(values: ReadonlyMap<number, HourValues>): Sums {
  const at = Float64Array.from(values.keys()).sort();
  const k = at.length;
  const value = new Float64Array(3 * k);
  at.forEach((hour, i) => {
    const { min, mean, max } = values.get(hour)!;
    value.set([min, mean, max], 3 * i);
  });
  const nothing = { tMs: value, flags: new Uint8Array(0), seq: null };
  const scaled = scaleSlice({ n: 3 * k, value, ...nothing });
  const isWhole = scaled !== null && scaled.exceptions.length === 0;
  const numbers = isWhole ? scaled.mantissa : value;
  const column = (offset: number) => at.map((_, i) => numbers[3 * i + offset]);
  return {
    exponent: isWhole ? scaled.exponent : RAW,
    at,
    n: new Float64Array(k).fill(1),
    min: column(0),
    sum: column(1),
    max: column(2),
  };
}
