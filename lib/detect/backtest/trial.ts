import type { Detector } from "../detector.ts";
import { Watched } from "../runner/watched.ts";
import { FiringLog } from "./firings.ts";
import type { TrialResult } from "./shapes.ts";

/** Time between two ticks while nothing comes in, as the runner has it. */
const TICK_MS = 10_000;
/** Beyond a day of silence ticks grow apart with it, so that an empty year costs no more than a day. */
const TICKS_A_DAY = 8640;

/**
 * One detector with its options over recorded readings: the very code that judges them live, fed in order
 * of time, with the ticks that a running site would have had in between.
 */
export class Trial {
  readonly #watched: Watched;
  readonly #log: FiringLog;
  readonly #take;
  #lastMs = -Infinity;

  constructor(
    detector: Detector,
    private readonly options: unknown,
    private readonly range: { fromMs: number; toMs: number },
  ) {
    this.#watched = new Watched(0, [{ detector, options }]);
    this.#log = new FiringLog(range.fromMs, range.toMs);
    this.#take = this.#log.take.bind(this.#log);
  }

  /** A reading; times do not run backwards. */
  read(tMs: number, value: number): void {
    this.#tickUntil(tMs);
    this.#watched.read(tMs, value, { journalMs: tMs, heardMs: -Infinity }, this.#take);
    this.#log.see(tMs, value);
    this.#lastMs = tMs;
  }

  /** The range is over. */
  end(): TrialResult {
    this.#tickUntil(this.range.toMs);
    return this.#log.result(this.options);
  }

  #tickUntil(tMs: number): void {
    const sinceMs = this.#lastMs;
    if (sinceMs === -Infinity) return;
    let atMs = sinceMs + TICK_MS;
    while (atMs < tMs) {
      this.#watched.tick({ journalMs: atMs, heardMs: -Infinity }, this.#take);
      atMs += Math.max(TICK_MS, Math.ceil((atMs - sinceMs) / TICKS_A_DAY));
    }
  }
}
