/** Root causes that experience suggests for what is unusual at one machine, and what to do about each. Pure. */
import type { SensorFact } from "./facts.ts";
import { limitWords, listed } from "./words.ts";

export interface Cause {
  cause: string;
  recommendation: string;
}

/** What a sensor measures, by its name and unit. */
type Quantity =
  | "temperature"
  | "vibration"
  | "current"
  | "pressure"
  | "flow"
  | "speed"
  | "level"
  | "load"
  | "acidity";

const QUANTITIES: readonly { quantity: Quantity; name: RegExp; unit: RegExp }[] = [
  { quantity: "temperature", name: /temp|therm|bearing_?t/i, unit: /^(°?[CF]|K|degC|celsius)$/i },
  { quantity: "vibration", name: /vibr|accel|rms/i, unit: /^(mm\/s|m\/s²|m\/s2|g)$/i },
  { quantity: "current", name: /current|amp/i, unit: /^m?A$/ },
  { quantity: "pressure", name: /press/i, unit: /^(m?bar|k?Pa|hPa|MPa|psi)$/i },
  { quantity: "flow", name: /flow|throughput/i, unit: /^(l\/(min|s|h)|m³\/h|m3\/h)$/i },
  { quantity: "speed", name: /rpm|speed|agitator/i, unit: /^(rpm|1\/min|m\/s|Hz)$/i },
  { quantity: "acidity", name: /\bph\b|acid/i, unit: /^pH$/ },
  { quantity: "level", name: /level|fill/i, unit: /^$/ },
  { quantity: "load", name: /load|weight|torque/i, unit: /^(kg|t|N|Nm|kN)$/ },
];

export function quantityOf({ name, title, unit }: SensorFact): Quantity | null {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const named = QUANTITIES.find((one) => one.name.test(last) || one.name.test(title));
  return (named ?? QUANTITIES.find((one) => unit !== null && one.unit.test(unit)))?.quantity ??
    null;
}

type Deviations = ReadonlyMap<Quantity, "high" | "low">;

/** Signs that belong together, the most telling first. */
const SIGNS: readonly { of: Partial<Record<Quantity, "high" | "low">>; cause: Cause }[] = [
  {
    of: { temperature: "high", vibration: "high" },
    cause: {
      cause: "Heat and vibration rise together: a worn or dry bearing, or a misaligned shaft.",
      recommendation:
        "Check lubrication and alignment and listen to the bearing; plan its exchange.",
    },
  },
  {
    of: { temperature: "high", current: "high" },
    cause: {
      cause: "The motor draws more current and gets warm: it is overloaded, or something is stiff.",
      recommendation: "Take load off, look for what blocks or rubs, and check the motor's cooling.",
    },
  },
  {
    of: { pressure: "low", flow: "low" },
    cause: {
      cause:
        "Pressure and flow fall together: a leak before the sensors, or a pump that gives out.",
      recommendation: "Look for leaks, then check the pump's suction side and its filter.",
    },
  },
  {
    of: { pressure: "high", flow: "low" },
    cause: {
      cause: "Pressure rises while flow falls: a blocked filter, valve or line behind the pump.",
      recommendation: "Check filters and the position of valves downstream.",
    },
  },
  {
    of: { current: "high", speed: "low" },
    cause: {
      cause: "More current at less speed: the drive works against a blockage or a worn gear.",
      recommendation: "Stop it when it is safe, and look for what blocks it.",
    },
  },
  {
    of: { vibration: "high" },
    cause: {
      cause: "Vibration alone: imbalance, looseness, or the first stage of a worn bearing.",
      recommendation: "Check fastenings and balance, and compare with the same load on other days.",
    },
  },
  {
    of: { temperature: "high" },
    cause: {
      cause: "Heat without other signs: poor cooling, friction that begins, or warm surroundings.",
      recommendation:
        "Check cooling, air filters and lubrication, and compare with machines nearby.",
    },
  },
  {
    of: { temperature: "low" },
    cause: {
      cause: "Colder than usual: the machine idles, its heating fails, or its sensor came loose.",
      recommendation: "See whether it is meant to run, then check heating and sensor.",
    },
  },
  {
    of: { current: "high" },
    cause: {
      cause: "More current than usual: a higher load, or a drive that becomes stiff.",
      recommendation: "Compare with the load; if that is as ever, check the drive's mechanics.",
    },
  },
  {
    of: { pressure: "high" },
    cause: {
      cause: "Pressure is too high: a blocked line, or a regulator that does not open.",
      recommendation: "Check regulator and relief valve before anything else.",
    },
  },
  {
    of: { pressure: "low" },
    cause: {
      cause: "Pressure is too low: a leak, or a pump or compressor that gives out.",
      recommendation: "Look for leaks and check the supply.",
    },
  },
  {
    of: { flow: "low" },
    cause: {
      cause: "Less flows than usual: a clogged filter, a valve half closed, or air in the line.",
      recommendation: "Check filter and valves, and bleed the line.",
    },
  },
  {
    of: { level: "low" },
    cause: {
      cause: "The level is low: consumption, or a leak.",
      recommendation: "Refill, and see whether it falls again faster than usual.",
    },
  },
];

/** What is probable for sensors of one machine that are off, judged by all of them together. */
export function causeOf(off: readonly SensorFact[], all: readonly SensorFact[]): Cause {
  const silent = off.filter(({ status }) => status === "offline");
  if (silent.length > 0 && silent.length === all.length) {
    return {
      cause: all.length === 1
        ? "Its only sensor is silent: sensor, cable or supply, or the machine is switched off."
        : "All of its sensors fell silent: the machine is switched off, or its supply, gateway or network " +
          "connection is gone.",
      recommendation:
        "See whether the machine runs, then check the supply and the network of its gateway.",
    };
  }
  const deviations = deviationsOf(off.filter(({ status }) => status !== "offline"));
  const sign = SIGNS.find(({ of }) =>
    Object.entries(of).every(([quantity, side]) => deviations.get(quantity as Quantity) === side)
  );
  if (sign !== undefined) return sign.cause;
  if (silent.length === off.length) {
    return {
      cause: `${listed(silent.map(({ title }) => title))} alone ${
        silent.length === 1 ? "is" : "are"
      } silent while the machine's other sensors report: sensor, cable or plug.`,
      recommendation: "Check plug, cable and supply of the sensor before the machine.",
    };
  }
  return off.length === 1
    ? {
      cause:
        "One value is off while the machine's others are as usual: the process at that place, or " +
        "the sensor itself.",
      recommendation: "Compare with a second measurement before the machine is touched.",
    }
    : {
      cause:
        "Several values are off together: load, material or supply changed, rather than a sensor.",
      recommendation: "See what was changed at the machine when it began.",
    };
}

function deviationsOf(off: readonly SensorFact[]): Deviations {
  const out = new Map<Quantity, "high" | "low">();
  for (const sensor of off) {
    const quantity = quantityOf(sensor);
    if (quantity === null || typeof sensor.value !== "number") continue;
    const limit = limitWords(sensor);
    const side = limit !== null
      ? limit.startsWith("above") ? "high" : "low"
      : sensor.usual === null
      ? null
      : sensor.value > sensor.usual.high
      ? "high"
      : sensor.value < sensor.usual.low
      ? "low"
      : null;
    if (side !== null) out.set(quantity, side);
  }
  return out;
}
