/** A seeded stream in which sensors go over a limit and back, and how often each does: the generator's ledger. */
import { groupOf } from "./storage.ts";

export const LIMIT = 50;
export const CROSSING_SENSORS = [1, 2, 3, 4, 5];
const START_MS = Date.UTC(2026, 0, 1);

/** Over the limit in every second stretch of so many groups; each sensor has its own length. */
export function isOver(sensor: number, i: number): boolean {
  return Math.floor(i / (7 + 6 * sensor)) % 2 === 1;
}

/** Group `i`: a reading of every sensor. */
export function crossingGroup(i: number) {
  return groupOf(CROSSING_SENSORS.map((sensor) => ({
    sensor,
    tMs: START_MS + i * 1000 + sensor,
    value: isOver(sensor, i) ? LIMIT + 10 : LIMIT - 10,
  })));
}

/** How often a sensor went over its limit in groups 0 … `to` - 1, and whether it is at the end. */
export function crossingsOf(sensor: number, to: number): { times: number; over: boolean } {
  let times = 0, over = false;
  for (let i = 0; i < to; i++) {
    const now = isOver(sensor, i);
    if (now && !over) times++;
    over = now;
  }
  return { times, over };
}
