import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";

/**
 * The pause of the whole intake, by a person: MQTT messages stay unacknowledged with their senders, HTTP is answered
 * 503, what reads by itself skips. Nothing that was acknowledged waits.
 */
export interface IntakePause {
  /** Since when, and because of what; null: it takes readings. */
  paused(): { sinceMs: number; by: string } | null;
  pause(by: string): void;
  resume(): void;
  /** Why nothing is taken; null: it is. */
  refusal(): PerchError | null;
  onResume(listener: () => void): void;
}

const RETRY_S = 30;

export function createIntakePause({ clock }: { clock: Pick<Clock, "now"> }): IntakePause {
  let pause: { sinceMs: number; by: string } | null = null;
  const listeners = new Set<() => void>();
  return {
    paused: () => pause,
    pause: (by) => void (pause ??= { sinceMs: clock.now(), by }),
    resume() {
      pause = null;
      for (const listener of listeners) listener();
    },
    refusal: () =>
      pause && new PerchError(
        "busy",
        "Perch takes no readings at the moment, because its intake is paused; see the page of the faults",
        { retryAfterS: RETRY_S },
      ),
    onResume: (listener) => void listeners.add(listener),
  };
}
