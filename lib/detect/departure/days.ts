/** Numbers by the day over a good two weeks: what was reached, and how much it differs from one day to the next. */
import { DAY_MS } from "../../words/times.ts";
import type { StateReader, StateWriter } from "../bytes.ts";

const DAYS = 16;
/** A day with fewer slots than this says nothing. */
const SLOTS_LEAST = 3;

/**
 * What the whole days before say, but for yesterday: what goes away slowly must not be measured against its
 * own beginning.
 */
export interface Past {
  days: number;
  high: number;
  low: number;
  /** How much further highs, and lows, may go by what they differ from day to day. */
  highStep: number;
  lowStep: number;
  /** Longest time without rest, most switches within an hour, days on which few different values came. */
  awakeMs: number;
  switches: number;
  few: number;
  /** Days that went from one end of the range to the other: something keeps the sensor there. */
  kept: number;
}

/** Five of the largest step, or twelve of the middle one: a weekend must not make a sensor deaf. */
const LARGEST = 5, MIDDLE = 12;

function reach(steps: number[]): number {
  if (steps.length === 0) return Infinity;
  steps.sort((a, b) => a - b);
  return Math.min(LARGEST * steps[steps.length - 1], MIDDLE * steps[steps.length >> 1]);
}

/** A day that is kept comes within this share of the range of both its ends. */
const KEPT_SHARE = 0.4;

/** Columns of a day. */
const HIGH = 0, LOW = 1, SLOTS = 2, AWAKE = 3, SWITCHES = 4, FEW = 5, COLUMNS = 6;

export class Days {
  #day = NaN;
  readonly #rows = new Float64Array(DAYS * COLUMNS);
  #past: Past | null = null;

  /** Opens the day of a time; true when that is a new one. */
  open(tMs: number): boolean {
    const day = Math.floor(tMs / DAY_MS);
    if (day <= this.#day) return false;
    const from = Number.isNaN(this.#day) ? day - DAYS : Math.max(this.#day, day - DAYS);
    for (let d = from + 1; d <= day; d++) this.#clear(d);
    this.#day = day;
    this.#past = null;
    return true;
  }

  #clear(day: number): void {
    const at = this.#at(day);
    this.#rows.fill(0, at, at + COLUMNS);
    this.#rows[at + HIGH] = -Infinity;
    this.#rows[at + LOW] = Infinity;
    this.#rows[at + FEW] = 1;
  }

  #at(day: number): number {
    return (((day % DAYS) + DAYS) % DAYS) * COLUMNS;
  }

  /** A slot of the present day, by its mean. */
  slot(mean: number): void {
    const at = this.#at(this.#day), rows = this.#rows;
    if (mean > rows[at + HIGH]) rows[at + HIGH] = mean;
    if (mean < rows[at + LOW]) rows[at + LOW] = mean;
    rows[at + SLOTS]++;
  }

  awake(ms: number): void {
    const at = this.#at(this.#day) + AWAKE;
    if (ms > this.#rows[at]) this.#rows[at] = ms;
  }

  switches(n: number): void {
    const at = this.#at(this.#day) + SWITCHES;
    if (n > this.#rows[at]) this.#rows[at] = n;
  }

  /** Many different values came today. */
  varied(): void {
    this.#rows[this.#at(this.#day) + FEW] = 0;
  }

  /** What is known from the days before yesterday. */
  past(): Past {
    return this.#past ??= this.#look();
  }

  #look(): Past {
    const rows = this.#rows;
    const past: Past = {
      days: 0,
      high: -Infinity,
      low: Infinity,
      highStep: 0,
      lowStep: 0,
      awakeMs: 0,
      switches: 0,
      few: 0,
      kept: 0,
    };
    const highs: number[] = [], lows: number[] = [];
    let before = -1;
    for (let day = this.#day - DAYS + 1; day < this.#day - 1; day++) {
      const at = this.#at(day);
      if (!(rows[at + SLOTS] >= SLOTS_LEAST)) continue;
      past.days++;
      past.high = Math.max(past.high, rows[at + HIGH]);
      past.low = Math.min(past.low, rows[at + LOW]);
      past.awakeMs = Math.max(past.awakeMs, rows[at + AWAKE]);
      past.switches = Math.max(past.switches, rows[at + SWITCHES]);
      past.few += rows[at + FEW];
      if (before >= 0) {
        highs.push(Math.abs(rows[at + HIGH] - rows[before + HIGH]));
        lows.push(Math.abs(rows[at + LOW] - rows[before + LOW]));
      }
      before = at;
    }
    past.highStep = reach(highs);
    past.lowStep = reach(lows);
    const share = KEPT_SHARE * (past.high - past.low);
    for (let day = this.#day - DAYS + 1; day < this.#day - 1; day++) {
      const at = this.#at(day);
      if (!(rows[at + SLOTS] >= SLOTS_LEAST)) continue;
      if (rows[at + HIGH] >= past.high - share && rows[at + LOW] <= past.low + share) past.kept++;
    }
    return past;
  }

  /** Forgets everything: what was a departure is usual from now on. */
  forget(tMs: number): void {
    this.#day = NaN;
    this.open(tMs);
  }

  save(w: StateWriter): void {
    w.f64(this.#day).f64s(this.#rows);
  }

  load(r: StateReader): void {
    this.#day = r.f64();
    r.f64s(this.#rows);
    this.#past = null;
  }
}
