/*
 * A sender stops when as many messages are unacknowledged as its in-flight window allows, and it does not
 * say how many that are (MQTT 5 knows what was asked for, not what a broker's own limit makes of it).
 * If the commit interval ran out each time, 20 messages would go through per interval. So the window is
 * learnt: a number of unacknowledged messages at which the sender fell silent, twice in a row, and went
 * on as soon as it was acknowledged, counts as its window. A learnt window is forgotten after a
 * while, and grows at once when more are seen in flight. A wrong guess costs commits that are a little
 * earlier than needed, never correctness.
 */

const SILENT_MS = 4;
const RESUMED_MS = 15;
const FORGET_MS = 10_000;

export class InFlightWindow {
  #size: number;
  #learntMs = -Infinity;
  #firstMs = 0;
  #lastMs = -Infinity;
  #stalledAt = 0;
  #candidate = 0;
  #settledMs = -Infinity;

  /** `assumed`: what the sender is believed to allow before anything was seen. */
  constructor(private readonly assumed: number) {
    this.#size = assumed;
  }

  get size(): number {
    return this.#size;
  }

  /** After a read that brought messages: `unacknowledged` are in flight. True when the window is full. */
  arrived(unacknowledged: number, nowMs: number): boolean {
    if (this.#stalledAt > 0) this.#judge(nowMs);
    if (unacknowledged > this.#size) this.#size = unacknowledged;
    else if (this.#size < this.assumed && nowMs - this.#learntMs > FORGET_MS) {
      this.#size = this.assumed;
    }
    if (this.#settledMs > this.#lastMs) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    return unacknowledged >= this.#size;
  }

  /** When a commit begins to acknowledge: `unacknowledged` were in flight until now. */
  settling(unacknowledged: number, nowMs: number): void {
    const silentMs = nowMs - this.#lastMs;
    const stalled = unacknowledged > 1 && silentMs > SILENT_MS &&
      silentMs > this.#lastMs - this.#firstMs;
    this.#stalledAt = stalled ? unacknowledged : 0;
    if (!stalled) this.#candidate = 0;
    this.#settledMs = nowMs;
  }

  /** A stall counts when the sender went on as soon as it was acknowledged; twice the same is a window. */
  #judge(nowMs: number): void {
    const resumed = nowMs - this.#settledMs < RESUMED_MS;
    if (resumed && this.#candidate === this.#stalledAt) {
      this.#size = this.#stalledAt;
      this.#learntMs = nowMs;
    }
    this.#candidate = resumed ? this.#stalledAt : 0;
    this.#stalledAt = 0;
  }
}
