/**
 * How surprising is this much oddness, for this sensor?
 *
 * A histogram of the logarithm of past oddness (fine bins, slowly forgetting) answers with
 * -log10 of the share of past slots that were at least as odd: a conformal p-value, so no
 * distribution is assumed. Neighbours within a third of an octave count in part: a record has to
 * be beaten clearly before it counts as one.
 */

import type { StateReader, StateWriter } from "../bytes.ts";

/** Bins per octave and number of bins: 40 octaves below the largest value seen. */
const PER_OCTAVE = 8;
const BINS = 320;
/** A new histogram starts with this bin for its first value: room above and below. */
const FIRST_BIN = 200;
/** Bins by which a record may leave the former one behind: 12 octaves. */
const FARTHEST = 12 * PER_OCTAVE;
/** Weights grow instead of the old ones shrinking; at this size all are scaled back. */
const RESCALE = 1e6;

/** Bins of all histograms that nothing was added to: many sensors are new, or never say a second thing. */
const NO_BINS = new Float32Array(BINS);

/** How finely `usualUpTo` looks. */
const STEP_BINS = 0.25;
/** Columns of what is known of an entry. */
const LOG_COLUMNS = 6;

/** Oddness up to this is none: it is counted at the bottom and sets no scale. */
const NONE = 1e-80;

/** What a histogram needs to know from the tuning. */
export interface TailTuning {
  /** Slots after which a slot counts half. */
  readonly halfLife: number;
  /** Of so many slots the last is not over: the entries of the others can be taken back. Default 1, none. */
  readonly newest?: number;
  /** Soft edge in octaves of what `usualUpTo` is asked for. Default 0. */
  readonly edge?: number;
}

export class Tail {
  bins: Float32Array = NO_BINS;
  /** Sum of all bins, weight of the next entry, highest bin in use, octave offset of bin 0. */
  total = 0;
  weight = 1;
  top = 0;
  offset = NaN;
  readonly #growth: number;
  /** What was before each of the newest entries, going round: bin, its weight, total, weight, top, offset. */
  readonly #log: Float64Array;
  /** All bins, where an entry changed more than one of them. */
  readonly #bins: (Float32Array | null)[] = [];
  #logged = 0;

  readonly #logs: number;
  /** The soft edge in bins. */
  readonly #edge: number;

  constructor({ halfLife, newest = 1, edge = 0 }: TailTuning) {
    this.#growth = 1 + Math.LN2 / halfLife;
    this.#logs = Math.max(1, newest - 1);
    this.#log = new Float64Array(this.#logs * LOG_COLUMNS);
    this.#edge = edge * PER_OCTAVE;
  }

  /** Entries, by what they weigh by now. */
  get entries(): number {
    return this.total / this.weight;
  }

  /** -log10 of the share of past entries at least as odd as `a` (>= 0), with a soft edge of so many octaves. 0 when empty. */
  surprise(a: number, edgeOctaves: number): number {
    const out = Float64Array.of(a);
    this.share(out, 0, Float64Array.of(edgeOctaves), out);
    return this.surpriseOf(out[0], a);
  }

  /** The surprise at oddness `a`, of which `share` gave this. */
  surpriseOf(share: number, a: number): number {
    if (!Number.isNaN(share)) return share >= 1 ? 0 : -Math.log10(share);
    return this.total === 0 || a <= NONE ? 0 : Math.log10(2 * (this.total / this.weight + 1));
  }

  /**
   * Puts that share, for the oddness `odd[i]`, into `shares[i]`; NaN where there is none to be counted. In arrays, as
   * every reading asks for several: a number that is handed over takes memory each time.
   */
  share(odd: Float64Array, i: number, edgeOctaves: Float64Array, shares: Float64Array): void {
    const a = odd[i];
    if (this.total === 0 || a <= NONE || Number.isNaN(this.offset)) {
      shares[i] = NaN;
      return;
    }
    const bins = this.bins, edge = edgeOctaves[0] * PER_OCTAVE;
    const x = (Math.log2(a) - this.offset) * PER_OCTAVE;
    const soft = Math.max(-1, Math.min(this.top, Math.floor(x + edge)));
    const from = Math.max(0, Math.ceil(x - edge - 0.5));
    let beyond = 0;
    for (let at = this.top; at > soft; at--) beyond += bins[at];
    for (let at = soft; at >= from; at--) {
      const d = (at + 0.5 - x) / edge;
      beyond += d >= 1 ? bins[at] : d <= -1 ? 0 : bins[at] * (0.5 + 0.5 * d);
    }
    shares[i] = (beyond / this.weight + 0.5) / (this.total / this.weight + 1);
  }

  /** An oddness up to which at least this share of the past (below a half) is surely as odd, with the soft edge of the tuning. */
  usualUpTo(share: number): number {
    if (this.total === 0 || Number.isNaN(this.offset)) return NONE;
    const bins = this.bins, edge = this.#edge, enough = share * this.total;
    // In full bins first: with the soft edge it is at most two edges further.
    let at = this.top, above = bins[at];
    while (above < enough && at > 0) above += bins[--at];
    const least = at - edge;
    let full = 0, top = this.top;
    for (let x = least + 2 * edge + 1; x > least; x -= STEP_BINS) {
      const soft = Math.min(this.top, Math.floor(x + edge));
      while (top > soft) full += bins[top--];
      let beyond = full;
      for (let at = soft; at >= 0 && at + 0.5 > x - edge; at--) {
        const d = (at + 0.5 - x) / edge;
        beyond += d >= 1 ? bins[at] : bins[at] * (0.5 + 0.5 * d);
      }
      if (beyond >= enough) return this.#oddness(x - STEP_BINS);
    }
    return this.#oddness(least - STEP_BINS);
  }

  #oddness(x: number): number {
    return Math.max(NONE, 2 ** (this.offset + x / PER_OCTAVE));
  }

  /** Exchanges what was before one of the newest entries (0: the last one) with what is; twice changes nothing. */
  swap(entry: number): void {
    const place = (this.#logged - 1 - entry + 2 * this.#logs) % this.#logs;
    const log = this.#log, at = place * LOG_COLUMNS;
    const bins = this.#bins[place];
    if (bins) {
      this.#bins[place] = this.bins;
      this.bins = bins;
    } else {
      const i = log[at] | 0, now = this.bins[i];
      this.bins[i] = log[at + 1];
      log[at + 1] = now;
    }
    const { total, weight, top, offset } = this;
    this.total = log[at + 2];
    this.weight = log[at + 3];
    // A whole number stays one: loops over bins take twice as long where it might be another.
    this.top = log[at + 4] | 0;
    this.offset = log[at + 5];
    log[at + 2] = total;
    log[at + 3] = weight;
    log[at + 4] = top;
    log[at + 5] = offset;
  }

  /** Adds one slot's oddness (> 0). */
  add(a: number): void {
    const place = this.#logged, log = this.#log, logAt = place * LOG_COLUMNS;
    this.#logged = (place + 1) % this.#logs;
    this.#bins[place] = null;
    log[logAt + 2] = this.total;
    log[logAt + 3] = this.weight;
    log[logAt + 4] = this.top;
    log[logAt + 5] = this.offset;
    if (this.bins === NO_BINS) this.bins = new Float32Array(BINS);
    let i = 0;
    if (a > NONE) {
      const octave = Math.log2(a);
      if (Number.isNaN(this.offset)) this.offset = Math.floor(octave) - FIRST_BIN / PER_OCTAVE;
      i = Math.max(0, Math.floor((octave - this.offset) * PER_OCTAVE));
      // However absurd a record is, it must not push everything known out of the range.
      if (this.top > 0 && i > this.top + FARTHEST) i = this.top + FARTHEST;
      if (i >= BINS) {
        this.#bins[place] = this.bins.slice();
        i = this.#raise(i);
      }
    }
    this.weight *= this.#growth;
    log[logAt] = i;
    log[logAt + 1] = this.bins[i];
    this.bins[i] += this.weight;
    this.total += this.weight;
    if (i > this.top) this.top = i;
    if (this.weight > RESCALE) {
      if (this.#bins[place] === null) {
        const before = this.bins.slice();
        before[i] = log[logAt + 1];
        this.#bins[place] = before;
      }
      this.#rescale();
    }
  }

  save(w: StateWriter): void {
    w.f64(this.total, this.weight, this.top, this.offset).f32s(this.bins);
  }

  load(r: StateReader): void {
    this.total = r.f64();
    this.weight = r.f64();
    this.top = r.f64() | 0;
    this.offset = r.f64();
    const bins = new Float32Array(BINS);
    r.f32s(bins);
    this.bins = this.total > 0 ? bins : NO_BINS;
  }

  /** The oddness that a share of 10^-surprise of past slots reached. NaN when empty. */
  reach(surprise: number): number {
    if (this.total === 0 || Number.isNaN(this.offset)) return NaN;
    const share = 10 ** -surprise * this.total;
    let beyond = 0, i = this.top;
    while (i > 0 && beyond + this.bins[i] <= share) beyond += this.bins[i--];
    return 2 ** (this.offset + (i + 1) / PER_OCTAVE);
  }

  /** Shifts the bins down so that bin `i` fits; what falls out at the bottom stays in bin 0. */
  #raise(i: number): number {
    const by = Math.ceil((i - BINS + 1) / PER_OCTAVE) * PER_OCTAVE + 4 * PER_OCTAVE;
    const bins = this.bins;
    let low = 0;
    for (let j = 0; j <= Math.min(by, BINS - 1); j++) low += bins[j];
    if (by < BINS) bins.copyWithin(0, by);
    bins.fill(0, Math.max(0, BINS - by));
    bins[0] = low;
    this.top = Math.max(0, this.top - by);
    this.offset += by / PER_OCTAVE;
    return i - by;
  }

  #rescale(): void {
    const by = 1 / this.weight;
    for (let i = 0; i < BINS; i++) this.bins[i] *= by;
    this.total *= by;
    this.weight = 1;
  }
}
