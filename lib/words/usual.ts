/** A value beside what is usual, in the words of a plant. Pure. */
import { withUnit } from "./numbers.ts";
import { withinSentence } from "./names.ts";

/** What a headline may have. */
const WORDS_MOST = 12;
const NAME_WORDS_MOST = 4;
const DECIMALS_MOST = 8;

/** A name short enough for a headline: `Vibration`, `Main drive gearbox oil …`. */
export function headName(name: string): string {
  const words = wordsOf(name);
  return words.length <= NAME_WORDS_MOST
    ? words.join(" ")
    : `${words.slice(0, NAME_WORDS_MOST).join(" ")} …`;
}

/** The same within a sentence: `vibration`, `pH`, `PT100`. */
export function innerName(name: string): string {
  return withinSentence(headName(name));
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "");

/**
 * A sentence as a headline of at most 12 words: what follows a semicolon or stands in brackets goes first, then the
 * end.
 */
export function headline(text: string): string {
  let short = wordsOf(text).join(" ");
  const fits = () => wordsOf(short).length <= WORDS_MOST;
  if (!fits()) short = short.replace(/;.*$/, "");
  if (!fits()) short = short.replaceAll(/ \([^()]*\)/g, "");
  if (fits()) return short;
  return `${wordsOf(short).slice(0, WORDS_MOST - 1).join(" ").replace(/[,:;.]+$/, "")} …`;
}

/** What a sensor is called (`sensorTitle`) and what is said of it, the name as long as there is room for it; `colon`: one after the name. */
export function headed(
  name: string,
  rest: string,
  { colon = false }: { colon?: boolean } = {},
): string {
  const room = WORDS_MOST - wordsOf(rest).length;
  const words = wordsOf(name);
  const most = Math.max(1, Math.min(NAME_WORDS_MOST, room));
  const head = words.length <= most
    ? words
    : [...words.slice(0, Math.max(1, Math.min(most, room - 1))), "…"];
  return headline(`${head.join(" ")}${colon ? ":" : ""} ${rest}`);
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
  const shown = withUnit(text(value), unit);
  const range = text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
  return headed(name, `${shown}, usually ${range}`);
}
