import type { Item } from "./item.ts";

const MOST = 2_000;
const BYTES_MOST = 4 * 1024 * 1024;
const BATCH_BYTES = 512 * 1024;

/** Messages that wait in memory for a codec, in order and bounded. */
export class Pending {
  #items: Item[] = [];
  #bytes = 0;

  get length(): number {
    return this.#items.length;
  }

  get full(): boolean {
    return this.#items.length >= MOST || this.#bytes >= BYTES_MOST;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#bytes += item.record.payload.length;
  }

  /** What was taken stands before everything else again. */
  putBack(items: readonly Item[]): void {
    for (const { record } of items) this.#bytes += record.payload.length;
    this.#items = [...items, ...this.#items];
  }

  /** When the oldest came (monotonic); Infinity: there is none. */
  get sinceMs(): number {
    return this.#items.at(0)?.cameMs ?? Infinity;
  }

  /** The next ones, to be decoded in one call. */
  take(most: number): Item[] {
    let [n, bytes] = [0, 0];
    return this.takeWhile(({ record }) => {
      if (n >= most || bytes >= BATCH_BYTES) return false;
      n++;
      bytes += record.payload.length;
      return true;
    });
  }

  takeAll(): Item[] {
    return this.takeWhile(() => true);
  }

  takeWhile(takes: (item: Item) => boolean): Item[] {
    const end = this.#items.findIndex((item) => !takes(item));
    const taken = this.#items.splice(0, end < 0 ? this.#items.length : end);
    for (const { record } of taken) this.#bytes -= record.payload.length;
    return taken;
  }
}
