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
