/**
 * Readings of one computed sensor's inputs as they are committed, until their moment is due. With one input that is
 * at once. With several, a moment waits until all of them have reported a later one, or for `holdMs`: messages of the
 * same moment are committed one after the other, and clocks of devices differ. What comes later than that is late.
 */
import type { Calculation } from "./calculation.ts";
import type { Results } from "./recompute.ts";

const HOLD_MS = 1_000;
/** The longest that a moment waits for inputs whose clocks are behind. */
const HOLD_MOST_MS = 30_000;
/** A time that is ahead of this host's is waited for, but not for ever. */
const AHEAD_MOST_MS = 5 * 60_000;
/** Readings that wait at most; what is beyond is read back from the store. */
export const WAITING_MOST = 5_000;

interface Waiting {
  tMs: number;
  input: number;
  value: number;
}

export interface Now {
  /** Wall clock. */
  ms: number;
  monotonicMs: number;
}

export type Taken = "waits" | "late" | "full";

export class LiveInputs {
  #waiting: Waiting[] = [];
  #sinceMs = 0;
  #holdMs: number;
  readonly #newest: number[];
  readonly #sorted = { tMs: -Infinity, yes: true };

  /** `atMs`: the moment that was computed last. */
  constructor(
    private readonly calculation: Calculation,
    private readonly inputs: number,
    public atMs: number,
  ) {
    this.#holdMs = inputs === 1 ? 0 : HOLD_MS;
    this.#newest = Array.from({ length: inputs }, () => -Infinity);
  }

  /** Since when something is not computed yet; null: all is. */
  get firstMs(): number | null {
    if (this.#waiting.length === 0) return null;
    return this.#waiting.reduce((ms, { tMs }) => Math.min(ms, tMs), Infinity);
  }

  take(input: number, tMs: number, value: number, now: Now): Taken {
    if (tMs <= this.atMs) {
      // Whoever is behind by a little is waited for from now on.
      const behind = this.atMs - tMs + HOLD_MS;
      if (this.inputs > 1 && behind <= HOLD_MOST_MS) this.#holdMs = Math.max(this.#holdMs, behind);
      return "late";
    }
    if (this.#waiting.length >= WAITING_MOST) return "full";
    if (this.#waiting.length === 0) this.#sinceMs = now.monotonicMs;
    if (tMs < this.#sorted.tMs) this.#sorted.yes = false;
    else this.#sorted.tMs = tMs;
    if (tMs > this.#newest[input]) this.#newest[input] = tMs;
    this.#waiting.push({ tMs, input, value });
    return "waits";
  }

  /** When to look again, as monotonic time, if nothing further comes; Infinity: nothing waits. */
  dueMs(now: Now): number {
    const { firstMs } = this;
    if (firstMs === null) return Infinity;
    const heldMs = this.#sinceMs + this.#holdMs;
    return Math.max(heldMs, now.monotonicMs + firstMs + this.#holdMs - now.ms);
  }

  /** Up to which moment all inputs have reported, or have been waited for. */
  dueUntil(now: Now): number {
    const all = Math.min(...this.#newest);
    const waited = now.monotonicMs - this.#sinceMs;
    if (waited < this.#holdMs) return all;
    return Math.max(all, waited < AHEAD_MOST_MS ? Math.max(now.ms - this.#holdMs, 0) : Infinity);
  }

  /** Computes the moments that are due. */
  compute(now: Now): Results {
    const results: Results = { tMs: [], value: [] };
    const untilMs = this.inputs === 1 ? Infinity : this.dueUntil(now);
    if (this.#waiting.length === 0) return results;
    if (!this.#sorted.yes) this.#waiting.sort((a, b) => a.tMs - b.tMs);
    const values = new Array<number | undefined>(this.inputs);
    let at = 0;
    while (at < this.#waiting.length && this.#waiting[at].tMs <= untilMs) {
      const { tMs } = this.#waiting[at];
      values.fill(undefined);
      while (at < this.#waiting.length && this.#waiting[at].tMs === tMs) {
        values[this.#waiting[at].input] = this.#waiting[at].value;
        at++;
      }
      this.atMs = tMs;
      const value = this.calculation.take(tMs, values);
      if (value === null) continue;
      results.tMs.push(tMs);
      results.value.push(value);
    }
    this.#waiting.splice(0, at);
    this.#sinceMs = now.monotonicMs;
    this.#sorted.tMs = this.#waiting.at(-1)?.tMs ?? -Infinity;
    this.#sorted.yes = true;
    return results;
  }
}
