import type { Fault } from "../faults.ts";
import type { Scenario } from "./scenario.ts";

const HOUR_S = 3_600;

/** What happens in one hour; each hour repeats it. */
const HOUR: readonly Fault[] = [
  { atS: 300, durationS: 900, machine: "hall-1/press-3", kind: "bearing-wear", amount: 0.8 },
  {
    atS: 700,
    durationS: 40,
    machine: "hall-2/fermenter-1",
    sensor: "ph",
    kind: "spike",
    amount: 1.2,
  },
  { atS: 1_500, durationS: 300, machine: "hall-1/press-2", sensor: "pressure", kind: "stuck" },
  { atS: 2_100, durationS: 600, machine: "hall-2/pump-1", kind: "leak", amount: 0.7 },
  {
    atS: 2_400,
    durationS: 120,
    machine: "hall-1/conveyor-1",
    sensor: "belt_speed",
    kind: "silence",
  },
  {
    atS: 2_900,
    durationS: 500,
    machine: "hall-2/mixer-1",
    sensor: "temperature",
    kind: "drift",
    amount: 9,
  },
];

export const plant: Scenario = {
  name: "plant",
  title: "A day in the plant: every hour a worn bearing, a leak and failing sensors",
  faults: Array.from(
    { length: 24 },
    (_, hour) => HOUR.map((fault) => ({ ...fault, atS: fault.atS + hour * HOUR_S })),
  ).flat(),
  spikeShare: { "hall-2/fermenter-1": 0.002 },
};
