import type { Fault } from "../faults.ts";
import type { Scenario } from "./scenario.ts";

const ROUND_S = 600;
const ROUNDS = 24 * 6;
const MACHINE = "hall-1/press-3";
/** Each for a minute, and a minute between them. */
const ROUND: readonly Fault[] = [
  { atS: 60, durationS: 60, machine: MACHINE, kind: "camera-freeze" },
  { atS: 180, durationS: 60, machine: MACHINE, kind: "camera-black" },
  { atS: 300, durationS: 60, machine: MACHINE, kind: "camera-stop" },
  { atS: 420, durationS: 60, machine: MACHINE, kind: "camera-half-open" },
];

export const camera: Scenario = {
  name: "camera",
  title: "The camera at press 3 freezes, turns black, is off and hangs, every ten minutes",
  faults: Array.from(
    { length: ROUNDS },
    (_, round) => ROUND.map((fault) => ({ ...fault, atS: fault.atS + round * ROUND_S })),
  ).flat(),
};
