/** How often a target is told something: never faster than its settings say, over restarts too. Pure but for its memory. */
const HOUR_MS = 3_600_000;

export interface Rate {
  /** How long until another order may be given; 0: it may now. */
  waitMs(targetId: string, limits: { min_interval_s: number; per_hour: number }): number;
  /** One was given, so many ms ago. */
  count(targetId: string, agoMs?: number): void;
}

/** @param nowMs monotonic: a clock that jumps makes nothing faster */
export function createRate(nowMs: () => number): Rate {
  const times = new Map<string, number[]>();

  /** Of the last hour. */
  function recent(id: string): number[] {
    const all = times.get(id);
    if (all === undefined) return [];
    const fresh = all.filter((t) => nowMs() - t < HOUR_MS);
    if (fresh.length === 0) times.delete(id);
    else times.set(id, fresh);
    return fresh;
  }

  return {
    waitMs(id, { min_interval_s, per_hour }) {
      const given = recent(id);
      const last = given.at(-1);
      const afterLast = last === undefined ? 0 : last + min_interval_s * 1000 - nowMs();
      const first = given.at(-per_hour);
      const afterHour = first === undefined ? 0 : first + HOUR_MS - nowMs();
      return Math.max(0, Math.ceil(afterLast), Math.ceil(afterHour));
    },
    count(id, agoMs = 0) {
      times.set(id, [...recent(id), nowMs() - agoMs]);
    },
  };
}
