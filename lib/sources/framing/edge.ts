/** Follows bytes that are written piece by piece and says whether a packet is just complete. */
export class PacketEdge {
  #left = 0;
  #shift = -1;
  #length = 0;

  /** True when the bytes so far end with a whole packet: something may be put in between. */
  get between(): boolean {
    return this.#left === 0 && this.#shift < 0;
  }

  add(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length;) {
      if (this.#left > 0) {
        const n = Math.min(this.#left, bytes.length - i);
        this.#left -= n;
        i += n;
      } else if (this.#shift < 0) {
        this.#shift = 0;
        this.#length = 0;
        i++;
      } else {
        const byte = bytes[i++];
        this.#length |= (byte & 0x7f) << this.#shift;
        this.#shift += 7;
        if (byte < 0x80) {
          this.#left = this.#length;
          this.#shift = -1;
        }
      }
    }
  }
}
