import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";

const DAY_S = 86_400;

/**
 * A room sensor between two temperatures: a day's wave and slow weather. One reading each `periodS`.
 */
export function room(
  options: { minC: number; maxC: number; periodS: number },
  random: Random,
): Machine {
  const { minC, maxC, periodS } = options;
  const middle = (minC + maxC) / 2;
  const half = (maxC - minC) / 2;
  let tS = DAY_S * random.uniform();
  let weather = 0;
  return {
    path: "default",
    dialect: "telemetry",
    periodS,
    sensors: [{
      name: "room-temperature",
      unit: "°C",
      noise: half * 0.002,
      decimals: 2,
      least: minC,
      most: maxC,
      spike: half,
    }],
    step() {
      tS += 1;
      weather += -weather / 20_000 + 0.002 * random.normal();
      const wave = 0.55 * Math.sin(2 * Math.PI * tS / DAY_S) + 0.35 * Math.tanh(weather);
      return { "room-temperature": middle + half * wave };
    },
  };
}
