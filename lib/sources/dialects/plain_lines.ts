/*
 * What nearly all lines of line protocol are: a series that came before, numbers, perhaps a time, nothing escaped.
 * Such lines are read from the bytes into columns. Everything else, and all that is wrong, is left to
 * `line_parser.ts`; both give the same (`plain_lines_test.ts`).
 */
import type { DraftColumns } from "../../readings/draft_columns.ts";
import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import type { ReadsBefore } from "./line_parser.ts";
import { HASH_START, hashed, type SeriesName, type SeriesNames } from "./series_names.ts";

const LF = 0x0a,
  SPACE = 0x20,
  HASH = 0x23,
  COMMA = 0x2c,
  MINUS = 0x2d,
  POINT = 0x2e,
  ZERO = 0x30,
  EQUALS = 0x3d,
  UPPER_E = 0x45,
  BACKSLASH = 0x5c,
  LOWER_E = 0x65,
  LOWER_I = 0x69,
  DELETE = 0x7f;
/** Whole numbers of so many digits are exact, and so are the powers of ten that divide them. */
const DIGITS_MOST = 15;
const POW10 = Array.from({ length: DIGITS_MOST + 1 }, (_, i) => 10 ** i);
/** Longest number that is read as text. */
const NUMBER_BYTES_MOST = 64;

export interface PlainRequest {
  bytes: Uint8Array;
  columns: DraftColumns;
  series: SeriesNames;
  /** Of `series.begin()`. */
  request: number;
  /** Digits of a timestamp behind the second. */
  places: number;
  /** More readings are not taken. */
  readingsMost: number;
  /** Called for each name that the request uses for the first time. */
  onName: (name: SeriesName) => void;
}

/** Reads lines for as long as they are plain. */
export class PlainLines implements ReadsBefore {
  /** Where it stands: the beginning of a line that is not plain, or the end. */
  at = 0;
  /** Number of that line, from 0. */
  lineNo = 0;
  /** Lines with readings that were read so far. */
  lines = 0;
  /** Where in a line it is, and what it found there. */
  #at = 0;
  #value = 0;
  #tMs = NaN;

  constructor(private readonly from: PlainRequest) {}

  /** At the end, or there are too many readings. */
  get ended(): boolean {
    const { bytes, columns, readingsMost } = this.from;
    return this.at >= bytes.length || columns.n > readingsMost;
  }

  /** Reads on from the beginning of a line, or the end of the one before. */
  readOn(at: number, lineNo: number): void {
    const { bytes, columns, readingsMost } = this.from;
    this.at = at;
    this.lineNo = lineNo;
    while (this.at < bytes.length && columns.n <= readingsMost) {
      if (bytes[this.at] !== LF) {
        const before = columns.n;
        if (!this.#line()) {
          columns.n = before;
          return;
        }
        this.lines++;
        this.at = this.#at;
        if (this.at === bytes.length) return;
      }
      this.at++;
      this.lineNo++;
    }
  }

  /** Reads a line up to its end; false when it is not plain. */
  #line(): boolean {
    const { bytes, columns } = this.from;
    const first = columns.n;
    const headAt = this.at;
    if (bytes[headAt] === HASH || bytes[headAt] === SPACE) return false;
    let at = headAt;
    let hash = HASH_START;
    for (let byte = bytes[at]; byte !== SPACE; byte = bytes[++at]) {
      // Undefined at the end.
      if (!(byte > SPACE && byte < DELETE) || byte === BACKSLASH) return false;
      hash = hashed(hash, byte);
    }
    const headEnd = at;
    do {
      const keyAt = ++at;
      let whole = hash;
      for (let byte = bytes[at]; byte !== EQUALS; byte = bytes[++at]) {
        if (!(byte > SPACE && byte < DELETE) || byte === BACKSLASH || byte === COMMA) return false;
        whole = hashed(whole, byte);
      }
      const name = this.from.series.find(bytes, whole, headAt, headEnd, keyAt, at);
      if (name === undefined || !this.#number(at + 1)) return false;
      at = this.#at;
      columns.add(this.#placeOf(name), this.#value, NaN, this.lineNo);
    } while (bytes[at] === COMMA);
    if (bytes[at] === SPACE) {
      if (!this.#time(at + 1)) return false;
      at = this.#at;
      for (let i = first; i < columns.n; i++) columns.tMs[i] = this.#tMs;
    }
    this.#at = at;
    return at === bytes.length || bytes[at] === LF;
  }

  #placeOf(name: SeriesName): number {
    const { columns, request, onName } = this.from;
    if (name.request !== request) {
      name.request = request;
      name.place = columns.names.push(name.sensor) - 1;
      onName(name);
    }
    return name.place;
  }

  /** `-12.5`, `12i`, `1e3`: what follows must be a comma, a blank or the end of the line. */
  #number(from: number): boolean {
    const { bytes } = this.from;
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const digitsAt = at;
    let whole = 0;
    let digit;
    for (; (digit = bytes[at] - ZERO) >= 0 && digit <= 9; at++) whole = whole * 10 + digit;
    let digits = at - digitsAt;
    if (digits === 0) return false;
    let places = 0;
    if (bytes[at] === POINT) {
      const placesAt = ++at;
      for (; (digit = bytes[at] - ZERO) >= 0 && digit <= 9; at++) whole = whole * 10 + digit;
      places = at - placesAt;
      digits += places;
    } else if (bytes[at] === LOWER_I) {
      if (digits > DIGITS_MOST) return false;
      at++;
    }
    if (bytes[at] === LOWER_E || bytes[at] === UPPER_E || digits > DIGITS_MOST) {
      return this.#longNumber(from, at);
    }
    this.#value = places === 0 ? whole : whole / POW10[places];
    if (negative) this.#value = -this.#value;
    this.#at = at;
    return this.#ends(at);
  }

  /** A number of more digits than are exact, or with an exponent, which begins at `at` if there is one. */
  #longNumber(from: number, at: number): boolean {
    const { bytes } = this.from;
    if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
      at++;
      // `+` and `-`.
      if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
      const exponentAt = at;
      while (bytes[at] >= ZERO && bytes[at] <= ZERO + 9) at++;
      if (at === exponentAt) return false;
    }
    if (at - from > NUMBER_BYTES_MOST || !this.#ends(at)) return false;
    this.#value = Number(String.fromCharCode.apply(null, bytes.subarray(from, at) as never));
    this.#at = at;
    return Number.isFinite(this.#value);
  }

  #ends(at: number): boolean {
    const byte = this.from.bytes[at];
    return byte === COMMA || byte === SPACE || byte === LF || byte === undefined;
  }

  /** Digits up to the end of the line that are a time; what is finer than a millisecond is cut. */
  #time(from: number): boolean {
    const { bytes, places } = this.from;
    let end = from;
    while (bytes[end] >= ZERO && bytes[end] <= ZERO + 9) end++;
    const to = places > 3 ? end - (places - 3) : end;
    if (to <= from || to - from > DIGITS_MOST) return false;
    let tMs = 0;
    for (let at = from; at < to; at++) tMs = tMs * 10 + (bytes[at] - ZERO);
    if (places < 3) tMs *= POW10[3 - places];
    this.#tMs = tMs;
    this.#at = end;
    return tMs >= EARLIEST_MS && tMs < LATEST_MS;
  }
}
