/** In which units pages show what sensors measure. */
import { z } from "zod";
import { setting } from "../setting.ts";

const AS_SENT = "as sent";
const help = "On pages and charts. What is stored, and what the API answers, stays as it was sent.";

function shown<T extends string>(title: string, units: readonly [T, ...T[]]) {
  return setting({
    category: "Units",
    title,
    help,
    schema: z.enum([AS_SENT, ...units]),
    default: AS_SENT,
    see: "viewer",
    change: "admin",
  });
}

export const UNIT_SETTINGS = {
  "units.temperature": shown("Temperatures in", ["°C", "°F"]),
  "units.pressure": shown("Pressures in", ["Pa", "hPa", "kPa", "bar", "psi"]),
  "units.power": shown("Power in", ["W", "kW", "MW"]),
  "units.energy": shown("Energy in", ["Wh", "kWh", "MWh", "MJ"]),
  "units.voltage": shown("Voltages in", ["mV", "V", "kV"]),
  "units.current": shown("Currents in", ["mA", "A"]),
  "units.flow": shown("Flows in", ["L/min", "L/h", "L/s", "m³/h"]),
  "units.volume": shown("Volumes in", ["L", "m³"]),
  "units.length": shown("Lengths in", ["mm", "cm", "m", "km", "in", "ft", "mi"]),
  "units.speed": shown("Speeds in", ["m/s", "km/h", "mph", "kn"]),
} as const;
