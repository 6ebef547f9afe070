/** The running number 0 to 255 of an edge node's messages, over all its devices. */

/** `next`: in order; `late`: one that was missing; `again`: the latest once more; `gap`: some are missing before it. */
export type InOrder = "next" | "late" | "again" | "gap";

export class Sequence {
  #next = 0;
  readonly #missing = new Set<number>();

  /** A birth begins anew, with whatever number. */
  begin(seq: number): void {
    this.#next = (seq + 1) & 255;
    this.#missing.clear();
  }

  take(seq: number): InOrder {
    if (seq === this.#next) {
      this.#next = (seq + 1) & 255;
      return "next";
    }
    if (this.#missing.delete(seq)) return "late";
    if (seq === ((this.#next + 255) & 255)) return "again";
    for (let at = this.#next; at !== seq; at = (at + 1) & 255) this.#missing.add(at);
    this.#next = (seq + 1) & 255;
    return "gap";
  }

  /** Nothing is missing (any more). */
  get whole(): boolean {
    return this.#missing.size === 0;
  }

  /** What is missing is not waited for. */
  forgive(): void {
    this.#missing.clear();
  }
}
