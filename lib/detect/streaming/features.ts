/**
 * What is odd about a reading, as non-negative numbers in the sensor's own terms.
 *
 * Time is counted in slots: one reading each while the sensor is young or slow, later up to five
 * minutes of a fast one, so that memory, quiet times and false alarms per day do not depend on
 * how often a sensor reports. A reading is judged at once; baselines move when its slot closes.
 *
 * - `point`: distance from the usual value of this time of day (or from the recent mean, while
 *   that is not known)
 * - `relative`: the same, measured in the usual distance at this time of day
 * - `level`: distance of the recent mean from the long one
 * - `activity`: recent mean step between neighbouring readings
 * - `recent`: distance from the recent mean
 * - `calm`, `lull`: how many times smaller than usual the step of the last readings is; they count readings, not
 *   slots, as what keeps still does so at the sensor's own pace
 * - `swing`: how far slots lie from their own mean of late
 */
import { DAY_MS } from "../../words/times.ts";
import type { StateReader, StateWriter } from "../bytes.ts";
import type { Tuning } from "./tuning.ts";

export const FEATURES = [
  "point",
  "relative",
  "level",
  "activity",
  "recent",
  "calm",
  "lull",
  "swing",
] as const;
export type Feature = typeof FEATURES[number];

/** Beyond this a value says nothing more, and sums stay finite. */
const HUGE = 1e100;
/** Nothing, as an oddness: below what a histogram calls odd. */
const TINY = 1e-90;
const MOST_RELATIVE = 1e6;
/** Memory of the usual distance, slots. */
const SPREAD_MEMORY = 1000;
/** What all sensors share until a slot was closed: many are new, or never say a second thing. */
const NONE = new Float64Array(1440);
/** A step below this share of the usual one is none. */
const NO_STEP = 1e-3;
/** A gap of more than this many slots: the step over it is not counted. */
const GAP_SLOTS = 12;

/** A reading. It goes from hand to hand as it came: numbers that are handed over take memory each time. */
export interface TimedValue {
  readonly tMs: number;
  readonly value: number;
}

export class Features {
  /** Oddness of the last reading, by feature. */
  readonly odd = new Float64Array(FEATURES.length);
  /** Largest oddness of the slot that closed last. */
  readonly closed = new Float64Array(FEATURES.length);
  /** Slots closed so far. */
  slots = 0;
  /** Whether this time of day is known, and what the last reading was compared with. */
  known = false;
  /** Days that this time of day was seen; beyond 1 it was seen on another day. */
  days = 0;
  expected = 0;
  mean = 0;
  long = 0;
  step = 0;
  /** The same of late: what `calm` and `lull` look at. */
  calmStep = 0;
  lullStep = 0;
  /** Usual distance of the slots from their own mean of late. */
  swing = 0;

  readonly #t: Tuning;
  /** By time of day. */
  #profile = NONE;
  #spread = NONE;
  #seen = NONE;
  #ring = NONE;
  readonly #peak = new Float64Array(FEATURES.length);
  #ringSum = 0;
  #ringCount = 0;
  #ringNext = 0;
  #firstMs = NaN;
  #slotMs = 0;
  #slotStart = 0;
  #previousMs = 0;
  #slotSum = 0;
  #slotCount = 0;
  #stepSum = 0;
  #stepCount = 0;
  #steps = 0;
  #last = 0;
  #usual = 0;
  #deviation = 0;
  #swingMean = 0;
  #swingSquare = 0;

  constructor(tuning: Tuning) {
    this.#t = tuning;
  }

  #makeRoom(): void {
    const { profileBins, level } = this.#t;
    this.#profile = new Float64Array(profileBins);
    this.#spread = new Float64Array(profileBins);
    this.#seen = new Float64Array(profileBins);
    this.#ring = new Float64Array(level);
  }

  /** Takes a finite reading. True when a slot was closed before it (see `closed`). */
  take(reading: TimedValue): boolean {
    const { tMs, value } = reading;
    if (Number.isNaN(this.#firstMs)) {
      this.#firstMs = this.#slotStart = this.#previousMs = tMs;
      this.#last = this.long = Math.max(-HUGE, Math.min(HUGE, value));
    }
    const sinceStart = tMs - this.#slotStart;
    const closes = this.#slotCount > 0 && (sinceStart < 0 || sinceStart >= 0.9 * this.#slotMs);
    if (closes) this.#close(tMs);
    this.#judge(reading);
    return closes;
  }

  #judge({ tMs, value }: TimedValue): void {
    const x = value > HUGE ? HUGE : value < -HUGE ? -HUGE : value;
    const t = this.#t, odd = this.odd;
    const gap = tMs - this.#previousMs;
    this.#slotSum += x;
    this.#slotCount++;
    if (this.slots === 0 || (gap >= 0 && gap <= GAP_SLOTS * t.slotMs)) {
      const step = Math.abs(x - this.#last);
      this.#stepSum += step;
      this.#stepCount++;
      this.#steps++;
      this.calmStep += (step - this.calmStep) / Math.min(this.#steps, t.calm);
      this.lullStep += (step - this.lullStep) / Math.min(this.#steps, t.lull);
    }
    this.#last = x;
    this.#previousMs = tMs;
    // Differences far below the sensor's own spread or its rounding are none.
    const floor = 1e-4 * this.#deviation + 1e-9 * Math.abs(this.long) + TINY;
    const bin = this.#bin(tMs);
    const known = this.#seen[bin] > 0;
    const near = this.#ringCount > 0 ? this.#ringSum / this.#ringCount : x;
    this.known = known;
    this.days = this.#seen[bin];
    this.expected = known ? this.#profile[bin] : near;
    const off = Math.abs(x - this.expected) + floor;
    const usual = Math.sqrt(this.#spread[bin] * this.#usual);
    odd[0] = known ? off : 0;
    odd[1] = usual > TINY ? Math.min(off / (usual + floor), MOST_RELATIVE) : 0;
    odd[4] = Math.abs(x - near) + floor;
    const slotMean = this.#slotSum / this.#slotCount;
    const full = this.#ringCount === t.level;
    const older = full ? this.#ringSum - this.#ring[this.#ringNext] : this.#ringSum;
    this.mean = (older + slotMean) / (full ? t.level : this.#ringCount + 1);
    odd[2] = Math.abs(this.mean - this.long) + floor;
    const memory = Math.min(this.slots + 1, t.activity);
    const slotStep = this.#stepCount > 0 ? this.#stepSum / this.#stepCount : this.step;
    odd[3] = this.step + (slotStep - this.step) / memory + floor;
    // How many times smaller than usual the step is; 0 while nothing has moved.
    const moves = this.step > TINY;
    odd[5] = moves ? this.step / (this.calmStep + NO_STEP * this.step) : 0;
    odd[6] = moves ? this.step / (this.lullStep + NO_STEP * this.step) : 0;
    odd[7] = this.swing + floor;
    for (let i = 0; i < odd.length; i++) if (odd[i] > this.#peak[i]) this.#peak[i] = odd[i];
  }

  /** Moves the baselines by the slot that is over and opens the next at `tMs`. */
  #close(tMs: number): void {
    const t = this.#t;
    if (this.slots === 0) this.#makeRoom();
    this.closed.set(this.#peak);
    this.#peak.fill(0);
    this.slots++;
    const n = this.slots;
    const raw = this.#slotSum / this.#slotCount;
    // One absurd value must not move the baselines for days.
    const reach = t.clip * this.#deviation;
    const cut = (x: number, around: number) =>
      n <= t.warmUp || Math.abs(x - around) <= reach ? x : around + Math.sign(x - around) * reach;
    const x = cut(raw, this.long);

    const bin = this.#bin(this.#slotStart);
    const length = tMs > this.#slotStart ? Math.max(tMs - this.#slotStart, 1) : t.slotMs;
    const share = Math.min(1, length * t.profileBins / DAY_MS);
    const known = this.#seen[bin] > 0;
    const off = Math.abs(x - (known ? this.#profile[bin] : this.expected));
    if (n > 1) this.#usual += (off - this.#usual) / Math.min(n - 1, SPREAD_MEMORY);
    this.#seen[bin] = Math.min(this.#seen[bin] + share, t.profileDays);
    const pull = share / this.#seen[bin];
    if (known) this.#spread[bin] += (off - this.#spread[bin]) * pull;
    else this.#spread[bin] = this.#usual;
    this.#profile[bin] += (x - this.#profile[bin]) * pull;

    if (this.#ringCount < t.level) this.#ringCount++;
    this.#ring[this.#ringNext] = raw;
    this.#ringNext = (this.#ringNext + 1) % t.level;
    this.#ringSum = 0;
    for (let i = 0; i < this.#ringCount; i++) this.#ringSum += this.#ring[i];

    const away = x - this.#swingMean, move = 1 / Math.min(n, t.swing);
    this.#swingMean += move * away;
    this.#swingSquare = (1 - move) * (this.#swingSquare + move * away * away);
    this.swing = Math.sqrt(this.#swingSquare);
    this.#deviation += (Math.abs(x - this.long) - this.#deviation) / Math.min(n, SPREAD_MEMORY);
    this.long += (x - this.long) / Math.min(n, t.longLevel);
    if (this.#stepCount > 0) {
      const step = Math.min(this.#stepSum / this.#stepCount, n <= t.warmUp ? Infinity : 2 * reach);
      this.step += (step - this.step) / Math.min(n, t.activity);
    }

    this.#slotStart = tMs;
    this.#slotMs = Math.min(t.slotMs, (tMs - this.#firstMs) * t.ageShare);
    this.#slotSum =
      this.#slotCount =
      this.#stepSum =
      this.#stepCount =
        0;
  }

  #bin(tMs: number): number {
    const of = tMs % DAY_MS;
    return Math.floor((of < 0 ? of + DAY_MS : of) / DAY_MS * this.#t.profileBins);
  }

  save(w: StateWriter): void {
    w.u8(this.known ? 1 : 0).f64(
      this.slots,
      this.expected,
      this.mean,
      this.long,
      this.step,
      this.calmStep,
      this.lullStep,
      this.swing,
      this.#ringSum,
    )
      .f64(this.#ringCount, this.#ringNext, this.#firstMs, this.#slotMs, this.#slotStart)
      .f64(
        this.#previousMs,
        this.#slotSum,
        this.#slotCount,
        this.#stepSum,
        this.#stepCount,
        this.#steps,
      )
      .f64(this.#last, this.#usual, this.#deviation, this.#swingMean, this.#swingSquare)
      .f64s(this.odd).f64s(this.closed).f64s(this.#peak)
      .f64s(this.#profile.subarray(0, this.#t.profileBins))
      .f64s(this.#spread.subarray(0, this.#t.profileBins))
      .f64s(this.#seen.subarray(0, this.#t.profileBins))
      .f64s(this.#ring.subarray(0, this.#t.level));
  }

  load(r: StateReader): void {
    this.known = r.u8() === 1;
    this.slots = r.f64();
    this.expected = r.f64();
    this.mean = r.f64();
    this.long = r.f64();
    this.step = r.f64();
    this.calmStep = r.f64();
    this.lullStep = r.f64();
    this.swing = r.f64();
    this.#ringSum = r.f64();
    this.#ringCount = r.f64();
    this.#ringNext = r.f64();
    this.#firstMs = r.f64();
    this.#slotMs = r.f64();
    this.#slotStart = r.f64();
    this.#previousMs = r.f64();
    this.#slotSum = r.f64();
    this.#slotCount = r.f64();
    this.#stepSum = r.f64();
    this.#stepCount = r.f64();
    this.#steps = r.f64();
    this.#last = r.f64();
    this.#usual = r.f64();
    this.#deviation = r.f64();
    this.#swingMean = r.f64();
    this.#swingSquare = r.f64();
    this.#makeRoom();
    r.f64s(this.odd);
    r.f64s(this.closed);
    r.f64s(this.#peak);
    r.f64s(this.#profile);
    r.f64s(this.#spread);
    r.f64s(this.#seen);
    r.f64s(this.#ring);
    if (this.slots === 0) {
      this.#profile =
        this.#spread =
        this.#seen =
        this.#ring =
          NONE;
    }
  }
}
