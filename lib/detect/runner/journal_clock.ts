/**
 * The time that ticks follow: the newest time in the journal. A replay sees the same groups and so ticks at
 * the same places. It never runs backwards, and readings whose time lies far in the future do not move it.
 */
export class JournalClock {
  /** Newest time seen; -Infinity before the first reading. */
  newestMs = -Infinity;
  #tickedMs = -Infinity;

  constructor(private readonly tickMs: number) {}

  /**
   * Takes the times of a group. Gives the time of the tick that comes before the group's readings, or null.
   * The tick shows the time before the group: after a stall nobody is called silent for it.
   */
  take(times: Float64Array, latestMs: number): number | null {
    let newest = this.newestMs;
    for (let i = 0; i < times.length; i++) {
      if (times[i] > newest && times[i] <= latestMs) newest = times[i];
    }
    const before = this.newestMs;
    this.newestMs = newest;
    if (before - this.#tickedMs < this.tickMs) return null;
    if (before === -Infinity) return null;
    this.#tickedMs = before;
    return before;
  }

  save(): Uint8Array {
    return new Uint8Array(new Float64Array([this.newestMs, this.#tickedMs]).buffer);
  }

  load(bytes: Uint8Array): void {
    if (bytes.length !== 16) return;
    [this.newestMs, this.#tickedMs] = new Float64Array(bytes.slice().buffer);
  }
}
