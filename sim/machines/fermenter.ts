import type { Wear } from "../faults.ts";
import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";

/** A controlled tank: temperature 35 to 40 °C, pH 6.5 to 7.5, agitator 300 to 600 rpm. */
export function fermenter(path: string, random: Random): Machine {
  let temperature = 37.5;
  let ph = 7;
  let rpm = 450;
  /** Pulls towards the middle and wanders; the controller keeps it inside. */
  const wander = (value: number, middle: number, step: number, least: number, most: number) =>
    Math.min(most, Math.max(least, value + (middle - value) / 600 + step * random.normal()));
  return {
    path,
    dialect: "many",
    sensors: [
      {
        name: "temperature",
        unit: "°C",
        noise: 0.02,
        decimals: 2,
        spike: 6,
      },
      { name: "ph", unit: "pH", noise: 0.005, decimals: 3, spike: 1.5 },
      { name: "agitator_speed", unit: "rpm", noise: 1, decimals: 0, spike: 250 },
    ],
    step(wear: Wear) {
      temperature = wander(temperature, 37.5 + 2 * wear.overload, 0.04, 35.1, 39.9);
      ph = wander(ph, 7, 0.008, 6.53, 7.47);
      rpm = wander(rpm, 450, 4, 305, 595);
      return { temperature, ph, agitator_speed: rpm };
    },
  };
}
