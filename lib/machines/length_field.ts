import { z } from "zod";
import { durationText } from "../words/durations.ts";

/** A length of time in milliseconds; what is refused is said as people read times. */
export function lengthField(leastMs: number, mostMs: number) {
  const ends = [leastMs, mostMs].map((ms) => `${durationText(ms)} (${ms})`);
  const error = `give ${ends[0]} to ${ends[1]}`;
  return z.number().int().min(leastMs, { error }).max(mostMs, { error });
}
