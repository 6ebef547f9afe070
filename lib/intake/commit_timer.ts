import type { Clock } from "../base/clock.ts";

const LINGER_MS = 4;

/** Calls `commit` now, soon, or when the commit interval is over; only the earliest call counts. */
export class CommitTimer {
  readonly #lingerMs: number;
  #lastCommitMs = -Infinity;
  #wake: AbortController | null = null;
  #wakeAtMs = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly commitIntervalMs: number,
    private readonly commit: () => void,
  ) {
    this.#lingerMs = Math.min(LINGER_MS, commitIntervalMs / 10);
  }

  /** Commits once the source has handed over all that one socket read gave. */
  now(): void {
    if (this.#wakeAtMs <= 0) return;
    this.#wake?.abort();
    this.#wakeAtMs = 0;
    // A microtask runs after that.
    queueMicrotask(this.commit);
  }

  /** Commits when the interval since the last commit is over, and after a short linger at the earliest. */
  soon(): void {
    const nowMs = this.clock.monotonic();
    const ms = Math.max(this.#lingerMs, this.#lastCommitMs + this.commitIntervalMs - nowMs);
    if (ms === 0) return this.now();
    if (this.#wakeAtMs <= nowMs + ms) return;
    this.#wake?.abort();
    this.#wakeAtMs = nowMs + ms;
    this.#wake = new AbortController();
    this.clock.sleep(ms, this.#wake.signal).then(this.commit, () => {});
  }

  /** The call has come. */
  reached(): void {
    this.#wake = null;
    this.#wakeAtMs = Infinity;
  }

  /** A commit begins. */
  begun(): void {
    this.#lastCommitMs = this.clock.monotonic();
  }

  stop(): void {
    this.#wake?.abort();
  }
}
