/** The encoding of protocol buffers, as far as Sparkplug uses it: read within bounds, and written. */

/** Bytes that are no message, as a part of a sentence. */
export class WireFault extends Error {}

/** Wire types. Groups are deprecated and refused. */
export const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

const TWO_32 = 2 ** 32;
/** Above this, a high half does not fit into a number. */
const HIGH_MOST = 2 ** 21;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Walks over the fields of one message at `[at, end)`. After `next` the caller reads the field by the method that
 * fits, or passes over it by `skip`. Everything that does not fit throws a `WireFault`.
 */
export class WireReader {
  field = 0;
  wire = 0;
  /** Halves of the varint that was read last, unsigned. */
  #low = 0;
  #high = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array, private at = 0, private readonly end = bytes.length) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.at === this.end) return false;
    this.#varint();
    if (this.#high !== 0) throw new WireFault("a field has no number that can be");
    this.field = this.#low >>> 3;
    this.wire = this.#low & 7;
    if (this.field === 0) throw new WireFault("a field has number 0");
    return true;
  }

  /** Passes over the field's value. */
  skip(): void {
    if (this.wire === VARINT) this.#varint();
    else if (this.wire === FIXED64) this.#take(8);
    else if (this.wire === FIXED32) this.#take(4);
    else if (this.wire === BYTES) this.#take(this.#length());
    else throw new WireFault(`a field has wire type ${this.wire}`);
  }

  /** The low 32 bits, unsigned: longer forms of negative numbers are cut, as the format asks. */
  uint32(): number {
    this.#varintField();
    return this.#low;
  }

  bool(): boolean {
    this.#varintField();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** 64 bits, unsigned: a number where it is exact. */
  uint64(): number | bigint {
    this.#varintField();
    if (this.#high < HIGH_MOST) return this.#high * TWO_32 + this.#low;
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** The same rounded where it is not exact: for times and counts. */
  count(): number {
    this.#varintField();
    return this.#high * TWO_32 + this.#low;
  }

  float(): number {
    this.#is(FIXED32);
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    this.#is(FIXED64);
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A text; bytes that are no UTF-8 become U+FFFD. */
  text(bytesMost: number, what: string): string {
    this.#is(BYTES);
    const length = this.#length();
    if (length > bytesMost) {
      throw new WireFault(`${what} has ${length} bytes; ${bytesMost} are allowed`);
    }
    const at = this.#take(length);
    return utf8.decode(this.bytes.subarray(at, at + length));
  }

  /** Bytes in place: they stay as long as the message does. */
  raw(): Uint8Array {
    this.#is(BYTES);
    const length = this.#length();
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** The message inside the field. */
  message(): WireReader {
    this.#is(BYTES);
    const length = this.#length();
    const at = this.#take(length);
    return new WireReader(this.bytes, at, at + length);
  }

  #varintField(): void {
    this.#is(VARINT);
    this.#varint();
  }

  #is(wire: number): void {
    if (this.wire === wire) return;
    throw new WireFault(`field ${this.field} has wire type ${this.wire} instead of ${wire}`);
  }

  #take(length: number): number {
    const at = this.at;
    if (length > this.end - at) throw new WireFault("it ends in the middle of a field");
    this.at = at + length;
    return at;
  }

  #length(): number {
    this.#varint();
    return this.#high * TWO_32 + this.#low;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at === this.end) throw new WireFault("it ends in the middle of a number");
      const byte = this.bytes[this.at++];
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new WireFault("a number has more than ten bytes");
  }
}

/** Writes one message, field by field. */
export class WireWriter {
  readonly #out: number[] = [];

  uint(field: number, value: number | bigint): this {
    this.#key(field, VARINT);
    return this.#varint(value);
  }

  bool(field: number, value: boolean): this {
    return this.uint(field, value ? 1 : 0);
  }

  float(field: number, value: number): this {
    this.#key(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#out.push(...bytes);
    return this;
  }

  double(field: number, value: number): this {
    this.#key(field, FIXED64);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#out.push(...bytes);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#key(field, BYTES);
    this.#varint(value.length);
    for (const byte of value) this.#out.push(byte);
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#out);
  }

  #key(field: number, wire: number): void {
    this.#varint(field << 3 | wire);
  }

  #varint(value: number | bigint): this {
    let left = BigInt.asUintN(64, BigInt(value));
    while (left >= 0x80n) {
      this.#out.push(Number(left & 0x7fn) | 0x80);
      left >>= 7n;
    }
    this.#out.push(Number(left));
    return this;
  }
}
