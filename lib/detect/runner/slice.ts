import type { Clock } from "../../base/clock.ts";

/** Work on the event loop in slices: after each, the loop turns. */
export class Slice {
  /** Time spent on the event loop since the start. */
  busyMs = 0;
  #sinceMs: number;

  constructor(private readonly clock: Pick<Clock, "monotonic">, private readonly mostMs: number) {
    this.#sinceMs = clock.monotonic();
  }

  /** The slice has lasted as long as it may. */
  get over(): boolean {
    return this.clock.monotonic() - this.#sinceMs >= this.mostMs;
  }

  /** The event loop has turned: a new slice begins. */
  begin(): void {
    this.#sinceMs = this.clock.monotonic();
  }

  /** There is nothing to do for the moment. */
  end(): void {
    this.busyMs += this.clock.monotonic() - this.#sinceMs;
  }

  /** Lets the event loop turn. */
  async turn(): Promise<void> {
    this.end();
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.begin();
  }
}
