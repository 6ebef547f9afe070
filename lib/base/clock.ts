/** Time as the application sees it; tests hand in a fake (`tests/support/fake_clock.ts`). */
export interface Clock {
  /** Wall clock, epoch milliseconds UTC. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary start. Never goes back. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The host's clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        }, ms);
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}

const OWNER = Symbol("owner");

/** Aborts when either does. Who sleeps with it is seen (`supervisor.ts`) as whose signal `own` is. */
export function eitherSignal(own: AbortSignal, cut: AbortSignal): AbortSignal {
  return Object.assign(AbortSignal.any([own, cut]), { [OWNER]: own });
}

/** Whose a signal is: its own, or that of which it was made. */
export function ownerOf(signal: AbortSignal): AbortSignal {
  return (signal as { [OWNER]?: AbortSignal })[OWNER] ?? signal;
}
