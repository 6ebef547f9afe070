/** How analyses and answers name values, ranges and times. Pure. */
import { exact, number, withUnit } from "../words/numbers.ts";
import { clockTime, duration } from "../words/times.ts";
import type { SensorFact, SiteFacts } from "./facts.ts";

/** `83.4 °C`; `nothing yet` before the first reading. */
export function valueWords({ value, unit, decimals }: SensorFact): string {
  if (value === null) return "nothing yet";
  return withUnit(typeof value === "string" ? value : number(value, decimals), unit);
}

/** `usually 61.0 to 72.0 °C`; null where that is not known. */
export function usualWords({ usual, unit, decimals }: SensorFact): string | null {
  if (usual === null) return null;
  return withUnit(
    `usually ${number(usual.low, decimals)} to ${number(usual.high, decimals)}`,
    unit,
  );
}

/** The limit that a value is beyond, or null: `above the critical limit of 80 °C`. */
export function limitWords({ value, unit, limits }: SensorFact): string | null {
  if (typeof value !== "number") return null;
  const { warningLow, warningHigh, criticalLow, criticalHigh } = limits;
  const beyond = (kind: string, side: "above" | "below", limit: number) =>
    `${side} the ${kind} limit of ${withUnit(exact(limit), unit)}`;
  if (criticalHigh !== null && value >= criticalHigh) {
    return beyond("critical", "above", criticalHigh);
  }
  if (criticalLow !== null && value <= criticalLow) return beyond("critical", "below", criticalLow);
  if (warningHigh !== null && value >= warningHigh) return beyond("warning", "above", warningHigh);
  if (warningLow !== null && value <= warningLow) return beyond("warning", "below", warningLow);
  return null;
}

/** `Bearing is 83.4 °C (usually 61 to 72 °C), above the critical limit of 80 °C`. */
export function sensorSentence(sensor: SensorFact, { nowMs, zone }: SiteFacts): string {
  const { title, tMs, status } = sensor;
  if (status === "offline") {
    return tMs === null
      ? `${title} has never reported`
      : `${title} has been silent for ${duration(nowMs - tMs)}; its last value was ${
        valueWords(sensor)
      } at ${clockTime(tMs, nowMs, zone)}`;
  }
  const usual = usualWords(sensor);
  const limit = limitWords(sensor);
  return `${title} is ${valueWords(sensor)}${usual === null ? "" : ` (${usual})`}${
    limit === null ? "" : `, ${limit}`
  }`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most);
  const more = names.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
