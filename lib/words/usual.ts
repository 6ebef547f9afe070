/** A value beside what is usual, in the words of a plant. Pure. */
import { title } from "./names.ts";

/** What a headline may have. */
const NAME_WORDS_MOST = 4;
const DECIMALS_MOST = 8;

/** A name short enough for a headline: `Vibration`, `Main drive gearbox oil …`. */
export function headName(name: string): string {
  const words = title(name).split(/\s+/);
  return words.length <= NAME_WORDS_MOST
    ? words.join(" ")
    : `${words.slice(0, NAME_WORDS_MOST).join(" ")} …`;
}

/** The same within a sentence: `vibration`, `pH`, `PT100`. */
export function innerName(name: string): string {
  const head = headName(name);
  return /^[A-Z][^A-Z]+$/.test(head) ? head[0].toLowerCase() + head.slice(1) : head;
}

/**
 * `Vibration 2.3 mm/s, usually 1.1 to 1.8`: with as many decimals as the width of what is usual asks for, and enough
 * to see that the value lies outside. Null where nothing is known to be usual.
 */
export function usualWords(
  name: string,
  value: number,
  low: number,
  high: number,
  unit: string | null,
): string | null {
  if (![value, low, high].every(Number.isFinite) || low > high) return null;
  const width = high - low;
  let decimals = width > 0 ? Math.ceil(1 - Math.log10(width)) : 1;
  decimals = Math.max(0, Math.min(DECIMALS_MOST, decimals));
  const isOutside = value < low || value > high;
  const rounded = (x: number) => Number(x.toFixed(decimals));
  while (
    isOutside && decimals < DECIMALS_MOST && rounded(value) >= rounded(low) &&
    rounded(value) <= rounded(high)
  ) decimals++;
  const text = (x: number) => String(rounded(x) + 0);
  const shown = unit === null || unit === "" ? text(value) : `${text(value)} ${unit}`;
  const range = text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
  return `${headName(name)} ${shown}, usually ${range}`;
}
