import { isPast } from "../../readings/reading.ts";
import type { DetectGroup } from "./options.ts";

/** More readings than a group has. A key stays a whole number: 32 bits of a sensor and these 21. */
const PLACES = 2 ** 21;

/**
 * Places of the readings of a group that are judged: sensor by sensor, those of each in their order. What detectors
 * know of a sensor is large, and is fetched once for all of its readings.
 */
export function bySensor(
  { n, sensor, flags }: Pick<DetectGroup, "n" | "sensor" | "flags">,
): Uint32Array {
  const keys = new Float64Array(n);
  let judged = 0;
  for (let i = 0; i < n; i++) {
    if (flags === undefined || !isPast(flags[i])) keys[judged++] = sensor[i] * PLACES + i;
  }
  const sorted = keys.subarray(0, judged).sort();
  const places = new Uint32Array(judged);
  for (let i = 0; i < judged; i++) places[i] = sorted[i] % PLACES;
  return places;
}
