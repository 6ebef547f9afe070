import { type Clock, systemClock } from "../../lib/base/clock.ts";

/** A host clock that somebody sets; real time passes as it does. */
export interface WrongClock extends Clock {
  /** Moves what it says. */
  jump(ms: number): void;
  set(nowMs: number): void;
}

export function wrongClock(byMs = 0): WrongClock {
  const right = systemClock();
  let offMs = byMs;
  return {
    ...right,
    now: () => right.now() + offMs,
    jump: (ms) => void (offMs += ms),
    set: (nowMs) => void (offMs = nowMs - right.now()),
  };
}
