import { type Clock, systemClock } from "../../lib/base/clock.ts";

/** The host's clock, so many times as fast from now on: a minute of waiting is a second at 60. */
export function fastClock(times: number): Clock {
  const right = systemClock();
  const [startMs, startMonotonicMs] = [right.now(), right.monotonic()];
  const passedMs = () => (right.monotonic() - startMonotonicMs) * times;
  return {
    now: () => Math.round(startMs + passedMs()),
    monotonic: () => startMonotonicMs + passedMs(),
    sleep: (ms, signal) => right.sleep(ms / times, signal),
  };
}
