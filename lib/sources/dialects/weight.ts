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
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** Why a JSON text is not parsed: more than `valuesMost` values, or nested too deeply. Null: it may be. */
export function weightFault(text: string, valuesMost: number): Fault | null {
  if (text.length <= LIGHT_CHARS) return null;
  let values = 1;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COMMA:
        values++;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        values++;
        if (++depth > DEPTH_PARSED_MOST) {
          return {
            code: "bad_payload",
            message: `JSON is nested deeper than ${DEPTH_PARSED_MOST} levels`,
          };
        }
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
    }
    if (values > valuesMost) {
      return { code: "too_large", message: `the JSON holds more than ${valuesMost} values` };
    }
  }
  return null;
}

/** Place of the quote that ends the string which begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1;; i++) {
    i = text.indexOf('"', i);
    if (i < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(i - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return i;
  }
}
