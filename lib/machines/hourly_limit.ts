import type { Clock } from "../base/clock.ts";
import { HOUR_MS } from "../words/times.ts";

/** Counts new sensors against the most that may be created within an hour. */
export class HourlyLimit {
  #sinceMs: number;
  #created = 0;
  #refused = 0;

  /** `most` is asked each time, because it changes while Perch runs. */
  constructor(
    private readonly clock: Pick<Clock, "monotonic">,
    private readonly most: () => number,
  ) {
    this.#sinceMs = clock.monotonic();
  }

  /** How many may still be created within this hour. */
  left(): number {
    this.#turn();
    return this.most() - this.#created;
  }

  /** How many were refused within this hour. */
  refused(): number {
    this.#turn();
    return this.#refused;
  }

  create(): void {
    this.#created++;
  }

  /** Counts a refusal and words it. */
  refuse(name: string): string {
    this.#refused++;
    return `${name} is new, but ${this.most()} sensors were already created within ` +
      "this hour; it is accepted once the hour is over";
  }

  #turn(): void {
    if (this.clock.monotonic() - this.#sinceMs < HOUR_MS) return;
    this.#sinceMs = this.clock.monotonic();
    this.#created = 0;
    this.#refused = 0;
  }
}
