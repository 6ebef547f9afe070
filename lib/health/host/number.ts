/** A whole number as the kernel writes it; null for anything else, also for one that is too large to be exact. */
export function wholeNumber(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^-?\d{1,16}$/.test(text.trim())) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** Whole numbers separated by blanks; null when one of them is none. */
export function wholeNumbers(text: string): number[] | null {
  const values = words(text).map(wholeNumber);
  return values.some((value) => value === null) ? null : values as number[];
}

export const words = (text: string): string[] => text.trim().split(/\s+/);

/** What a line `Name:   value` says; null: there is no such line. */
export function valueOf(text: string, name: string): string | null {
  for (const line of text.split("\n")) {
    if (line.startsWith(`${name}:`)) return line.slice(name.length + 1).trim();
  }
  return null;
}

/** By how much a counter grew; null when it was set back. */
export const growth = (before: number, now: number): number | null =>
  now >= before ? now - before : null;

/** The one line of a file; null when it is empty or not plain text. */
export function lineOf(text: string | null): string | null {
  const line = text?.replace(/\0.*$/s, "").trim() ?? "";
  // deno-lint-ignore no-control-regex
  return line === "" || line.length > 200 || /[\x00-\x1f\ufffd]/.test(line) ? null : line;
}

/** A share with four places, which is what the counters are good for. */
export const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;
