/** Every detector. A new one is a file in this folder and a line here. */
import type { Detector } from "../detector.ts";
import { departure } from "./departure.ts";
import { rate } from "./rate.ts";
import { silence } from "./silence.ts";
import { streaming } from "./streaming.ts";
import { stuck } from "./stuck.ts";
import { threshold } from "./threshold.ts";
import { zscore } from "./zscore.ts";

export const DETECTORS: readonly Detector[] = [
  threshold,
  rate,
  stuck,
  silence,
  zscore,
  streaming,
  departure,
];

/** The detector of that name; undefined when there is none. */
export function detectorNamed(name: string): Detector | undefined {
  return DETECTORS.find((detector) => detector.name === name);
}
