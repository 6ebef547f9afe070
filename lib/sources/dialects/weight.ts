import { type Fault } from "./dialect.ts";

/*
 * JSON of two bytes a value becomes objects of dozens. What a text would become is therefore counted in one pass
 * over its characters before it is parsed. Short texts cannot become much and are not looked at.
 */

/** Texts up to this long are parsed without being weighed. */
const LIGHT_CHARS = 4_096;
/** Deepest nesting that is parsed. */
const DEPTH_PARSED_MOST = 64;

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c;
/** `[` and `{` differ in one bit alone, as `]` and `}` do. */
const BRACE_BIT = 0x20, OPEN = 0x7b, CLOSE = 0x7d;

/** Why a JSON text is not parsed: more than `valuesMost` values, or nested too deeply. Null: it may be. */
export function weightFault(text: string, valuesMost: number): Fault | null {
  if (text.length <= LIGHT_CHARS) return null;
  let values = 1;
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === COMMA) values++;
    else if ((code | BRACE_BIT) === OPEN) {
      values++;
      if (++depth > deepest) deepest = depth;
    } else if ((code | BRACE_BIT) === CLOSE) depth--;
  }
  if (deepest > DEPTH_PARSED_MOST) {
    return {
      code: "bad_payload",
      message: `JSON is nested deeper than ${DEPTH_PARSED_MOST} levels`,
    };
  }
  if (values <= valuesMost) return null;
  return { code: "too_large", message: `the JSON holds more than ${valuesMost} values` };
}

/** Where the string that begins at `start` ends: most of a JSON text is strings, and finding a character is quick. */
function endOfString(text: string, start: number): number {
  for (let end = start;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    // Pairs of backslashes stand for themselves.
    if ((end - first) % 2 === 0) return end;
  }
}
