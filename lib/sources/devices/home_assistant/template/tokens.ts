import { Unsupported } from "./tree.ts";

export type Token =
  | { kind: "name" | "op" | "string"; text: string }
  | { kind: "int" | "float"; text: string; value: number }
  | { kind: "end"; text: "" };

/** A template, cut: text between the marks, and the tokens within them. */
export type Piece =
  | { kind: "text"; text: string }
  | { kind: "print" | "statement"; tokens: Token[] };

const SPACE = /\s*/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /(?:\d+(?:_\d+)*)(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?/y;
const HEXADECIMAL = /0[xX][\da-fA-F]+/y;
const STRING = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const OPERATOR = /\*\*|\/\/|==|!=|<=|>=|[-+*/%~<>=()[\]{}|.,:]/y;
const OPENING = "([{";
const CLOSING = ")]}";
const MARK = /\{[{%#]/g;

/**
 * Cuts a template at its marks. A `-` within a mark takes the blanks before or after it.
 * @throws Unsupported
 */
export function cut(source: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let trims = false;
  const text = (to: number, endTrims: boolean) => {
    let part = source.slice(from, to);
    if (trims) part = part.trimStart();
    if (endTrims) part = part.trimEnd();
    if (part !== "") pieces.push({ kind: "text", text: part });
  };
  for (;;) {
    MARK.lastIndex = from;
    const mark = MARK.exec(source);
    if (mark === null) break;
    const sign = source[mark.index + 2];
    text(mark.index, sign === "-");
    const start = mark.index + (sign === "-" || sign === "+" ? 3 : 2);
    if (mark[0] === "{#") {
      const end = source.indexOf("#}", start);
      if (end < 0) throw new Unsupported("a comment does not end");
      trims = source[end - 1] === "-";
      from = end + 2;
      continue;
    }
    const prints = mark[0] === "{{";
    const inner = tokensOf(source, start, prints ? "}}" : "%}");
    pieces.push({ kind: prints ? "print" : "statement", tokens: inner.tokens });
    trims = inner.trims;
    from = inner.end;
  }
  text(source.length, false);
  return pieces;
}

/** The tokens up to the closing mark; brackets that are open hold it back (`{{ {1: {2: 3}} }}`). */
function tokensOf(source: string, start: number, close: "}}" | "%}") {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = start;
  for (;;) {
    at += match(SPACE, source, at)?.length ?? 0;
    if (at >= source.length) throw new Unsupported(`a mark is not closed by ${close}`);
    if (open.length === 0) {
      const trims = source.startsWith(`-${close}`, at);
      if (trims || source.startsWith(close, at)) {
        tokens.push({ kind: "end", text: "" });
        return { tokens, trims, end: at + (trims ? 3 : 2) };
      }
      if (close === "%}" && source.startsWith(`+${close}`, at)) {
        tokens.push({ kind: "end", text: "" });
        return { tokens, trims: false, end: at + 3 };
      }
    }
    const token = tokenAt(source, at);
    if (token.kind === "op") balance(open, token.text);
    tokens.push(token);
    at += token.length;
  }
}

function balance(open: string[], sign: string): void {
  const opening = OPENING.indexOf(sign);
  if (opening >= 0) open.push(CLOSING[opening]);
  else if (CLOSING.includes(sign) && open.pop() !== sign) {
    throw new Unsupported(`there is a ${sign} too many`);
  }
}

function tokenAt(source: string, at: number): Token & { length: number } {
  const name = match(NAME, source, at);
  if (name !== null) return { kind: "name", text: name, length: name.length };
  const hexadecimal = match(HEXADECIMAL, source, at);
  if (hexadecimal !== null) {
    const value = Number(hexadecimal);
    return { kind: "int", text: hexadecimal, value, length: hexadecimal.length };
  }
  const number = match(NUMBER, source, at);
  if (number !== null) {
    const value = Number(number.replaceAll("_", ""));
    const kind = /[.e]/i.test(number) ? "float" : "int";
    return { kind, text: number, value, length: number.length };
  }
  const string = match(STRING, source, at);
  if (string !== null) {
    return { kind: "string", text: unescaped(string.slice(1, -1)), length: string.length };
  }
  const operator = match(OPERATOR, source, at);
  if (operator !== null) return { kind: "op", text: operator, length: operator.length };
  throw new Unsupported(`${JSON.stringify(source[at])} is not understood`);
}

function match(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\n": "", a: "\x07" };
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([\s\S]))/g;

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (whole, two, four, one) => {
    if (one === undefined) return String.fromCharCode(parseInt(two ?? four, 16));
    return ESCAPES[one] ?? (`\\'"`.includes(one) ? one : whole);
  });
}
