/** One published event as the ring keeps it. `size` is what it counts towards the byte limit. */
export interface RingEntry {
  n: number;
  size: number;
}

/**
 * The latest events, numbered without gaps, bounded by count and by bytes: the oldest leave first.
 * The newest entry always stays, however large it is.
 */
export class EventRing<T extends RingEntry> {
  #entries: (T | undefined)[];
  #first = 1;
  #next = 1;
  #bytes = 0;
  constructor(private readonly limits: { count: number; bytes: number }) {
    this.#entries = new Array(limits.count);
  }

  /** Number that the next event gets; events count from 1. */
  get next(): number {
    return this.#next;
  }
  /** Number of the oldest event that is still here (equals `next` when empty). */
  get first(): number {
    return this.#first;
  }
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends the entry, whose `n` must be `next`. */
  push(entry: T): void {
    while (
      this.#first < this.#next &&
      (this.#next - this.#first >= this.limits.count ||
        this.#bytes + entry.size > this.limits.bytes)
    ) this.#dropFirst();
    this.#entries[entry.n % this.limits.count] = entry;
    this.#bytes += entry.size;
    this.#next = entry.n + 1;
  }

  /** The event numbered `n`, or undefined when it is gone or not yet there. */
  at(n: number): T | undefined {
    return n >= this.#first && n < this.#next ? this.#entries[n % this.limits.count] : undefined;
  }

  #dropFirst(): void {
    const slot = this.#first++ % this.limits.count;
    this.#bytes -= this.#entries[slot]!.size;
    this.#entries[slot] = undefined;
  }
}
