import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";

/** An energy meter of a hall: mains voltage, and a load that comes and goes. */
export function meter(path: string, random: Random): Machine {
  let load = 40;
  return {
    path,
    dialect: "own",
    sensors: [
      { name: "voltage", unit: "V", noise: 0.4, decimals: 1, least: 0, spike: 30 },
      { name: "current", unit: "A", noise: 0.2, decimals: 2, least: 0, spike: 20 },
      { name: "power", unit: "kW", noise: 0.05, decimals: 2, least: 0, spike: 5 },
    ],
    step() {
      load += (40 - load) / 120 + 0.8 * random.normal();
      const current = Math.max(0, load);
      const voltage = 231 - current * 0.04;
      return { voltage, current, power: voltage * current * 0.95 / 1_000 };
    },
  };
}
