/** What messages have in common, as a pure function. */
import { oneLine } from "../../base/log.ts";

const TEMPLATE_CHARS_MOST = 300;

/**
 * What changes from message to message, each with what stands for it; tried in this order at each place of the text.
 * Lengths are bounded, so that no text takes long.
 */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/"[^"]{0,300}"/, '"…"'],
  [/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b/, "<address>"],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/, "<id>"],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?\b/, "<time>"],
  [/\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/, "<address>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/, "<address>"],
  [/\b\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?\b(?!:)/, "<time>"],
  [
    /(?<![\w:])(?=[0-9a-f:]{0,40}:[0-9a-f]{0,4}:)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/,
    "<address>",
  ],
  // A name ends with its number; in an id letters come after digits.
  [/\b(?=[a-z0-9]{0,64}\d[a-z])[a-z0-9]{8,128}\b/, "<id>"],
  [/\b0x[0-9a-f]{1,64}\b/, "#"],
  [/(?:(?<!\w)[-−+])?\d+(?:[.,\u202f]\d+)*(?:e[+-]?\d+)?(?![a-z]*\d)/, "#"],
  [/\d+/, "#"],
];
const ALL = new RegExp(MASKS.map(([mask]) => `(${mask.source})`).join("|"), "gi");

/** A message with numbers, times, ids, addresses and quoted texts masked: what is alike gives the same. */
export function templateOf(message: string): string {
  const masked = oneLine(message.slice(0, 2 * TEMPLATE_CHARS_MOST)).replace(ALL, (...found) => {
    const groups = found.slice(1, 1 + MASKS.length);
    return MASKS[groups.findIndex((group) => group !== undefined)][1];
  });
  return masked.length > TEMPLATE_CHARS_MOST ? `${masked.slice(0, TEMPLATE_CHARS_MOST)}…` : masked;
}
