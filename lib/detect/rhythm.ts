/**
 * How long a sensor usually goes without a word, learnt from its own gaps over days, in 800 bytes.
 *
 * Its *usual longest gap* is what the longest gaps of its days agree on: one lost afternoon does not stretch
 * it, nights and weekends without a word do. Two kinds of sensors have a rhythm: those whose gaps are much
 * the same, and those that report on change but have a heartbeat, which shows in many gaps of just that
 * length. Anything else that reports on change has none: nothing follows from the silence of a thermostat
 * that nobody touches.
 */
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import type { StateReader, StateWriter } from "./bytes.ts";

/** Silent for this many of its longest gaps, or of its set intervals. */
export const SILENT_INTERVALS = 3;
/** Shorter silences of a learned rhythm are hiccups of the network. */
const LEAST_MS = 15_000;

/** Gaps by length, four bins an octave from a quarter of a second on. */
const BINS = 112;
const FIRST_MS = 250;
const PER_OCTAVE = 4;
/** At this many gaps the older half counts half. */
const GAPS_MOST = 4096;
/** Days whose longest gaps are kept: two weekends. */
const DAYS = 16;

/** A rhythm needs so many gaps and so long; a slow sensor fewer over a longer time. */
const FAST = { gaps: 20, spanMs: 2 * 60_000 };
const SLOW = { gaps: 4, spanMs: 2 * DAY_MS };
/** Gaps are much the same when nineteen of twenty are at most this many bins above the middle: 4 × and 1.7 ×. */
const ALIKE = { fast: 8, slow: 3 };
/** From here on a middle gap is slow: people and schedules, not a timer. */
const SLOW_MS = HOUR_MS;
/** A longest gap from here on is a pause (a night, a weekend) and is believed at once. */
const PAUSE_MS = 2 * HOUR_MS;
/** A heartbeat shows in so many days whose longest gaps are alike, and so many gaps of its length. */
const HEARTBEAT = { days: 5, alike: 0.6, gaps: 20 };
/** What a rhythm must have seen before somebody is called because of it: with pauses, a whole week. */
const SURE = { spanMs: 2 * DAY_MS, pausesMs: 8 * DAY_MS, listenedMs: DAY_MS };
/** A longer gap by a device's own clock is a clock that was set. */
const GAP_MOST_MS = 40 * DAY_MS;

export class Rhythm {
  /** When it spoke last, by the journal's clock; -Infinity before the first reading. */
  arrivedMs = -Infinity;
  gaps = 0;
  readonly #bins = new Float32Array(BINS);
  /** The longest and the second longest gap by day (of arrival), 0 where none ended. */
  readonly #longest = new Float64Array(DAYS);
  readonly #second = new Float64Array(DAYS);
  #day = NaN;
  #firstMs = NaN;
  #lastMs = NaN;
  #firstArrivedMs = NaN;
  /** The gap before, and its bin: most are the same. */
  #binnedMs = NaN;
  #bin = 0;
  /** What `usualMs` gave, until the next gap. */
  #usual: number | null = null;
  #fresh = false;

  /**
   * A reading, by its own time and by arrival. The own times give the rhythm of what was sent together, the
   * arrivals that of what sends in bundles: the longer counts. A gap over a time in which nobody listened
   * (before `heardMs`) is ignored.
   */
  take(ownMs: number, arrivedMs: number, heardMs: number): void {
    if (Number.isNaN(this.#firstMs)) {
      this.#firstMs = this.#lastMs = ownMs;
      this.#firstArrivedMs = this.arrivedMs = arrivedMs;
      return;
    }
    const own = ownMs - this.#lastMs, arrival = arrivedMs - this.arrivedMs;
    const gap = Math.max(own <= GAP_MOST_MS ? own : 0, arrival);
    if (gap > 0 && this.arrivedMs >= heardMs) this.#learn(gap, arrivedMs);
    if (own > 0) this.#lastMs = ownMs;
    if (arrival > 0) this.arrivedMs = arrivedMs;
    if (ownMs < this.#firstMs) this.#firstMs = ownMs;
  }

  /** The same for each finite time of a run, which came together; true when there was one. */
  takeRun(
    { tMs, from, to }: { tMs: Float64Array; from: number; to: number },
    arrivedMs: number,
    heardMs: number,
  ): boolean {
    let any = false;
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(tMs[i])) continue;
      this.take(tMs[i], arrivedMs, heardMs);
      any = true;
    }
    return any;
  }

  #learn(gap: number, arrivedMs: number): void {
    this.#fresh = false;
    this.gaps++;
    if (gap !== this.#binnedMs) {
      this.#binnedMs = gap;
      this.#bin = binOf(gap);
    }
    this.#bins[this.#bin]++;
    if (this.gaps % GAPS_MOST === 0) { for (let i = 0; i < BINS; i++) this.#bins[i] /= 2; }
    const day = Math.floor(arrivedMs / DAY_MS);
    if (!(day <= this.#day)) this.#moveTo(day);
    const at = ((day % DAYS) + DAYS) % DAYS;
    if (gap > this.#longest[at]) {
      this.#second[at] = this.#longest[at];
      this.#longest[at] = gap;
    } else if (gap > this.#second[at]) this.#second[at] = gap;
  }

  #moveTo(day: number): void {
    const from = Number.isNaN(this.#day) ? day - DAYS : Math.max(this.#day, day - DAYS);
    for (let d = from + 1; d <= day; d++) {
      const at = ((d % DAYS) + DAYS) % DAYS;
      this.#longest[at] = this.#second[at] = 0;
    }
    this.#day = day;
  }

  /** The usual longest gap; null: it has no rhythm (yet). */
  usualMs(): number | null {
    if (!this.#fresh) {
      this.#usual = this.#judge();
      this.#fresh = true;
    }
    return this.#usual;
  }

  /** How long it may be silent: three of its usual longest gaps, 15 s at least; null: not known. */
  limitMs(): number | null {
    const usual = this.usualMs();
    return usual === null ? null : Math.max(LEAST_MS, SILENT_INTERVALS * usual);
  }

  /** Whether the rhythm is known well enough to call somebody; before, a silence is a hint. */
  sure(nowMs: number): boolean {
    const usual = this.usualMs();
    if (usual === null) return false;
    const needed = usual >= PAUSE_MS ? SURE.pausesMs : SURE.spanMs;
    return this.#lastMs - this.#firstMs >= 0.95 * needed &&
      nowMs - this.#firstArrivedMs >= SURE.listenedMs;
  }

  #judge(): number | null {
    const span = this.#lastMs - this.#firstMs;
    const fast = this.gaps >= FAST.gaps && span >= FAST.spanMs;
    const slow = this.gaps >= SLOW.gaps && span >= SLOW.spanMs;
    if (!fast && !slow) return null;
    const longest = this.#longestUsual();
    let total = 0;
    for (let i = 0; i < BINS; i++) total += this.#bins[i];
    const middle = this.#quantile(0.5, total), high = this.#quantile(0.95, total);
    const alike = lengthOf(middle) < SLOW_MS ? ALIKE.fast : ALIKE.slow;
    if (high - middle <= alike) return longest;
    return this.#beats(longest) ? longest : null;
  }

  /** Asked after each group of readings: plain loops, nothing is made. */
  #longestUsual(): number {
    let days = 0, first = 0, second = 0, repeated = 0;
    for (let i = 0; i < DAYS; i++) {
      const gap = this.#longest[i];
      if (gap > 0) days++;
      if (gap > first) {
        second = first;
        first = gap;
      } else if (gap > second) second = gap;
      if (this.#second[i] > repeated) repeated = this.#second[i];
    }
    const most = days < 3 || first >= PAUSE_MS ? first : second;
    return Math.max(most, repeated);
  }

  /** Many gaps of about the longest length, on every day. */
  #beats(longest: number): boolean {
    const days = this.#longest.filter((gap) => gap > 0);
    if (days.length < HEARTBEAT.days) return false;
    if (days.some((gap) => gap < HEARTBEAT.alike * longest)) return false;
    let count = 0;
    for (let i = binOf(longest) - 1; i < BINS; i++) count += this.#bins[i];
    return count >= HEARTBEAT.gaps;
  }

  #quantile(share: number, total: number): number {
    let left = total * share;
    for (let i = 0; i < BINS; i++) if ((left -= this.#bins[i]) <= 0) return i;
    return BINS - 1;
  }

  save(w: StateWriter): void {
    w.f64(this.arrivedMs, this.gaps, this.#day, this.#firstMs, this.#lastMs, this.#firstArrivedMs)
      .f32s(this.#bins).f64s(this.#longest).f64s(this.#second);
  }

  load(r: StateReader): void {
    this.arrivedMs = r.f64();
    this.gaps = r.f64();
    this.#day = r.f64();
    this.#firstMs = r.f64();
    this.#lastMs = r.f64();
    this.#firstArrivedMs = r.f64();
    r.f32s(this.#bins);
    r.f64s(this.#longest);
    r.f64s(this.#second);
    this.#fresh = false;
  }
}

/** Since when a sensor has been silent, as far as anybody can know; it is too long beyond its limit. */
export function silentMs(
  { nowMs, spokeMs, heardMs }: {
    nowMs: number;
    /** When it spoke last. */
    spokeMs: number;
    /** Since when Perch has been listening without a break. */
    heardMs: number;
  },
): number {
  return nowMs - Math.max(spokeMs, heardMs);
}

function binOf(gap: number): number {
  const bin = Math.floor(PER_OCTAVE * Math.log2(gap / FIRST_MS));
  return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

function lengthOf(bin: number): number {
  return FIRST_MS * 2 ** (bin / PER_OCTAVE);
}
