/** Growing byte buffer for the formats of this room. Little-endian; varints are LEB128. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `more` bytes; the unchecked writes below rely on it. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Whole number from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    const bytes = this.bytes;
    let at = this.length;
    // Bit operations see 32 bits: larger numbers are divided until they fit.
    while (value >= 0x10000000) {
      bytes[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value >= 128) {
      bytes[at++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.length = at;
  }

  /** Whole number from −2^52 to 2^52. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A copy of what was written; the writer starts again. */
  take(): Uint8Array<ArrayBuffer> {
    const copy = this.bytes.slice(0, this.length);
    this.length = 0;
    return copy;
  }
}

/** What a reader throws on bytes that are not what they should be. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Reads what `ByteWriter` wrote. Never reads past `end`; throws `FormatError` instead. */
export class ByteReader {
  at: number;
  end: number;
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array, start = 0, end = bytes.length) {
    this.at = start;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Throws unless `bytes` more can be read. */
  need(bytes: number): void {
    if (!(bytes <= this.end - this.at)) {
      throw new FormatError(
        `cut short: ${bytes} bytes needed at ${this.at}, ${this.left} are left`,
      );
    }
  }

  u8(): number {
    this.need(1);
    return this.bytes[this.at++];
  }

  u16(): number {
    this.need(2);
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.need(4);
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  f64(): number {
    this.need(8);
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    this.need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    let value = 0;
    let shift = 0;
    while (at < end) {
      const byte = bytes[at++];
      if (shift < 28) value |= (byte & 127) << shift;
      else value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        this.at = at;
        return value;
      }
      shift += 7;
      if (shift > 49) break;
    }
    throw new FormatError(`not a number at ${this.at}`);
  }

  zigzag(): number {
    const code = this.varint();
    return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  }

  text(): string {
    return new TextDecoder().decode(this.raw(this.varint()));
  }
}
