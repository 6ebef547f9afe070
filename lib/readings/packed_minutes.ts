/**
 * DESIGN. The minutes of a summary whose numbers are whole, in as many bits as they need: what a minute says is
 * mostly implied by the others. Its sum is near that of the mean of all, or of the minute before; its least and
 * greatest value lie a little below and above its own mean; and all but the first and the last minute have about
 * as many readings. Bits are not compressed further: ranges of days are answered from these alone, and have to be
 * read fast. Layout: README.md, "Minutes".
 */
import { bitsOf, BitWriter, MOST_BITS } from "./bits.ts";
import { type ByteReader, type ByteWriter, FormatError } from "./bytes.ts";

/** Readings summed up by minute or by hour, in order of time; columns that are read into may be longer. */
export interface Columns {
  /** Minutes or hours since the epoch. */
  at: Float64Array;
  n: Float64Array;
  min: Float64Array;
  max: Float64Array;
  sum: Float64Array;
}

/** In the byte of a column: each number stands by how much it is more than the one before. */
const BY_STEPS = 32;
/** Minima and maxima beyond are not packed: all that is calculated with them has to be exact. */
const MOST_VALUE = 2 ** 31;
const MOST_CODE = 2 ** MOST_BITS - 1;
/** Four bytes are read at each number, also at one of no bits behind all others. */
const PADDING = 4;

/** Appends whole numbers of one or more minutes; false, and nothing, where they need more bits than there may be. */
export function writePackedMinutes(out: ByteWriter, { at, n, min, max, sum }: Columns): boolean {
  if (!max.every((x) => x < MOST_VALUE) || !min.every((x) => x > -MOST_VALUE)) return false;
  const k = at.length;
  const mean = Math.round(
    sum.reduce((all, x) => all + x, 0) / n.reduce((all, x) => all + x, 0),
  );
  const columns = [
    shortest(at.map((minute, i) => minute - at[0] - i), false),
    shortest(n.subarray(1, k - 1), false),
    shortest(sum.map((x, i) => x - n[i] * mean), true),
    shortest(min.map((x, i) => Math.floor(sum[i] / n[i]) - x), false),
    shortest(max.map((x, i) => x - Math.floor(sum[i] / n[i])), false),
  ];
  if (columns.some(({ bits }) => bits > MOST_BITS)) return false;
  out.varint(at[0]);
  out.varint(n[0]);
  out.varint(n[k - 1]);
  out.zigzag(mean);
  for (const { bits, base, steps } of columns) {
    out.u8(steps ? bits | BY_STEPS : bits);
    out.zigzag(base);
  }
  const bits = new BitWriter(out);
  const [gaps, counts, ...values] = columns;
  for (const { codes, bits: width } of [gaps, counts]) {
    for (const code of codes) bits.add(code, width);
  }
  for (let i = 0; i < k; i++) {
    for (const { codes, bits: width } of values) bits.add(codes[i], width);
  }
  bits.end();
  out.raw(new Uint8Array(PADDING));
  return true;
}

/** A column as it is written: what its numbers, or the steps between them, have above a base. */
interface Packed {
  bits: number;
  base: number;
  steps: boolean;
  codes: Float64Array;
}

function shortest(numbers: Float64Array, maySteps: boolean): Packed {
  const plain = { ...aboveLeast(numbers), steps: false };
  if (!maySteps) return plain;
  // The first is a step from nothing.
  const steps = aboveLeast(numbers.map((x, i) => i === 0 ? x : x - numbers[i - 1]));
  return steps.bits < plain.bits ? { ...steps, steps: true } : plain;
}

function aboveLeast(numbers: Float64Array): Omit<Packed, "steps"> {
  let least = Infinity;
  let most = -Infinity;
  for (const x of numbers) {
    if (x < least) least = x;
    if (x > most) most = x;
  }
  const base = numbers.length === 0 ? 0 : least;
  const bits = numbers.length === 0 ? 0 : bitsOf(Math.min(most - least, MOST_CODE + 1));
  return { bits, base, codes: numbers.map((x) => x - base) };
}

/** Reads `k` minutes that `writePackedMinutes` wrote. @throws FormatError */
export function readPackedMinutes(reader: ByteReader, k: number, into: Columns): void {
  if (k === 0) throw new FormatError("a summary of no minutes");
  const { at, n, min, max, sum } = into;
  const firstMinute = reader.varint();
  const [firstN, lastN] = [reader.varint(), reader.varint()];
  const mean = reader.zigzag();
  const [gaps, counts, sums, lows, highs] = [0, 1, 2, 3, 4].map(() => readShape(reader));
  const between = Math.max(0, k - 2);
  const perMinute = sums.bits + lows.bits + highs.bits;
  const bytes = Math.ceil((k * gaps.bits + between * counts.bits + k * perMinute) / 8);
  reader.need(bytes + PADDING);
  const { view } = reader;
  let bit = readCodes(view, reader.at * 8, at, 0, k, gaps);
  n[k - 1] = lastN;
  bit = readCodes(view, bit, n, 1, 1 + between, counts);
  n[0] = firstN;
  reader.at += bytes + PADDING;
  const [sumMask, lowMask, highMask] = [maskOf(sums), maskOf(lows), maskOf(highs)];
  const carried = sums.steps ? 1 : 0;
  let off = 0;
  for (let i = 0; i < k; i++) {
    const sumCode = (view.getInt32(bit >>> 3, true) >>> (bit & 7)) & sumMask;
    bit += sums.bits;
    const low = (view.getInt32(bit >>> 3, true) >>> (bit & 7)) & lowMask;
    bit += lows.bits;
    const high = (view.getInt32(bit >>> 3, true) >>> (bit & 7)) & highMask;
    bit += highs.bits;
    off = carried * off + sumCode + sums.base;
    const count = n[i];
    const total = off + count * mean;
    const middle = Math.floor(total / count);
    at[i] += firstMinute + i;
    sum[i] = total;
    min[i] = middle - (low + lows.base);
    max[i] = middle + (high + highs.base);
  }
}

interface Shape {
  bits: number;
  base: number;
  steps: boolean;
}

const maskOf = ({ bits }: Shape) => 2 ** bits - 1;

function readShape(reader: ByteReader): Shape {
  const shape = reader.u8();
  const bits = shape & (BY_STEPS - 1);
  if (shape >= 2 * BY_STEPS || bits > MOST_BITS) {
    throw new FormatError(`a column of the form ${shape}`);
  }
  return { bits, base: reader.zigzag(), steps: shape >= BY_STEPS };
}

/** Reads a column into `[from, to)` from a place in bits on; gives the place behind it. */
function readCodes(
  view: DataView,
  bit: number,
  into: Float64Array,
  from: number,
  to: number,
  shape: Shape,
): number {
  const { bits, base } = shape;
  if (bits === 0) {
    into.fill(base, from, to);
    return bit;
  }
  const mask = maskOf(shape);
  for (let i = from; i < to; i++, bit += bits) {
    into[i] = base + ((view.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask);
  }
  return bit;
}
