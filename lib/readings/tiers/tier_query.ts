/** What queries take from the tiers of minutes and hours, and from the index. */
import { HOUR_MS } from "../../words/times.ts";
import type { BucketSums } from "../buckets.ts";
import type { Series } from "../series.ts";
import type { Tier } from "../store.ts";
import { BLOCK_MS, type SummarySource, type SummaryTier, UNIT_MS } from "./summary.ts";
import { lastEnd, readSummaries, type SummaryDeps } from "./summary_store.ts";

interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Where summed-up readings of a sensor lie. */
const PLACES: readonly { tier: SummaryTier; source: SummarySource }[] = [
  { tier: "minute", source: "own" },
  { tier: "hour", source: "own" },
  { tier: "hour", source: "imported" },
];

/** The coarsest tier that a range touches, and up to where it was summed up. */
export interface Touched {
  tier: Tier;
  summedUntilMs: number | null;
}

export async function touchedBy(
  deps: SummaryDeps,
  series: Series | undefined,
  { fromMs, toMs }: Stretch,
): Promise<Touched> {
  let tier: Tier = "raw";
  let untilMs = -Infinity;
  for (const place of PLACES) {
    if (series === undefined || !reaches(series, place, { fromMs, toMs })) continue;
    const lastMs = await lastUnit(deps, series, place, { fromMs, toMs });
    if (lastMs === null) continue;
    tier = place.tier;
    untilMs = Math.max(untilMs, lastMs + UNIT_MS[place.tier]);
  }
  return { tier, summedUntilMs: untilMs === -Infinity ? null : Math.min(untilMs, toMs) };
}

function reaches(
  { summed }: Series,
  { tier, source }: { tier: SummaryTier; source: SummarySource },
  { fromMs, toMs }: Stretch,
): boolean {
  const total = summed[`${tier} ${source}`];
  return total !== undefined && total.oldestMs < toMs && total.untilMs > fromMs;
}

/** The last minute or hour that begins in a stretch; null: none does. */
async function lastUnit(
  deps: SummaryDeps,
  { sensor, summed }: Series,
  place: { tier: SummaryTier; source: SummarySource },
  { fromMs, toMs }: Stretch,
): Promise<number | null> {
  const unitMs = UNIT_MS[place.tier];
  const total = summed[`${place.tier} ${place.source}`]!;
  if (total.untilMs <= toMs) return total.untilMs - unitMs;
  let found = await lastEnd(deps.connection, { sensor, ...place, fromMs, toMs });
  // Of a row that goes on behind the stretch only what it says shows what it has within.
  for (
    const { row, sums: part } of await readSummaries(deps, { sensor, ...place, fromMs: toMs, toMs })
  ) {
    if (row.firstMs >= fromMs) found = Math.max(found ?? row.firstMs, row.firstMs);
    for (const unit of part.at) {
      const ms = unit * unitMs;
      if (ms >= fromMs && ms < toMs) found = Math.max(found ?? ms, ms);
    }
  }
  return found;
}

/** Which times of a stretch lie in a minute or hour that took the place of readings; null: none does. */
export async function summedUpWithin(
  deps: SummaryDeps,
  series: Series,
  { fromMs, toMs }: Stretch,
): Promise<((tMs: number) => boolean) | null> {
  const found: { unitMs: number; units: Set<number> }[] = [];
  for (const place of PLACES) {
    if (place.source !== "own" || !reaches(series, place, { fromMs, toMs })) continue;
    const unitMs = UNIT_MS[place.tier];
    const range = { sensor: series.sensor, ...place, fromMs: fromMs - unitMs + 1, toMs };
    const units = new Set<number>();
    for (const { sums: part } of await readSummaries(deps, range)) {
      for (const unit of part.at) units.add(unit);
    }
    found.push({ unitMs, units });
  }
  if (found.length === 0) return null;
  return (tMs) => found.some(({ unitMs, units }) => units.has(Math.floor(tMs / unitMs)));
}

/** Adds what minutes and hours of a stretch say, by where they begin. */
export async function addTiers(
  deps: SummaryDeps,
  sums: BucketSums,
  series: Series,
  { fromMs, toMs }: Stretch,
): Promise<void> {
  for (const place of PLACES) {
    if (!reaches(series, place, { fromMs, toMs })) continue;
    const range = { sensor: series.sensor, ...place, fromMs, toMs };
    for (const { sums: part } of await readSummaries(deps, range)) {
      sums.addUnits(part, UNIT_MS[place.tier], fromMs, toMs);
    }
  }
}

/**
 * Adds what the index says of a stretch of whole hours. Gives the stretches that it says nothing about: those are
 * answered from all the rest.
 */
export async function addIndex(
  deps: SummaryDeps,
  sums: BucketSums,
  series: Series,
  { fromMs, toMs }: Stretch,
): Promise<Stretch[]> {
  const place = { tier: "hour", source: "index" } as const;
  if (fromMs >= toMs) return [];
  if (!reaches(series, place, { fromMs, toMs })) return [{ fromMs, toMs }];
  const range = { sensor: series.sensor, ...place, fromMs, toMs };
  const left: Stretch[] = [];
  let atMs = fromMs;
  for (const { row, sums: part } of await readSummaries(deps, range)) {
    sums.addUnits(part, HOUR_MS, fromMs, toMs);
    if (row.firstMs > atMs) left.push({ fromMs: atMs, toMs: row.firstMs });
    atMs = row.firstMs + BLOCK_MS;
  }
  if (atMs < toMs) left.push({ fromMs: atMs, toMs });
  return left;
}
