/** Pieces of line protocol as texts: what is met once per series, or is no plain number. */

const LF = 10, CR = 13, SPACE = 32, HASH = 35, TAB = 9;

const SWITCHES = new Map([
  ...["t", "T", "true", "True", "TRUE"].map((word) => [word, 1] as const),
  ...["f", "F", "false", "False", "FALSE"].map((word) => [word, 0] as const),
]);

const WHOLE = /^(-?\d+(?=i)|\d+(?=u))[iu]$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Characters of a number. */
export const NUMBER_MOST = 400;

/** Whole numbers with their letter, on and off, numbers with an exponent; null: it is none of them. */
export function otherValue(text: string): { isSwitch: boolean; value: number } | null {
  const word = SWITCHES.get(text);
  if (word !== undefined) return { isSwitch: true, value: word };
  const value = Number(WHOLE.exec(text)?.[1] ?? (FLOAT.test(text) ? text : NaN));
  return Number.isFinite(value) && text.length <= NUMBER_MOST ? { isSwitch: false, value } : null;
}

/** True when a line holds no readings: a comment, or nothing. */
export function isBare(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end && (bytes[at] === SPACE || bytes[at] === CR || bytes[at] === TAB)) at++;
  return at >= end || bytes[at] === LF || bytes[at] === HASH;
}

/** What is wrong with measurement and tags; null: nothing. */
export function headFault(head: string): string | null {
  const [, ...tags] = split(head, ",");
  const bad = tags.find((tag) => !/^[^=]+=./.test(tag.replace(/\\./g, "xx")));
  return bad === undefined ? null : `"${bad.slice(0, 40)}" is no tag`;
}

/** Pieces between separators that no backslash stands before. */
export function split(text: string, separator: string): string[] {
  if (!text.includes("\\")) return text.split(separator);
  const parts = [""];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && i + 1 < text.length) parts[parts.length - 1] += text[i] + text[++i];
    else if (text[i] === separator) parts.push("");
    else parts[parts.length - 1] += text[i];
  }
  return parts;
}
