/** What is written to the card or disk: from the kernel's counters to bytes per day and years. Pure. */
import { DAY_MS } from "../../words/times.ts";
import type { HostBlock, HostSample } from "../host_sample.ts";

/** Bytes a day, as they would be if the time between two samples were usual; null: not measured. */
export interface WriteRates {
  /** To the whole disk, by everything on this host. */
  disk: number | null;
  /** By Perch. */
  perch: number | null;
  /** By Perch's database with its write-ahead log. */
  database: number | null;
  /** Kept pictures of cameras. */
  pictures: number | null;
}

/** Counters of one moment. They begin again when the host or Perch starts. */
export interface WriteCounts {
  atMs: number;
  /** Of which boot the disk's counter is. */
  bootId: string | null;
  disk: number | null;
  perch: number | null;
  database: number | null;
  pictures: number | null;
}

export const NO_RATES: WriteRates = { disk: null, perch: null, database: null, pictures: null };

/** `atMs` by a clock that does not jump. */
export function countsOf(
  sample: HostSample,
  own: { databaseBytes: number | null; pictureBytes: number | null },
  atMs: number,
): WriteCounts {
  return {
    atMs,
    bootId: sample.bootId,
    disk: writtenTo(sample.blocks),
    perch: sample.process?.writtenBytes ?? null,
    database: own.databaseBytes,
    pictures: own.pictureBytes,
  };
}

/** From one moment to the next. A counter that is smaller than before began again: nothing is known of it. */
export function ratesBetween(before: WriteCounts | null, now: WriteCounts): WriteRates {
  if (before === null || now.atMs <= before.atMs) return NO_RATES;
  const perDay = (from: number | null, to: number | null) =>
    from === null || to === null || to < from ? null : (to - from) / (now.atMs - before.atMs) *
      DAY_MS;
  return {
    disk: before.bootId === now.bootId ? perDay(before.disk, now.disk) : null,
    perch: perDay(before.perch, now.perch),
    database: perDay(before.database, now.database),
    pictures: perDay(before.pictures, now.pictures),
  };
}

/** Bytes that all disks of the host were given since the boot; null: it has none that the kernel counts. */
export function writtenTo(blocks: readonly HostBlock[]): number | null {
  return blocks.length === 0 ? null : blocks.reduce((sum, disk) => sum + disk.writtenBytes, 0);
}

const TERA = 1e12;
const YEAR_DAYS = 365.25;
/** Longer than any card is kept: what would be said beyond is no knowledge. */
export const YEARS_MOST = 50;

/** What is assumed of the card. */
export interface CardRating {
  /** Terabytes that it can take, as its maker states (TBW). */
  ratedTb: number;
  /** How many times as much it writes inside as it is given: small writes fill whole blocks. */
  amplification: number;
}

/**
 * Years until a new card has taken what it is rated for, `YEARS_MOST` at most; null where nothing is written or known.
 * An estimate: what the card took before is not known.
 */
export function yearsLeft(
  bytesPerDay: number | null,
  { ratedTb, amplification }: CardRating,
): number | null {
  if (bytesPerDay === null || bytesPerDay <= 0) return null;
  const days = ratedTb * TERA / (bytesPerDay * amplification);
  return Math.min(YEARS_MOST, days / YEAR_DAYS);
}

/** A day's writes, and what is usual. */
export interface WriteTrend {
  /** Bytes a day over what was measured of the last 24 hours; null: less than half an hour was. */
  day: number | null;
  /** Most of the 24 hours was measured. */
  isWhole: boolean;
  /** The usual day: the median of those days of the two weeks before that were measured; null: fewer than three. */
  usual: number | null;
}

export const NO_TREND: WriteTrend = { day: null, usual: null, isWhole: false };
const DAYS_LEAST = 3;

/** What was measured of one day. */
export interface MeasuredDay {
  /** Bytes a day. */
  bytes: number;
  /** Readings, one a minute or less. */
  readings: number;
  /** Hours of which there are readings. */
  hours: number;
}

const READINGS_LEAST = 30;
const HOURS_LEAST = 12;

/** `days`: the latest first. */
export function trendOf(days: readonly MeasuredDay[]): WriteTrend {
  const [last, ...earlier] = days;
  const isWhole = last !== undefined && last.hours >= HOURS_LEAST;
  const day = last !== undefined && last.readings >= READINGS_LEAST ? last.bytes : null;
  const known = earlier.filter(({ hours }) => hours >= HOURS_LEAST).map(({ bytes }) => bytes)
    .toSorted((a, b) => a - b);
  if (known.length < DAYS_LEAST) return { day, isWhole, usual: null };
  const middle = (known.length - 1) / 2;
  return { day, isWhole, usual: (known[Math.floor(middle)] + known[Math.ceil(middle)]) / 2 };
}

/** So much more than usual is worth a word at least: the double of next to nothing is next to nothing. */
const MORE_LEAST = 50e6;

/** Whether a day's writes have doubled against the usual. */
export function hasDoubled({ day, usual, isWhole }: WriteTrend): boolean {
  return isWhole && day !== null && usual !== null && day >= 2 * usual && day - usual >= MORE_LEAST;
}
