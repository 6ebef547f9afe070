/**
 * How detector states and models are written: a header (name, version), then fields in a fixed
 * order, little-endian. Reading checks every length, so damaged bytes end in a `StateError`.
 */

/** A saved state that cannot be continued. The caller starts afresh and says so. */
export class StateError extends Error {
  override readonly name = "StateError";
}

/** Appends fields to a growing buffer. */
export class StateWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(name: string, version: number, sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint);
    this.#view = new DataView(this.#bytes.buffer);
    this.text(name).u32(version);
  }

  u8(x: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, x);
    return this;
  }

  u32(x: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, x, true);
    return this;
  }

  f64(...values: number[]): this {
    for (const x of values) {
      const at = this.#take(8);
      this.#view.setFloat64(at, x, true);
    }
    return this;
  }

  text(s: string): this {
    const encoded = new TextEncoder().encode(s);
    this.u32(encoded.length);
    const at = this.#take(encoded.length);
    this.#bytes.set(encoded, at);
    return this;
  }

  /** Bytes of any length, e.g. of a part with its own header. */
  bytes(part: Uint8Array): this {
    this.u32(part.length);
    const at = this.#take(part.length);
    this.#bytes.set(part, at);
    return this;
  }

  f64s(values: Float64Array): this {
    this.u32(values.length);
    for (let i = 0; i < values.length; i++) this.f64(values[i]);
    return this;
  }

  f32s(values: Float32Array): this {
    this.u32(values.length);
    for (let i = 0; i < values.length; i++) {
      const at = this.#take(4);
      this.#view.setFloat32(at, values[i], true);
    }
    return this;
  }

  i32s(values: Int32Array): this {
    this.u32(values.length);
    for (let i = 0; i < values.length; i++) {
      const at = this.#take(4);
      this.#view.setInt32(at, values[i], true);
    }
    return this;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #take(n: number): number {
    const at = this.#at;
    this.#at += n;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads what `StateWriter` wrote, in the same order. */
export class StateReader {
  readonly #view: DataView;
  #at = 0;

  /** Throws unless the bytes begin with this name and version. */
  constructor(bytes: Uint8Array, readonly name: string, version: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = this.text();
    if (found !== name) throw new StateError(`state belongs to "${found}", not to "${name}"`);
    const layout = this.u32();
    if (layout !== version) {
      throw new StateError(`state of "${name}" has version ${layout}, this is ${version}`);
    }
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  text(): string {
    const n = this.u32();
    const at = this.#take(n);
    return new TextDecoder().decode(
      new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, n),
    );
  }

  bytes(): Uint8Array {
    const n = this.u32();
    const at = this.#take(n);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, n).slice();
  }

  /** Fills `into`; its length is part of what is checked. */
  f64s(into: Float64Array): Float64Array {
    this.#length(into.length);
    for (let i = 0; i < into.length; i++) into[i] = this.f64();
    return into;
  }

  f32s(into: Float32Array): Float32Array {
    this.#length(into.length);
    for (let i = 0; i < into.length; i++) {
      into[i] = this.#view.getFloat32(this.#take(4), true);
    }
    return into;
  }

  i32s(into: Int32Array): Int32Array {
    this.#length(into.length);
    for (let i = 0; i < into.length; i++) into[i] = this.#view.getInt32(this.#take(4), true);
    return into;
  }

  /** Call last: nothing may be left over. */
  end(): void {
    if (this.#at !== this.#view.byteLength) {
      throw new StateError(`state of "${this.name}" is longer than it should be`);
    }
  }

  #length(expected: number): void {
    const n = this.u32();
    if (n !== expected) {
      throw new StateError(`state of "${this.name}" holds ${n} numbers where ${expected} belong`);
    }
  }

  #take(n: number): number {
    const at = this.#at;
    if (at + n > this.#view.byteLength) {
      throw new StateError(`state of "${this.name ?? "?"}" is cut off`);
    }
    this.#at += n;
    return at;
  }
}
