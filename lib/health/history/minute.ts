/** Samples of a minute become one reading of each quantity. Pure. */
import { type Observed, QUANTITIES } from "./quantities.ts";

/** One value of one quantity; named by the quantity. */
export interface HostReading {
  name: string;
  tMs: number;
  value: number;
}

/** Means of what was sampled since it was taken last. */
export class Minute {
  #sums = new Map<string, { sum: number; n: number }>();

  add(observed: Observed): void {
    for (const { name, value } of QUANTITIES) {
      const measured = value(observed);
      if (measured === null || !Number.isFinite(measured)) continue;
      const known = this.#sums.get(name);
      if (known === undefined) this.#sums.set(name, { sum: measured, n: 1 });
      else {
        known.sum += measured;
        known.n++;
      }
    }
  }

  /** Ends the minute: a reading of everything that was measured in it, rounded to what is worth keeping. */
  take(tMs: number): HostReading[] {
    const readings = QUANTITIES.flatMap(({ name, decimals }) => {
      const known = this.#sums.get(name);
      if (known === undefined) return [];
      return [{ name, tMs, value: Number((known.sum / known.n).toFixed(decimals)) }];
    });
    this.#sums = new Map();
    return readings;
  }
}
