/** Which reading stands for a sensor's present value. */
import type { LastReading, Sensor } from "./sensor.ts";

/** After a step back of the host's clock, readings this young count as new ones. */
const CLOCK_STEP_MS = 60_000;

/** Keeps a committed reading as the sensor's last one, at its time of arrival, unless a newer one is there. */
export function keepLast(sensor: Sensor, tMs: number, value: number, arrivalMs: number): void {
  const orderMs = Math.min(tMs, arrivalMs);
  const { last } = sensor;
  if (last === null) sensor.last = { tMs, value, orderMs };
  else if (replaces(last, tMs, orderMs, arrivalMs)) {
    last.tMs = tMs;
    last.value = value;
    last.orderMs = orderMs;
  }
}

/** Whether a reading that has just arrived becomes the last one. */
function replaces(last: LastReading, tMs: number, orderMs: number, arrivalMs: number): boolean {
  const before = last.orderMs ?? last.tMs;
  // A last reading from the future: the host's clock was ahead when it arrived.
  if (before > arrivalMs) return orderMs > arrivalMs - CLOCK_STEP_MS;
  // Several that are ahead come in one message: their own times order them.
  if (orderMs === before && tMs > orderMs) return tMs >= last.tMs;
  return orderMs >= before;
}
