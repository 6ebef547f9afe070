import { type ByteReader, type ByteWriter, FormatError } from "./bytes.ts";

/** Most bits of one number: with the rest of a byte before them they fit the engine's small integers. */
export const MOST_BITS = 24;

/** Bits that the whole numbers 0 … `most` need. */
export function bitsOf(most: number): number {
  let bits = 0;
  while (2 ** bits <= most) bits++;
  return bits;
}

/** Appends whole numbers of different widths in bits, lowest bits first. */
export class BitWriter {
  #held = 0;
  #have = 0;

  constructor(private readonly out: ByteWriter) {}

  /** The lowest `bits` (0 … `MOST_BITS`) of a number. */
  add(number: number, bits: number): void {
    this.#held |= (number & (2 ** bits - 1)) << this.#have;
    this.#have += bits;
    while (this.#have >= 8) {
      this.out.u8(this.#held & 255);
      this.#held >>>= 8;
      this.#have -= 8;
    }
  }

  /** Fills the last byte with zeros. */
  end(): void {
    if (this.#have > 0) this.out.u8(this.#held);
    this.#held = this.#have = 0;
  }
}

/** Appends the lowest `bits` (0 … `MOST_BITS`) of each number of a column, and zeros that fill the last byte. */
export function writeBits(out: ByteWriter, numbers: Float64Array, bits: number): void {
  const length = Math.ceil(numbers.length * bits / 8);
  out.reserve(length);
  const { bytes } = out;
  const mask = 2 ** bits - 1;
  let at = out.length;
  out.length += length;
  let held = 0;
  let have = 0;
  for (let i = 0; i < numbers.length; i++) {
    held |= (numbers[i] & mask) << have;
    for (have += bits; have >= 8; have -= 8) {
      bytes[at++] = held;
      held >>>= 8;
    }
  }
  if (have > 0) bytes[at] = held;
}

/** Fills a column with numbers of `bits` bits each, and passes by what fills their last byte. @throws FormatError */
export function readBits(reader: ByteReader, into: Int32Array, bits: number): void {
  if (bits > MOST_BITS) throw new FormatError(`${bits} bits are too many`);
  const n = into.length;
  const length = Math.ceil(n * bits / 8);
  reader.need(length);
  const { bytes, view } = reader;
  const mask = 2 ** bits - 1;
  let bit = reader.at * 8;
  reader.at += length;
  // Four bytes at once, as long as there are four.
  const fours = Math.max(0, bytes.length - 4) * 8;
  let i = 0;
  for (; i < n && bit < fours; i++, bit += bits) {
    into[i] = (view.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask;
  }
  for (; i < n; i++, bit += bits) {
    const at = bit >>> 3;
    // Beyond the end there are zeros.
    const four = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
    into[i] = (four >>> (bit & 7)) & mask;
  }
}
