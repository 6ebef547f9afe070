import { POW10, RAW } from "./scale.ts";

/**
 * Readings of one group with their values scaled, as the journal packs them and the tail keeps them.
 * The arrays are reused from group to group: valid are the first `n`.
 */
export class GroupColumns {
  n = 0;
  sensor = new Uint32Array(0);
  tMs = new Float64Array(0);
  /** Decimal exponent, or `RAW`. */
  exponent = new Uint8Array(0);
  /** Mantissa at `exponent`; the value itself where that is `RAW`. */
  mantissa = new Float64Array(0);
  flags = new Uint8Array(0);
  /** Valid where the flags say so; meaningless unless `hasSeq`. */
  seq = new Float64Array(0);
  hasSeq = false;

  /** Empties the columns and makes room for `n` readings. */
  reset(n: number): void {
    this.n = 0;
    this.hasSeq = false;
    if (n <= this.sensor.length) return;
    const capacity = Math.max(256, n, Math.min(this.sensor.length * 2, 1 << 20));
    this.sensor = new Uint32Array(capacity);
    this.tMs = new Float64Array(capacity);
    this.exponent = new Uint8Array(capacity);
    this.mantissa = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.seq = new Float64Array(capacity);
  }
}

/** Value of reading `i`, bit for bit as it was given. */
export function valueAt({ exponent, mantissa }: GroupColumns, i: number): number {
  return exponent[i] === RAW ? mantissa[i] : mantissa[i] / POW10[exponent[i]];
}
