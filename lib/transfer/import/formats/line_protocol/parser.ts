/**
 * DESIGN. Line protocol is read from its bytes: a text is made of each series once, and of values of texts. Names are
 * numbers (`names.ts`), numbers of up to 15 digits are put together digit by digit, which is exact; all others are
 * left to `Number`. A line counts as a whole or not at all, as InfluxDB takes it.
 */
import { EARLIEST_MS, LATEST_MS } from "../../../../readings/reading.ts";
import { BINARY, NUMBER, SeriesBook, TEXT } from "./series_book.ts";
import { NUMBER_MOST, otherValue } from "./text.ts";
import { SegmentColumns } from "../../segment_columns.ts";
import { type Precision, timeOfEpoch } from "../../times.ts";

/** Hears of lines that are left out. */
export type OnRejected = (line: number, reason: string) => void;

const LF = 10, CR = 13, SPACE = 32, QUOTE = 34, COMMA = 44, MINUS = 45, DOT = 46;
const EQUALS = 61, BACKSLASH = 92, ZERO = 48;
/** Digits that a double holds whatever they are. */
const EXACT_DIGITS = 15;
const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const HIGH_DIGITS = 9;
/** Digits of a time that are below a millisecond. */
const BELOW_MS = { ns: 6, us: 3, ms: 0, s: 0 } as const;
/** Most fields of a line. */
const FIELDS_MOST = 10_000;

export class LineParser {
  readonly columns: SegmentColumns;
  /** By number, as `columns.series` names them. */
  readonly book = new SeriesBook();
  /** Texts of text series since the last `takeTexts`, by number of the series. */
  #texts = new Map<number, { list: string[]; codes: Map<string, number> }>();
  readonly #decoder = new TextDecoder();
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** What is wrong with the line; null: nothing. */
  #fault: string | null = null;
  /** Of the field that was read. */
  #kind = NUMBER;
  #value = 0;
  /** A text that was read. */
  #from = 0;
  #to = 0;
  /** Line ends inside of texts. */
  #inner = 0;

  /** `room`: how many readings it holds before it has to grow. */
  constructor(
    public precision: Precision,
    private readonly onRejected: OnRejected,
    room?: number,
  ) {
    this.columns = new SegmentColumns(room);
  }

  /** Texts that values of a text series stand for, since this was asked for the last time. */
  takeTexts(): Map<number, { list: string[] }> {
    const texts = this.#texts;
    this.#texts = new Map();
    return texts;
  }

  /**
   * Reads one line from `at` on; gives where the next one begins. Lines that hold no readings are up to the caller.
   * `line` is its number.
   */
  readLine(bytes: Uint8Array, at: number, end: number, line: number): number {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#inner = 0;
    this.#fault = null;
    const { columns } = this;
    const first = columns.n;
    const head = this.#head();
    if (head >= 0) this.#fieldSet(head);
    if (this.#fault === null) {
      const tMs = this.#time();
      if (this.#fault === null) {
        for (let i = first; i < columns.n; i++) columns.tMs[i] = tMs;
      }
    }
    if (this.#fault !== null) {
      columns.n = first;
      this.onRejected(line, this.#fault);
      // A quote too many may have taken good lines for a text: reading goes on with the very next one.
      this.#at = at;
      this.#inner = 0;
    }
    return this.#skipLine();
  }

  /** Line ends that stood inside of texts of the last line. */
  get innerLines(): number {
    return this.#inner;
  }

  /** Measurement and tags: up to the first blank. */
  #head(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const from = this.#at;
    let at = from;
    let hash = 0;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === SPACE || byte === LF) break;
      if (byte === BACKSLASH && at + 1 < end && bytes[at + 1] !== LF) {
        hash = Math.imul(hash, 31) + byte | 0;
        at++;
      }
      hash = Math.imul(hash, 31) + bytes[at] | 0;
    }
    this.#at = at;
    if (at === end || bytes[at] === LF) return this.#wrong("it has no fields");
    if (at === from || bytes[from] === COMMA) return this.#wrong("it has no measurement");
    const head = this.book.head(bytes, from, at, hash);
    return typeof head === "number" ? head : this.#wrong(head);
  }

  #fieldSet(head: number): void {
    const bytes = this.#bytes;
    const end = this.#end;
    const { columns } = this;
    while (bytes[this.#at] === SPACE && this.#at < end) this.#at++;
    for (let fields = 0;; fields++) {
      const from = this.#at;
      let at = from;
      let hash = 0;
      for (; at < end; at++) {
        const byte = bytes[at];
        if (byte === EQUALS || byte === SPACE || byte === COMMA || byte === LF) break;
        if (byte === BACKSLASH && at + 1 < end && bytes[at + 1] !== LF) {
          hash = Math.imul(hash, 31) + byte | 0;
          at++;
        }
        hash = Math.imul(hash, 31) + bytes[at] | 0;
      }
      if (at === end || bytes[at] !== EQUALS) {
        this.#at = at;
        return void this.#wrong("a field has no value");
      }
      if (at === from) return void this.#wrong("a field has no name");
      this.#at = at + 1;
      this.#fieldValue();
      if (this.#fault !== null) return;
      if (fields === FIELDS_MOST) {
        return void this.#wrong(`it has more than ${FIELDS_MOST} fields`);
      }
      const field = this.book.field(bytes, from, at, hash, head, this.#kind);
      const { n } = columns;
      if (n === columns.series.length) columns.reserve(1);
      columns.series[n] = field;
      columns.value[n] = this.#kind === TEXT ? this.#codeOf(field) : this.#value;
      columns.n = n + 1;
      if (this.#at === end || bytes[this.#at] !== COMMA) return;
      this.#at++;
    }
  }

  /** Reads a value, and stands behind it. */
  #fieldValue(): void {
    const bytes = this.#bytes;
    const end = this.#end;
    const from = this.#at;
    let at = from;
    if (at === end) return void this.#wrong("a field has no value");
    if (bytes[at] === QUOTE) return this.#text();
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let mantissa = 0;
    let digits = 0;
    let decimals = -1;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digits++;
        if (decimals >= 0) decimals++;
      } else if (bytes[at] === DOT && decimals < 0) decimals = 0;
      else break;
    }
    const next = at === end ? LF : bytes[at];
    const ends = next === COMMA || next === SPACE || next === LF || next === CR;
    if (ends && digits > 0 && digits <= EXACT_DIGITS) {
      const value = decimals > 0 ? mantissa / POW10[decimals] : mantissa;
      this.#kind = NUMBER;
      this.#value = negative ? -value : value;
      this.#at = at;
      return;
    }
    this.#otherValue(from);
  }

  /** Whole numbers with their letter, on and off, numbers of many digits or with an exponent. */
  #otherValue(from: number): void {
    const bytes = this.#bytes;
    let at = from;
    while (at < this.#end) {
      const byte = bytes[at];
      if (byte === COMMA || byte === SPACE || byte === LF || byte === CR) break;
      at++;
    }
    this.#at = at;
    const text = this.#textOf(from, Math.min(at, from + NUMBER_MOST + 1));
    const found = otherValue(text);
    if (found === null) return void this.#wrong(`"${text.slice(0, 40)}" is no value`);
    this.#kind = found.isSwitch ? BINARY : NUMBER;
    this.#value = found.value;
  }

  #text(): void {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at + 1;
    this.#from = at;
    for (; at < end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH && at + 1 < end) at++;
      if (bytes[at] === LF) this.#inner++;
    }
    if (at >= end) {
      this.#at = end;
      return void this.#wrong("a text in quotes is never closed");
    }
    this.#to = at;
    this.#at = at + 1;
    this.#kind = TEXT;
  }

  #codeOf(series: number): number {
    const raw = this.#textOf(this.#from, this.#to);
    const text = raw.includes("\\") ? raw.replace(/\\(["\\])/g, "$1") : raw;
    let known = this.#texts.get(series);
    if (known === undefined) this.#texts.set(series, known = { list: [], codes: new Map() });
    const code = known.codes.get(text);
    if (code !== undefined) return code;
    known.codes.set(text, known.list.length);
    return known.list.push(text) - 1;
  }

  /** In epoch ms. */
  #time(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (at < end && bytes[at] !== SPACE && bytes[at] !== LF && bytes[at] !== CR) {
      return this.#wrong("something follows a value");
    }
    while (at < end && bytes[at] === SPACE) at++;
    const from = at;
    if (bytes[at] === MINUS) at++;
    const first = at;
    // In two small integers, which is quicker than one large number.
    let high = 0, low = 0;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      if (at < first + HIGH_DIGITS) high = high * 10 + digit;
      else if (at < first + EXACT_DIGITS) low = low * 10 + digit;
    }
    const digits = at - first;
    const last = at;
    while (at < end && (bytes[at] === SPACE || bytes[at] === CR)) at++;
    this.#at = at;
    if (at < end && bytes[at] !== LF) return this.#wrong("its time is no whole number");
    if (digits === 0) return this.#wrong("it has no time");
    const known = Math.min(digits, EXACT_DIGITS);
    const number = known <= HIGH_DIGITS ? high : high * POW10[known - HIGH_DIGITS] + low;
    const below = BELOW_MS[this.precision] - (digits - known);
    let tMs = below < 0 ? Infinity : Math.floor(number / POW10[below]);
    if (this.precision === "s") tMs *= 1000;
    if (from === first && tMs >= EARLIEST_MS && tMs < LATEST_MS) return tMs;
    const fault = timeOfEpoch(this.#textOf(from, last), this.precision);
    return this.#wrong(typeof fault === "string" ? fault : "its time is no time");
  }

  /** Stands behind the line; of one that is wrong, behind its next line end. */
  #skipLine(): number {
    if (this.#at < this.#end && this.#bytes[this.#at] !== LF) {
      const lf = this.#bytes.indexOf(LF, this.#at);
      this.#at = lf < 0 || lf > this.#end ? this.#end : lf;
    }
    return Math.min(this.#end, this.#at + 1);
  }

  #wrong(fault: string): -1 {
    this.#fault ??= fault;
    return -1;
  }

  #textOf(from: number, to: number): string {
    return this.#decoder.decode(this.#bytes.subarray(from, to));
  }
}
