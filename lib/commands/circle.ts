/** Rules that may start themselves again: what one orders makes true what another listens to. Pure. */
import type { OrderValue } from "../machines/order.ts";
import type { Sensor } from "../machines/sensor.ts";
import { calibrated } from "../machines/sensor_settings.ts";
import { type Condition, holds } from "./condition.ts";

/**
 * The names along a circle through `start`, itself first; null: there is none.
 * @param leads what the first orders can start the second
 */
export function circleOf<T extends { name: string }>(
  start: T,
  all: readonly T[],
  leads: (from: T, to: T) => boolean,
): string[] | null {
  const seen = new Set<T>();
  const visit = (rule: T, way: string[]): string[] | null => {
    if (leads(rule, start)) return way;
    for (const next of all) {
      if (seen.has(next) || !leads(rule, next)) continue;
      seen.add(next);
      const found = visit(next, [...way, next.name]);
      if (found !== null) return found;
    }
    return null;
  };
  return visit(start, [start.name]);
}

/** Whether a condition on `sensor` holds once it shows what was ordered. */
export function holdsAfter(condition: Condition, sensor: Sensor, ordered: OrderValue): boolean {
  if (condition.is === "text") return condition.text === ordered;
  if (typeof ordered === "string") return false;
  const value = sensor.kind === "number" && typeof ordered === "number"
    ? calibrated(sensor.settings, ordered)
    : Number(ordered);
  return holds(condition, sensor, value, false);
}
