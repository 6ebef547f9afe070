/** Numbers and names as reports write them. Pure. */
import { grouped, number, withUnit } from "../../words/numbers.ts";
import { HOUR_MS, span } from "../../words/times.ts";
import { lengthText } from "../render/cells.ts";

export { machineTitle as machineName, sensorTitle as sensorName } from "../../words/names.ts";

/** To a hundredth of a percent; what is not all is never 100 %. */
export function floored(part: number): number {
  return part >= 1 ? 1 : Math.floor(part * 10_000 + 1e-9) / 10_000;
}

/** `98.20 %`. */
export function share(part: number): string {
  const percent = Math.round(floored(part) * 10_000) / 100;
  return `${percent === 100 ? "100" : percent.toFixed(2)} %`;
}

/** `720 h`, `717.5 h`. */
export function hours(ms: number): string {
  const h = Math.round(ms / HOUR_MS * 10) / 10;
  return `${h >= 10_000 ? grouped(h) : h} h`;
}

export { lengthText, span };

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

/** As a sensor shows it, as a number: with its decimals, else about five digits. */
export function rounded(value: number, decimals: number | null): number | null {
  if (!Number.isFinite(value)) return null;
  return decimals === null ? Number(value.toPrecision(5)) : Number(value.toFixed(decimals));
}

export function valueWithUnit(value: number, decimals: number | null, unit: string | null): string {
  return withUnit(number(value, decimals), unit);
}
