/*
 * JSON has no word for "no number"; Python's json, Tasmota and C's printf write one all the same (`NaN`, `nan`,
 * `Infinity`, `-inf`). Such a word costs its own field, not the message: it is read as `null`.
 */

const MAY_HOLD_ONE = /nan|inf/i;
const NO_NUMBER = /[+-]?(?:nan|inf(?:inity)?)(?![\w.])/iy;
const QUOTE = 0x22, BACKSLASH = 0x5c, PLUS = 0x2b, MINUS = 0x2d;
const CASE_BIT = 0x20, I = 0x69, N = 0x6e;

/**
 * `JSON.parse` that takes `NaN` and `Infinity` for `null`. What is valid JSON is parsed once.
 * @throws SyntaxError when the text is no JSON otherwise
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!MAY_HOLD_ONE.test(text)) throw error;
    const loose = withNulls(text);
    if (loose === text) throw error;
    return JSON.parse(loose);
  }
}

/** The text with `null` for each such word outside of strings, in one plain pass. */
function withNulls(text: string): string {
  let out = "";
  let from = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) inString = !inString;
    else if (code === BACKSLASH) i++;
    else if (!inString && mayBegin(code)) {
      NO_NUMBER.lastIndex = i;
      if (!NO_NUMBER.test(text)) continue;
      out += `${text.slice(from, i)}null`;
      from = NO_NUMBER.lastIndex;
      i = from - 1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

function mayBegin(code: number): boolean {
  const low = code | CASE_BIT;
  return low === N || low === I || code === PLUS || code === MINUS;
}
