/**
 * DESIGN. A row of `summaries` is signed together with its columns, so that a flipped bit in any of them, and a blob
 * that stands in another row, is found.
 */
import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import { FormatError } from "../bytes.ts";
import { checksumOf } from "../checksum.ts";
import type { Sums } from "../minutes.ts";
import { isOfRow, isOfSensor, packSums, unpackSums } from "./packed_sums.ts";
import { countOf } from "./sums.ts";

export type SummaryTier = "minute" | "hour";
/** `own`: took the place of readings; `imported`: from elsewhere; `index`: derived from everything else. */
export type SummarySource = "own" | "imported" | "index";

export const UNIT_MS: Record<SummaryTier, number> = { minute: MINUTE_MS, hour: HOUR_MS };
/** Hours of one row: about ten days. */
export const BLOCK_HOURS = 256;
export const BLOCK_MS = BLOCK_HOURS * HOUR_MS;

export const TIER_CODES: Record<SummaryTier, number> = { minute: 1, hour: 2 };
export const SOURCE_CODES: Record<SummarySource, number> = { own: 1, imported: 2, index: 3 };

export interface SummaryColumns {
  sensor: number;
  tier: SummaryTier;
  source: SummarySource;
  firstMs: number;
  /** Start of the last minute or hour. */
  lastMs: number;
  n: number;
  bytes: number;
}

export interface SummaryRow extends SummaryColumns {
  data: Uint8Array;
}

/** What a sensor has in one tier from one source. */
export interface SummaryTotal {
  rows: number;
  n: number;
  bytes: number;
  /** First minute or hour, and the end of the last one. */
  oldestMs: number;
  untilMs: number;
}

export type SummaryTotals = Partial<Record<`${SummaryTier} ${SummarySource}`, SummaryTotal>>;

/** Packs sums for their row. A row of the index is of its whole block, whatever it has hours of. */
export function packSummary(
  sensor: number,
  tier: SummaryTier,
  source: SummarySource,
  sums: Sums,
): SummaryRow {
  const columns = (bytes: number) => columnsFor(sensor, tier, source, sums, bytes);
  const data = packSums(
    sums,
    sensor,
    (bytes) => checksum(columns(bytes)),
    tier === "hour",
  );
  return { ...columns(data.length), data };
}

function columnsFor(
  sensor: number,
  tier: SummaryTier,
  source: SummarySource,
  sums: Sums,
  bytes: number,
): SummaryColumns {
  const [first, last] = [sums.at[0], sums.at[sums.at.length - 1]];
  const block = blockOf(first);
  const [from, to] = source === "index" ? [block, block + BLOCK_HOURS - 1] : [first, last];
  const unitMs = UNIT_MS[tier];
  return {
    sensor,
    tier,
    source,
    firstMs: from * unitMs,
    lastMs: to * unitMs,
    n: countOf(sums),
    bytes,
  };
}

/** First hour of the block that an hour is in. */
export function blockOf(hour: number): number {
  return Math.floor(hour / BLOCK_HOURS) * BLOCK_HOURS;
}

/** What a row says. @throws FormatError unless it is what was written there */
export function unpackSummary(row: SummaryRow): Sums {
  const { data, sensor } = row;
  if (!isOfSensor(data, sensor) || !isOfRow(data, checksum(row)) || row.bytes !== data.length) {
    throw new FormatError("its checksum does not match");
  }
  return unpackSums(data);
}

/** Which columns a blob was signed for, when only those of its row are damaged; null: the blob is not whole. */
export function identify(sensors: Iterable<number>, data: Uint8Array): SummaryColumns | null {
  for (const sensor of sensors) {
    if (!isOfSensor(data, sensor)) continue;
    const sums = unpackSums(data);
    for (const tier of Object.keys(TIER_CODES) as SummaryTier[]) {
      for (const source of Object.keys(SOURCE_CODES) as SummarySource[]) {
        const columns = columnsFor(sensor, tier, source, sums, data.length);
        if (isOfRow(data, checksum(columns))) return columns;
      }
    }
  }
  return null;
}

function checksum({ sensor, tier, source, firstMs, lastMs, n, bytes }: SummaryColumns): number {
  return checksumOf([
    sensor,
    TIER_CODES[tier],
    SOURCE_CODES[source],
    firstMs,
    lastMs,
    n,
    bytes,
  ]);
}
