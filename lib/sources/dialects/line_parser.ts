/*
 * Influx line protocol: `measurement[,tag=value…] field=value[,field=value…] [timestamp]`, one point per
 * line. Escapes with a backslash: `,` and space in measurements; `,`, `=` and space in tags and field
 * keys; `"` and `\` in strings. Strings may hold line breaks; after a fault in such a line, what follows its
 * first line break is read for itself, so that a quote that was never closed costs one line. Lines that begin
 * with # are comments. A field that cannot be read costs that field, any other fault the line.
 * https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */

import { shown } from "./dialect.ts";

export interface Point {
  /** The text before the fields: measurement and tags as written. Equal series are written alike. */
  head: string;
  measurement: string;
  tags: [key: string, value: string][];
  fields: [key: string, value: FieldValue][];
  /** Digits as written, in the request's precision; null when the line has none. */
  time: string | null;
}

/** `number` values may be infinite or NaN when the text was beyond float64. */
export type FieldValue = number | boolean | { text: string } | { fault: string };

/** What stands on one line, where it is in the text, and its number as an editor counts, from 0. */
export type Line = ({ point: Point } | { error: string }) & {
  start: number;
  end: number;
  no: number;
};

const COMMA = 0x2c,
  SPACE = 0x20,
  EQUALS = 0x3d,
  BACKSLASH = 0x5c,
  QUOTE = 0x22,
  LF = 0x0a,
  CR = 0x0d;
const HASH = 0x23, TAB = 0x09;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const WHOLE = /^-?\d+$/;
/** Reported where a number has no value: read as that text. */
const NO_NUMBER = /^[+-]?(?:nan|inf(?:inity)?)$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
};

/** Who reads lines before this parser does: from the beginning of one, for as long as it can. */
export interface ReadsBefore {
  /** Where it stands after that, the number of that line, and whether there is nothing more to be read. */
  at: number;
  lineNo: number;
  ended: boolean;
  readOn(at: number, lineNo: number): void;
}

/**
 * Calls `each` for every line that holds a point or a fault, until it returns false. Never throws.
 * @param text asked for when there is a line that `before` leaves
 */
export function parseLines(
  text: string | (() => string),
  each: (line: Line) => boolean | void,
  before?: ReadsBefore,
): void {
  before?.readOn(0, 0);
  if (before?.ended) return;
  const scanner = new Scanner(typeof text === "string" ? text : text());
  if (before !== undefined) scanner.moveTo(before.at, before.lineNo);
  while (scanner.nextLine()) {
    const start = scanner.at;
    const no = scanner.lineNo();
    let line: Line;
    try {
      const point = scanner.point();
      line = { point, start, end: scanner.at, no };
    } catch (error) {
      if (!(error instanceof LineFault)) throw error;
      const message = scanner.spans(start) ? OPEN_QUOTE : error.message;
      scanner.skipLine(start);
      line = { error: message, start, end: scanner.endOf(start), no };
    }
    if (each(line) === false) return;
    if (before === undefined) continue;
    before.readOn(scanner.at, scanner.lineNo());
    if (before.ended) return;
    scanner.moveTo(before.at, before.lineNo);
  }
}

/** More than that is no line of measurements. */
const FIELDS_MOST = 10_000;
const TAGS_MOST = 1_000;
const OPEN_QUOTE = "the closing quote of a text is missing";

/** Thrown for each bad line of a request: without a stack, which would cost more than the line. */
class LineFault {
  constructor(readonly message: string) {}
}

class Scanner {
  #at = 0;
  #counted = 0;
  #lineNo = 0;

  constructor(private readonly text: string) {}

  get at(): number {
    return this.#at;
  }

  /** Continues at the beginning of this line. */
  moveTo(at: number, lineNo: number): void {
    this.#at = this.#counted = at;
    this.#lineNo = lineNo;
  }

  /** Moves to the next line with content; false at the end. */
  nextLine(): boolean {
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.text.length) return false;
      if (this.#code() !== HASH) return true;
      this.skipLine();
    }
  }

  /** Number of the line that is being read, from 0. */
  lineNo(): number {
    for (;; this.#lineNo++) {
      const end = this.text.indexOf("\n", this.#counted);
      if (end < 0 || end >= this.#at) return this.#lineNo;
      this.#counted = end + 1;
    }
  }

  /** Whether what was read since `start` goes over a line break. */
  spans(start: number): boolean {
    const end = this.text.indexOf("\n", start);
    return end >= 0 && end < this.#at;
  }

  /** End of the line on which `from` stands, without its line break. */
  endOf(from: number): number {
    const end = this.text.indexOf("\n", from);
    if (end < 0) return this.text.length;
    return end > from && this.text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  /** Moves behind the end of the line on which `from` stands. */
  skipLine(from = this.#at): void {
    const end = this.text.indexOf("\n", from);
    this.#at = end < 0 ? this.text.length : end + 1;
  }

  point(): Point {
    const start = this.#at;
    const measurement = this.#word(false);
    if (measurement === "") throw new LineFault("the measurement is missing");
    const tags: [string, string][] = [];
    while (this.#code() === COMMA) {
      this.#at++;
      const key = this.#word(true);
      this.#expect(EQUALS, "a tag is written key=value");
      const value = this.#word(true);
      if (key === "" || value === "") throw new LineFault("a tag has an empty key or value");
      if (tags.length === TAGS_MOST) throw new LineFault(`more than ${TAGS_MOST} tags`);
      tags.push([key, value]);
    }
    const head = this.text.slice(start, this.#at);
    if (this.#code() !== SPACE) throw new LineFault("a space and fields are missing");
    this.#skip(false);
    const fields = this.#fields();
    this.#skip(false);
    const time = this.#time();
    return { head, measurement, tags, fields, time };
  }

  #fields(): [string, FieldValue][] {
    const fields: [string, FieldValue][] = [];
    for (;;) {
      const key = this.#word(true);
      if (key === "") throw new LineFault("a field key is missing");
      this.#expect(EQUALS, "a field is written key=value");
      if (fields.length === FIELDS_MOST) throw new LineFault(`more than ${FIELDS_MOST} fields`);
      fields.push([key, this.#value()]);
      if (this.#code() !== COMMA) return fields;
      this.#at++;
    }
  }

  #value(): FieldValue {
    if (this.#code() === QUOTE) return { text: this.#quoted() };
    const start = this.#at;
    while (!this.#ends(this.#code()) && this.#code() !== COMMA) this.#at++;
    const word = this.text.slice(start, this.#at);
    if (FLOAT.test(word)) return Number(word);
    if (Object.hasOwn(BOOLEANS, word)) return BOOLEANS[word];
    const last = word.at(-1);
    const digits = word.slice(0, -1);
    if (last === "i" && WHOLE.test(digits)) return Number(digits);
    if (NO_NUMBER.test(word)) return { text: word };
    if (last === "u" && WHOLE.test(digits) && digits[0] !== "-") return Number(digits);
    return { fault: `a value is a number, 1i, 1u, true, false or a "text", not ${shown(word)}` };
  }

  #quoted(): string {
    this.#at++;
    let out = "";
    let from = this.#at;
    for (; this.#at < this.text.length; this.#at++) {
      const code = this.#code();
      if (code === QUOTE) {
        out += this.text.slice(from, this.#at++);
        return out;
      }
      if (code !== BACKSLASH) continue;
      const next = this.text.charCodeAt(this.#at + 1);
      if (next !== QUOTE && next !== BACKSLASH) continue;
      out += this.text.slice(from, this.#at);
      from = ++this.#at;
    }
    throw new LineFault(OPEN_QUOTE);
  }

  /** A measurement, or with `key` a tag key, tag value or field key; ends before `,`, space, `=`. */
  #word(key: boolean): string {
    let out = "";
    let from = this.#at;
    for (;; this.#at++) {
      const code = this.#code();
      if (this.#ends(code) || code === COMMA || (key && code === EQUALS)) break;
      if (code !== BACKSLASH) continue;
      const next = this.text.charCodeAt(this.#at + 1);
      if (next !== COMMA && next !== SPACE && !(key && next === EQUALS)) continue;
      out += this.text.slice(from, this.#at);
      from = ++this.#at;
    }
    return out + this.text.slice(from, this.#at);
  }

  #time(): string | null {
    const start = this.#at;
    while (!this.#ends(this.#code())) this.#at++;
    const word = this.text.slice(start, this.#at);
    this.#skip(false);
    if (this.#at < this.text.length && this.#code() !== LF) {
      throw new LineFault("the line continues after the timestamp");
    }
    if (word === "") return null;
    if (!WHOLE.test(word)) throw new LineFault("the timestamp is not a whole number");
    return word;
  }

  #expect(code: number, message: string): void {
    if (this.#code() !== code) throw new LineFault(message);
    this.#at++;
  }

  #code(): number {
    return this.text.charCodeAt(this.#at);
  }

  /** Whether a character ends a word: a blank, a line end, or the end of the text (NaN). */
  #ends(code: number): boolean {
    return code === SPACE || code === LF || code === CR || code !== code;
  }

  #skip(lineEnds: boolean): void {
    for (;; this.#at++) {
      const code = this.#code();
      const blank = code === SPACE || code === CR || code === TAB;
      if (!blank && !(lineEnds && code === LF)) return;
    }
  }
}
