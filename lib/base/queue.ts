/** A first-in first-out queue that never grows beyond its limits: `push` refuses instead. */
export class BoundedQueue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  constructor(
    private readonly limits: { items: number; bytes?: number },
    private readonly sizeOf: (item: T) => number = () => 0,
  ) {}

  get length(): number {
    return this.#items.length - this.#head;
  }
  get bytes(): number {
    return this.#bytes;
  }

  /** True when the item was taken; false when the queue is full (the caller must make that visible). */
  push(item: T): boolean {
    const size = this.sizeOf(item);
    if (this.length >= this.limits.items) return false;
    // A single item larger than the byte limit is still taken by an empty queue: it could never be otherwise.
    if (
      this.limits.bytes !== undefined && this.#bytes + size > this.limits.bytes && this.length > 0
    ) {
      return false;
    }
    this.#items.push(item);
    this.#bytes += size;
    return true;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#bytes -= this.sizeOf(item as T);
    return item;
  }
}
