import type { Fault } from "../faults.ts";
import { createRandom, type Random } from "../random.ts";
import type { Scenario } from "./scenario.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** A fault with the time within which somebody should know of it. */
export interface TimedFault extends Fault {
  withinS: number;
}

interface Kind extends Omit<TimedFault, "atS"> {
  /** Hours of the day between which it begins. */
  hours: [number, number];
}

/** Stated before anything was tuned to find them. */
const KINDS: readonly Kind[] = [
  // The freezer's compressor gives up: some 6 K an hour at first.
  {
    ...{ machine: "kitchen/freezer", kind: "cooling-lost", hours: [0, 24] },
    ...{ durationS: 10 * HOUR_S, withinS: 2 * HOUR_S },
  },
  // A bearing wears out within eight hours.
  {
    ...{ machine: "works/pump", kind: "bearing-wear", hours: [0, 24] },
    ...{ durationS: 8 * HOUR_S, withinS: 6 * HOUR_S },
  },
  // One of two thermometers of a cold room stands still.
  {
    ...{ machine: "works/cold-room", sensor: "temperature_front", kind: "stuck", hours: [0, 24] },
    ...{ durationS: 16 * HOUR_S, withinS: 6 * HOUR_S },
  },
  // A sensor that reported each minute falls silent.
  {
    ...{ machine: "works/mains", sensor: "voltage", kind: "silence", hours: [0, 24] },
    ...{ durationS: 6 * HOUR_S, withinS: 600 },
  },
  // A tap, or a pipe, that drips a litre a minute.
  {
    ...{ machine: "cellar/water", kind: "leak", hours: [0, 4] },
    ...{ durationS: 12 * HOUR_S, withinS: 3 * HOUR_S },
  },
  {
    ...{ machine: "garden/soil", kind: "battery-collapse", hours: [0, 24] },
    ...{ durationS: 24 * HOUR_S, withinS: 24 * HOUR_S },
  },
  // Compressor of the heat pump: on for 90 s, off for two minutes.
  {
    ...{ machine: "cellar/heat-pump", kind: "short-cycling", hours: [0, 24] },
    ...{ durationS: 12 * HOUR_S, withinS: 6 * HOUR_S },
  },
  // The panels have voltage, the inverter gives nothing: from the morning on.
  {
    ...{ machine: "roof/inverter", kind: "inverter-off", hours: [8, 9] },
    ...{ durationS: 8 * HOUR_S, withinS: 6 * HOUR_S },
  },
  // A CO2 sensor that reports 0.
  {
    ...{ machine: "living-room/climate", kind: "sensor-dead", hours: [0, 24] },
    ...{ durationS: 8 * HOUR_S, withinS: 2 * HOUR_S },
  },
  // A sensor of the conveyor drifts by ten times its noise and more.
  {
    ...{
      machine: "works/compressor",
      sensor: "oil_temperature",
      kind: "drift",
      amount: 60,
      hours: [0, 24],
    },
    ...{ durationS: 24 * HOUR_S, withinS: 24 * HOUR_S },
  },
];
/** Nothing is wrong in the first nine days. */
const FROM_DAY = 9;
const DAYS = 4;

/** Each of them once, at a time of its own in the second week. */
export function houseFaults(random: Random): TimedFault[] {
  return KINDS.map(({ hours: [from, to], ...kind }) => {
    const day = FROM_DAY + Math.floor(DAYS * random.uniform());
    const atS = Math.round(day * DAY_S + (from + (to - from) * random.uniform()) * HOUR_S);
    return { ...kind, atS };
  });
}

export const house: Scenario = {
  name: "house",
  title: "Two weeks of a house and a small plant: nine well, then ten faults",
  place: "house",
  faults: houseFaults(createRandom(1, "faults")),
};
