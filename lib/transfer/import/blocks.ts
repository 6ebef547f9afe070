/** Readings of a segment in blocks, as they are stored: each from any place on, so that a part of one can be repeated. */
import { converted } from "../../words/conversion.ts";
import type { Conversion } from "../../machines/units.ts";
import type { PackedSegment } from "./packing.ts";

/** Readings that are stored at once. */
export const BLOCK_READINGS = 10_000;

/** Where a part of a segment goes. */
export interface PartTarget {
  sensor: number;
  convert: Conversion | null;
  /** Codes of the sensor for the texts of the part. */
  codes: Float64Array | null;
}

export interface Columns {
  sensor: Uint32Array;
  n: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
}

export interface HourColumns {
  sensor: number;
  tMs: Float64Array;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
}

/** The parts that go somewhere, one after the other: a place counts their readings and hours. */
export class SegmentBlocks {
  readonly #parts: { target: PartTarget; hours: boolean; from: number; n: number; at: number }[];
  /** Readings and hours that go somewhere. */
  readonly total: number;

  constructor(
    private readonly segment: PackedSegment,
    targets: readonly (PartTarget | null)[],
  ) {
    this.#parts = [];
    let [from, at] = [0, 0];
    segment.n.forEach((n, i) => {
      const target = targets[i];
      if (target !== null) {
        this.#parts.push({ target, hours: segment.parts[i].hours, from, n, at });
        at += n;
      }
      from += n;
    });
    this.total = at;
  }

  /** The block at a place, in arrays of its own. */
  at(place: number): { readings: Columns } | { hours: HourColumns } {
    const first = this.#partAt(place);
    if (this.#parts[first]?.hours) return { hours: this.#hoursAt(this.#parts[first], place) };
    const pieces: { target: PartTarget; from: number; n: number }[] = [];
    let left = BLOCK_READINGS;
    for (let p = first; p < this.#parts.length && left > 0 && !this.#parts[p].hours; p++) {
      const part = this.#parts[p];
      const skip = Math.max(0, place - part.at);
      const n = Math.min(part.n - skip, left);
      pieces.push({ target: part.target, from: part.from + skip, n });
      left -= n;
    }
    return { readings: this.#readingsOf(pieces, BLOCK_READINGS - left) };
  }

  /** Times of the earliest and the latest; Infinity and −Infinity: there is none. */
  range(): { fromMs: number; toMs: number } {
    const { tMs } = this.segment;
    return this.#parts.reduce(({ fromMs, toMs }, { from, n }) => ({
      fromMs: Math.min(fromMs, tMs[from]),
      toMs: Math.max(toMs, tMs[from + n - 1]),
    }), { fromMs: Infinity, toMs: -Infinity });
  }

  #readingsOf(
    pieces: readonly { target: PartTarget; from: number; n: number }[],
    all: number,
  ): Columns {
    const readings: Columns = {
      sensor: Uint32Array.from(pieces, ({ target }) => target.sensor),
      n: Uint32Array.from(pieces, ({ n }) => n),
      tMs: new Float64Array(all),
      value: new Float64Array(all),
    };
    let at = 0;
    for (const { target, from, n } of pieces) {
      readings.tMs.set(this.segment.tMs.subarray(from, from + n), at);
      const value = readings.value.subarray(at, at + n);
      value.set(this.segment.value.subarray(from, from + n));
      stored(value, target);
      at += n;
    }
    return readings;
  }

  #hoursAt(part: { target: PartTarget; from: number; n: number; at: number }, place: number) {
    const from = part.from + place - part.at;
    const to = Math.min(part.from + part.n, from + BLOCK_READINGS);
    const column = (of: Float64Array) => {
      const values = of.slice(from, to);
      stored(values, part.target);
      return values;
    };
    const { tMs, value, min, max } = this.segment;
    return {
      sensor: part.target.sensor,
      tMs: tMs.slice(from, to),
      min: column(min),
      mean: column(value),
      max: column(max),
    };
  }

  #partAt(place: number): number {
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#parts[middle].at <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Values of a file become those of its sensor. */
function stored(value: Float64Array, { convert, codes }: PartTarget): void {
  if (codes !== null) { for (let i = 0; i < value.length; i++) value[i] = codes[value[i]]; }
  if (convert === null) return;
  for (let i = 0; i < value.length; i++) value[i] = converted(convert, value[i]);
}
