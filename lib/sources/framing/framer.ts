/*
 * DESIGN
 * Cuts a byte stream into MQTT packets without copying: a packet that lies whole in one chunk is handed
 * over in place; one that spans chunks is put together in a buffer of its own size. A PUBLISH beyond the
 * limit is cut: its beginning is kept, the rest is passed over as it arrives, and the consumer refuses it
 * as too large. That needs bounded memory, and the connection and its other messages continue. Any other
 * packet beyond the limit is a fault, like a length that is no length.
 * The consumer may stop the framer (back-pressure); `resume` hands the same packet over again.
 */

/** Bytes that are no MQTT. The connection must be closed. */
export class FrameFault extends Error {
  override readonly name = "FrameFault";
}

/** Takes a packet that lies at `[at, end)` of `bytes`, its body from `bodyAt`. False stops the framer. */
export type TakePacket = (
  bytes: Uint8Array,
  at: number,
  bodyAt: number,
  end: number,
  cut: boolean,
) => boolean;

const EMPTY = new Uint8Array(0);
const PUBLISH = 3;
const FIRST_BYTES = 1_024;

export class Framer {
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** A packet that spans chunks; `#filled` bytes of it are there, `#wanted` are kept. */
  #partial: Uint8Array | null = null;
  #filled = 0;
  #wanted = 0;
  #partialBody = 0;
  #partialCut = false;
  /** First bytes of a packet whose length is not known yet (at most 4). */
  #head: Uint8Array = EMPTY;
  #skip = 0;

  /** `packetBytesMost`: longest packet that is kept whole, header included. */
  constructor(private readonly packetBytesMost: number, private readonly take: TakePacket) {}

  /** The bytes of `chunk` that are to be fed: without the rest of a packet that was cut. */
  passOver(chunk: Uint8Array): Uint8Array {
    const n = this.#skipped(chunk.length);
    return n === 0 ? chunk : chunk.subarray(n);
  }

  /** Takes the next bytes, which the framer owns from now on. False when the consumer stopped it. */
  feed(chunk: Uint8Array): boolean {
    if (this.#head.length > 0) {
      const joined = new Uint8Array(this.#head.length + chunk.length);
      joined.set(this.#head);
      joined.set(chunk, this.#head.length);
      this.#head = EMPTY;
      chunk = joined;
    }
    this.#chunk = chunk;
    this.#at = 0;
    return this.resume();
  }

  /** Goes on where the consumer stopped it. */
  resume(): boolean {
    if (this.#skip > 0) this.#at += this.#skipped(this.#chunk.length - this.#at);
    if (this.#partial !== null && !this.#complete()) return false;
    const chunk = this.#chunk;
    while (this.#at < chunk.length) {
      const at = this.#at;
      let length = 0;
      let bodyAt = at + 1;
      for (let shift = 0;; shift += 7) {
        if (shift > 21) throw new FrameFault("a packet has a length of more than four bytes");
        if (bodyAt >= chunk.length) {
          this.#head = chunk.slice(at);
          this.#at = chunk.length;
          return true;
        }
        const byte = chunk[bodyAt++];
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      const end = bodyAt + length;
      if (end <= chunk.length && end - at <= this.packetBytesMost) {
        if (!this.take(chunk, at, bodyAt, end, false)) return false;
        this.#at = end;
      } else {
        this.#begin(at, bodyAt, end);
        if (this.#partial !== null && !this.#complete()) return false;
      }
    }
    return true;
  }

  /** Starts a packet that does not lie whole in this chunk, or is too long to keep. */
  #begin(at: number, bodyAt: number, end: number): void {
    const total = end - at;
    const cut = total > this.packetBytesMost;
    if (cut && this.#chunk[at] >> 4 !== PUBLISH) {
      throw new FrameFault(`a packet has ${total} bytes; ${this.packetBytesMost} are allowed`);
    }
    this.#wanted = Math.min(total, this.packetBytesMost);
    // A length costs its sender nothing: memory is allocated as the bytes come.
    this.#partial = new Uint8Array(
      Math.min(this.#wanted, Math.max(FIRST_BYTES, this.#chunk.length)),
    );
    this.#partialBody = bodyAt - at;
    this.#partialCut = cut;
    this.#filled = 0;
    this.#skip = total - this.#wanted;
  }

  /** Fills the partial packet; hands it over when it is complete. False when the consumer refused it. */
  #complete(): boolean {
    const n = Math.min(this.#wanted - this.#filled, this.#chunk.length - this.#at);
    const partial = this.#withRoom(this.#filled + n);
    partial.set(this.#chunk.subarray(this.#at, this.#at + n), this.#filled);
    this.#filled += n;
    this.#at += n;
    if (this.#filled < this.#wanted) return true;
    if (!this.take(partial, 0, this.#partialBody, this.#wanted, this.#partialCut)) return false;
    this.#partial = null;
    this.#at += this.#skipped(this.#chunk.length - this.#at);
    return true;
  }

  /** The partial packet with room for `bytes`. */
  #withRoom(bytes: number): Uint8Array {
    const partial = this.#partial!;
    if (bytes <= partial.length) return partial;
    const grown = new Uint8Array(Math.min(this.#wanted, Math.max(bytes, 2 * partial.length)));
    grown.set(partial);
    return this.#partial = grown;
  }

  /** Bytes that are held for a packet whose end has not come. */
  get heldBytes(): number {
    return (this.#partial?.length ?? 0) + this.#head.length;
  }

  /** Counts off how many of `there` bytes belong to the rest of a packet that was cut. */
  #skipped(there: number): number {
    if (this.#partial !== null) return 0;
    const n = Math.min(this.#skip, there);
    this.#skip -= n;
    return n;
  }
}
