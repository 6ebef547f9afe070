/** Events per second over a sliding window of whole seconds. */
export class RateMeter {
  readonly #counts: Float64Array;
  #second = -Infinity;
  constructor(private readonly windowS = 10) {
    this.#counts = new Float64Array(windowS + 1);
  }

  add(n: number, monotonicMs: number): void {
    this.#move(Math.floor(monotonicMs / 1000));
    this.#counts[this.#second % this.#counts.length] += n;
  }

  /** Mean over the last `windowS` complete seconds. */
  perSecond(monotonicMs: number): number {
    const now = Math.floor(monotonicMs / 1000);
    this.#move(now);
    let sum = 0;
    for (let i = 1; i <= this.windowS; i++) {
      const at = now - i;
      if (at >= 0) sum += this.#counts[at % this.#counts.length];
    }
    return sum / this.windowS;
  }

  #move(second: number): void {
    const length = this.#counts.length;
    if (second - this.#second >= length) this.#counts.fill(0);
    else for (let s = this.#second + 1; s <= second; s++) this.#counts[s % length] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
