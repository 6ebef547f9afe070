import type { Clock } from "../base/clock.ts";
import { MINUTE_MS } from "../words/times.ts";

export const ACTIVITY_KINDS = ["readings", "events", "alarms"] as const;
export type ActivityKind = typeof ACTIVITY_KINDS[number];

/** What came in one minute. */
export type Minute = { atMs: number } & Record<ActivityKind, number>;

/** What happens from minute to minute, over the last hour; in memory, from the start on. */
export interface Activity {
  add(kind: ActivityKind, n: number): void;
  /** The last so many minutes, oldest first, the present one the last. */
  minutes(count: number): Minute[];
  lastHour(): Record<ActivityKind, number>;
}

const KEPT = 60;

export function createActivity(clock: Pick<Clock, "now">): Activity {
  /** By the minute's number; never more than an hour of them. */
  const kept = new Map<number, Record<ActivityKind, number>>();
  const present = () => Math.floor(clock.now() / MINUTE_MS);
  const none = () => ({ readings: 0, events: 0, alarms: 0 });

  /** Also drops what a clock that was ahead left in the future. */
  function forget(now: number): void {
    for (const minute of kept.keys()) {
      if (minute > now || minute <= now - KEPT) kept.delete(minute);
    }
  }

  function minutes(count: number): Minute[] {
    const now = present();
    return Array.from({ length: Math.min(count, KEPT) }, (_, i) => {
      const minute = now - Math.min(count, KEPT) + 1 + i;
      return { atMs: minute * MINUTE_MS, ...(kept.get(minute) ?? none()) };
    });
  }

  return {
    add(kind, n) {
      const now = present();
      let minute = kept.get(now);
      if (minute === undefined) {
        forget(now);
        kept.set(now, minute = none());
      }
      minute[kind] += n;
    },
    minutes,
    lastHour() {
      const sum = none();
      for (const minute of minutes(KEPT)) {
        for (const kind of ACTIVITY_KINDS) sum[kind] += minute[kind];
      }
      return sum;
    },
  };
}
