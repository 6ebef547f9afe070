import { wholeNumber } from "./number.ts";

export interface Temperature {
  name: string;
  celsius: number;
}

/** Colder is a sensor that is not connected (some say -273). */
const COLDEST = -60;
const TOO_HOT = 200;

/**
 * A temperature in thousandths of a degree, as °C. Null for what no part of a host has: 200 °C and more, exactly
 * 0, and fractions of a degree, which are drivers that count in whole degrees.
 */
export function celsiusOf(text: string | null): number | null {
  const thousandths = wholeNumber(text);
  if (thousandths === null) return null;
  const celsius = thousandths / 1_000;
  if (celsius >= TOO_HOT || celsius < COLDEST || Math.abs(celsius) < 1) return null;
  return Math.round(celsius * 10) / 10;
}

const PROCESSOR = [
  /^(cpu|soc|x86_pkg_temp|k10temp Tctl|coretemp Package)/i,
  /^(coretemp|k10temp|zenpower)/i,
];

/** The processor first, then by name. */
export function processorFirst(temperatures: readonly Temperature[]): Temperature[] {
  const rank = ({ name }: Temperature) => {
    const at = PROCESSOR.findIndex((pattern) => pattern.test(name));
    return at < 0 ? PROCESSOR.length : at;
  };
  return temperatures.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}
