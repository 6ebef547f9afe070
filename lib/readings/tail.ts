import { FLAG_HAS_SEQ } from "./reading.ts";
import { POW10, RAW } from "./scale.ts";
import type { Slice } from "./slice.ts";

const FIRST_CAPACITY = 32;
const INT32_MOST = 2 ** 31 - 1;

/**
 * Unsealed readings of one sensor in memory, ordered by time; readings of equal time stay in arrival
 * order. Times are offsets in an Int32Array and values are scaled Int32 as long as they fit (8 bytes
 * per reading), else float64.
 */
export class Tail {
  n = 0;
  #capacity = 0;
  #baseMs = 0;
  #offset: Int32Array | null = null;
  #wideTime: Float64Array | null = null;
  #exponent = 0;
  #mantissa: Int32Array | null = null;
  #wideValue: Float64Array | null = null;
  /** null while all readings have `#oneFlag`. */
  #flags: Uint8Array | null = null;
  #oneFlag = 0;
  #seq: Float64Array | null = null;

  time(i: number): number {
    return this.#wideTime !== null ? this.#wideTime[i] : this.#baseMs + this.#offset![i];
  }

  value(i: number): number {
    return this.#wideValue !== null
      ? this.#wideValue[i]
      : this.#mantissa![i] / POW10[this.#exponent];
  }

  flags(i: number): number {
    return this.#flags !== null ? this.#flags[i] : this.#oneFlag;
  }

  /** NaN where the reading has none. */
  seq(i: number): number {
    return this.#seq !== null && (this.flags(i) & FLAG_HAS_SEQ) ? this.#seq[i] : NaN;
  }

  get hasSeq(): boolean {
    return this.#seq !== null;
  }

  /** Memory of the columns in bytes. */
  get bytes(): number {
    const columns = [
      this.#offset,
      this.#wideTime,
      this.#mantissa,
      this.#wideValue,
      this.#flags,
      this.#seq,
    ];
    return columns.reduce((sum, column) => sum + (column?.byteLength ?? 0), 0);
  }

  /** Adds a reading at its place in time. `mantissa` is the value itself where `exponent` is `RAW`. */
  add(tMs: number, exponent: number, mantissa: number, flags: number, seq: number): void {
    if (this.n === this.#capacity) this.#grow();
    const inOrder = this.n === 0 || tMs >= this.time(this.n - 1);
    const at = inOrder ? this.n : this.firstAfter(tMs);
    if (!inOrder) this.#shift(at);
    this.#setTime(at, tMs);
    this.#setValue(at, exponent, mantissa);
    this.#setFlags(at, flags);
    if (flags & FLAG_HAS_SEQ) {
      this.#seq ??= new Float64Array(this.#capacity);
      this.#seq[at] = seq;
    }
    this.n++;
  }

  /** Index of the first reading at or after `tMs`. */
  firstFrom(tMs: number): number {
    let low = 0;
    let high = this.n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < tMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first reading after `tMs`. Times are whole, so that is the first from the next ms. */
  firstAfter(tMs: number): number {
    return this.firstFrom(tMs + 1);
  }

  /** Copies times, values, flags and (if there are any) seqs of `[from, to)`. */
  copy(from: number, to: number): Slice {
    const n = to - from;
    const slice: Slice = {
      n,
      tMs: new Float64Array(n),
      value: new Float64Array(n),
      flags: new Uint8Array(n),
      seq: this.#seq === null ? null : this.#seq.slice(from, to),
    };
    for (let i = 0; i < n; i++) {
      slice.tMs[i] = this.time(from + i);
      slice.value[i] = this.value(from + i);
    }
    if (this.#flags !== null) slice.flags.set(this.#flags.subarray(from, to));
    else slice.flags.fill(this.#oneFlag);
    return slice;
  }

  #grow(): void {
    this.#capacity = this.#capacity === 0
      ? FIRST_CAPACITY
      : this.#capacity + Math.max(FIRST_CAPACITY, this.#capacity >> 1);
    const room = this.#capacity;
    if (this.#wideTime !== null) this.#wideTime = moved(this.#wideTime, new Float64Array(room));
    else this.#offset = moved(this.#offset, new Int32Array(room));
    if (this.#wideValue !== null) this.#wideValue = moved(this.#wideValue, new Float64Array(room));
    else this.#mantissa = moved(this.#mantissa, new Int32Array(room));
    if (this.#flags !== null) this.#flags = moved(this.#flags, new Uint8Array(room));
    if (this.#seq !== null) this.#seq = moved(this.#seq, new Float64Array(room));
  }

  #shift(at: number): void {
    for (
      const column of [
        this.#offset,
        this.#wideTime,
        this.#mantissa,
        this.#wideValue,
        this.#flags,
        this.#seq,
      ]
    ) {
      column?.copyWithin(at + 1, at, this.n);
    }
  }

  #setTime(at: number, tMs: number): void {
    if (this.#wideTime !== null) {
      this.#wideTime[at] = tMs;
      return;
    }
    if (this.n === 0) this.#baseMs = tMs;
    const offset = tMs - this.#baseMs;
    if (offset <= INT32_MOST && offset >= -INT32_MOST) {
      this.#offset![at] = offset;
      return;
    }
    const wide = new Float64Array(this.#capacity);
    for (let i = 0; i <= this.n && i < this.#capacity; i++) {
      wide[i] = this.#baseMs + this.#offset![i];
    }
    wide[at] = tMs;
    this.#wideTime = wide;
    this.#offset = null;
  }

  #setValue(at: number, exponent: number, mantissa: number): void {
    if (this.#wideValue !== null) {
      this.#wideValue[at] = exponent === RAW ? mantissa : mantissa / POW10[exponent];
      return;
    }
    if (this.n === 0 && exponent !== RAW) this.#exponent = exponent;
    if (exponent !== RAW) {
      if (exponent > this.#exponent) this.#raiseExponent(exponent);
      if (this.#wideValue === null) {
        const scaled = mantissa * POW10[this.#exponent - exponent];
        if (scaled <= INT32_MOST && scaled >= -INT32_MOST) {
          this.#mantissa![at] = scaled;
          return;
        }
      }
    }
    this.#widenValues();
    this.#wideValue![at] = exponent === RAW ? mantissa : mantissa / POW10[exponent];
  }

  /** Brings all mantissas to a larger exponent, or gives up scaling when one would not fit. */
  #raiseExponent(exponent: number): void {
    const factor = POW10[exponent - this.#exponent];
    const column = this.#mantissa!;
    // A shifted column holds one more entry than `n`: the free place holds a copy of its neighbour.
    const filled = Math.min(this.n + 1, this.#capacity);
    const most = INT32_MOST / factor;
    for (let i = 0; i < filled; i++) {
      if (column[i] > most || column[i] < -most) return this.#widenValues();
    }
    for (let i = 0; i < filled; i++) column[i] *= factor;
    this.#exponent = exponent;
  }

  #widenValues(): void {
    if (this.#wideValue !== null) return;
    const wide = new Float64Array(this.#capacity);
    const filled = Math.min(this.n + 1, this.#capacity);
    for (let i = 0; i < filled; i++) wide[i] = this.#mantissa![i] / POW10[this.#exponent];
    this.#wideValue = wide;
    this.#mantissa = null;
  }

  #setFlags(at: number, flags: number): void {
    if (this.#flags === null) {
      if (this.n === 0) this.#oneFlag = flags;
      if (flags === this.#oneFlag) return;
      this.#flags = new Uint8Array(this.#capacity).fill(this.#oneFlag);
    }
    this.#flags[at] = flags;
  }
}

function moved<T extends Int32Array | Float64Array | Uint8Array>(from: T | null, to: T): T {
  if (from !== null) to.set(from as ArrayLike<number>);
  return to;
}
