const SLOTS = 4_096;
const LONGEST = 256;
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Topic names from their bytes. The same few thousand topics come again and again: their strings are
 * kept in a table of fixed size, found by a hash of the bytes. Bytes that are no UTF-8 become U+FFFD.
 */
export class TopicNames {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS);
  readonly #names: string[] = new Array(SLOTS);

  at(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from;
    if (length > LONGEST) return lossy.decode(bytes.subarray(from, to));
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#bytes[slot];
    if (known !== undefined && known.length === length && equal(known, bytes, from)) {
      return this.#names[slot];
    }
    const own = bytes.slice(from, to);
    this.#bytes[slot] = own;
    return this.#names[slot] = lossy.decode(own);
  }
}

function equal(known: Uint8Array, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}
