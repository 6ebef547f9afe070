/*
 * Names of sensors by the bytes that they are written with in line protocol: measurement, tags and field. What comes
 * every second is not taken apart every second.
 */

/** Series that are remembered: a later one takes the place of an earlier one. A power of two. */
const SLOTS = 16_384;
/** Places that are tried for a series. */
const TRIES = 4;
/** Longest text that is remembered. */
const BYTES_MOST = 256;

export const HASH_START = 0x811c9dc5 | 0;

/** FNV-1a, one byte further. */
export function hashed(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** A field of a series as it is written. */
export interface SeriesName {
  readonly sensor: string;
  readonly hash: number;
  /** Measurement and tags, and behind them the field's key. */
  readonly head: Uint8Array;
  readonly key: Uint8Array;
  /** The request that used it last, and its place among the names of that request. */
  request: number;
  place: number;
}

/** Remembers, bounded, what was found to be a good name. */
export class SeriesNames {
  #slots: (SeriesName | undefined)[] = [];
  #requests = 0;

  /** The number of a request that begins. */
  begin(): number {
    return ++this.#requests;
  }

  /** Forgets all: another name may stand against one of them now. */
  clear(): void {
    this.#slots = [];
  }

  /** What is known of the field whose head and key stand at these places, with the hash of both. */
  find(
    bytes: Uint8Array,
    hash: number,
    headAt: number,
    headEnd: number,
    keyAt: number,
    keyEnd: number,
  ): SeriesName | undefined {
    for (let i = 0; i < TRIES; i++) {
      const found = this.#slots[(hash + i) & (SLOTS - 1)];
      if (found === undefined) return undefined;
      if (found.hash !== hash) continue;
      if (isAt(bytes, found.head, headAt, headEnd) && isAt(bytes, found.key, keyAt, keyEnd)) {
        return found;
      }
    }
    return undefined;
  }

  /** Remembers a name. Texts with anything but plain ASCII are left out. */
  add(head: string, key: string, sensor: string): void {
    if (head.length + key.length > BYTES_MOST) return;
    const bytes = new TextEncoder().encode(head + key);
    if (bytes.length !== head.length + key.length) return;
    let hash = HASH_START;
    for (const byte of bytes) hash = hashed(hash, byte);
    if (this.#slots.length === 0) this.#slots = new Array(SLOTS);
    let at = hash & (SLOTS - 1);
    for (let i = 0; i < TRIES && this.#slots[at] !== undefined; i++) at = (hash + i) & (SLOTS - 1);
    this.#slots[at] = {
      sensor,
      hash,
      head: bytes.subarray(0, head.length),
      key: bytes.subarray(head.length),
      request: 0,
      place: 0,
    };
  }
}

function isAt(bytes: Uint8Array, text: Uint8Array, from: number, to: number): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}
