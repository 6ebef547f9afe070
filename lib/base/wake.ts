import { type Clock, eitherSignal } from "./clock.ts";

/** Sleep that can be cut short from elsewhere. */
export interface Wake {
  /** Ends the present sleep, or the next one at once. */
  now(): void;
  /** Sleeps for `ms` or until woken. Rejects when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest timer: a later time is looked at again then. */
const MOST_MS = 24 * 3_600_000;

export function createWake(clock: Clock): Wake {
  let woken = false;
  let cut: AbortController | null = null;
  return {
    now() {
      woken = true;
      cut?.abort();
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      if (!woken) {
        cut = new AbortController();
        const either = eitherSignal(signal, cut.signal);
        await clock.sleep(Math.min(Math.max(ms, 0), MOST_MS), either).catch(() => {});
        cut = null;
      }
      woken = false;
      signal.throwIfAborted();
    },
  };
}
