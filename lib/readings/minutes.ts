/**
 * DESIGN. A minute summary says of every minute of a chunk how many readings it has and their min, max and
 * sum. Ranges of days are answered from these alone, so reading them must be fast: whole numbers are packed in
 * bits (packed_minutes.ts); what does not fit stands in columns of fixed width (0, 1, 2 or 4 bytes above a base,
 * or float64). Layout: README.md, "Minutes".
 */
import { MINUTE_MS } from "../words/times.ts";
import { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
import { isSigned, sign, SIGNED_FROM, u32At } from "./checksum.ts";
import type { Scaled } from "./chunk.ts";
import { type Columns, readPackedMinutes, writePackedMinutes } from "./packed_minutes.ts";
import { MAX_EXPONENT, POW10, RAW } from "./scale.ts";
import type { Slice } from "./slice.ts";

/** Of today: packed in bits. */
const PACKED_VERSION = 3;
/** Columns of fixed width. */
const VERSION = 2;
/** Has neither checksum nor length; what follows is that of version 2. */
const UNSIGNED_VERSION = 1;
/** Version, checksum, length of what follows, and the checksum of the row. */
const HEADER_BYTES = SIGNED_FROM + 4 + 4;
const LENGTH_AT = SIGNED_FROM;
const ROW_AT = SIGNED_FROM + 4;
/** With fewer readings per minute the data itself is no larger than its summary. */
const LEAST_READINGS_PER_MINUTE = 3;
/** Widths of a column in bytes; 8 means float64. */
const WIDTHS = [0, 1, 2, 4] as const;
const FLOAT_WIDTH = 8;
/** Sums of mantissas beyond this are stored as float64. */
const MOST_BASE = 2 ** 51;

/** Stands for "too thin for a summary: look at the data". In version 1 it stood alone, without a header. */
const NO_SUMMARY = 0;
/** A summary is longer than the header; what is not longer says that there is none. */
export const NO_SUMMARY_BYTES = HEADER_BYTES;

/** False when a chunk has no summary because its data is no larger. */
export function hasMinutes(bytes: Uint8Array): boolean {
  return bytes.length > NO_SUMMARY_BYTES;
}

/** Says of which row a summary is, by the checksum of its columns, and signs it for its sensor. */
export function signMinutes(bytes: Uint8Array, sensor: number, row: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(ROW_AT, row, true);
  sign(bytes, sensor);
}

const isSignedVersion = (version: number) => version === PACKED_VERSION || version === VERSION;

/** False when a summary carries no checksum. */
export function areMinutesSigned(bytes: Uint8Array): boolean {
  return isSignedVersion(bytes[0]) || (bytes[0] === NO_SUMMARY && bytes.length > 1);
}

/** True when a signed summary is that of this sensor, and of the row whose columns have the checksum `row`. */
export function areMinutesOf(bytes: Uint8Array, sensor: number, row: number): boolean {
  return bytes.length >= HEADER_BYTES && isSigned(bytes, sensor) &&
    u32At(bytes, LENGTH_AT) === bytes.length - HEADER_BYTES && u32At(bytes, ROW_AT) === row;
}

/** What a summary says, without its header: equal for equal readings. */
export function minutesBody(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes[0] === UNSIGNED_VERSION ? 1 : HEADER_BYTES);
}

/** Encodes the summary of a slice; see `hasMinutes` and `signMinutes`. */
export function encodeMinutes(slice: Slice, scaled: Scaled | null): Uint8Array<ArrayBuffer> {
  const minutes = sumUp(slice, scaled, MINUTE_MS);
  if (slice.n < minutes.at.length * LEAST_READINGS_PER_MINUTE) return new Uint8Array(HEADER_BYTES);
  return encodeSums(minutes);
}

/** Readings summed up by minute or by hour, in order of time. */
export interface Sums extends Columns {
  /** Of the numbers in min, max and sum; `RAW`: they are the values themselves. */
  exponent: number;
}

function encodeSums(sums: Sums): Uint8Array<ArrayBuffer> {
  const { exponent, at, n, min, max, sum } = sums;
  const isRaw = exponent === RAW;
  const out = new ByteWriter(at.length * 8 + 64);
  out.u8(PACKED_VERSION);
  out.raw(new Uint8Array(HEADER_BYTES - 1));
  out.u8(exponent);
  out.varint(at.length);
  if (isRaw || !writePackedMinutes(out, sums)) {
    out.bytes[0] = VERSION;
    out.varint(at[0]);
    // Minutes follow each other mostly: what is stored is by how many more they are apart.
    writeColumn(out, at.map((m, i) => m - at[0] - i), false);
    writeColumn(out, n, false);
    writeColumn(out, min, isRaw);
    writeColumn(out, isRaw ? max : max.map((m, i) => m - min[i]), isRaw);
    writeColumn(out, sum, isRaw);
  }
  out.view.setUint32(LENGTH_AT, out.length - HEADER_BYTES, true);
  return out.take();
}

/** Sums up a slice by units of so many ms: as whole numbers where all its values are decimals of one exponent. */
export function sumUp(slice: Slice, scaled: Scaled | null, unitMs: number): Sums {
  const { n, tMs } = slice;
  const whole = scaled !== null && scaled.exceptions.length === 0;
  const numbers = whole ? scaled.mantissa : slice.value;
  let count = 1;
  let current = Math.floor(tMs[0] / unitMs);
  const first = current;
  for (let i = 1; i < n; i++) {
    if (tMs[i] < (current + 1) * unitMs) continue;
    current = Math.floor(tMs[i] / unitMs);
    count++;
  }
  const out: Sums = {
    exponent: whole ? scaled.exponent : RAW,
    at: new Float64Array(count),
    n: new Float64Array(count),
    min: new Float64Array(count).fill(Infinity),
    max: new Float64Array(count).fill(-Infinity),
    sum: new Float64Array(count),
  };
  let at = 0;
  out.at[0] = first;
  for (let i = 0; i < n; i++) {
    if (tMs[i] >= (out.at[at] + 1) * unitMs) {
      out.at[++at] = Math.floor(tMs[i] / unitMs);
    }
    const x = numbers[i];
    out.n[at]++;
    if (x < out.min[at]) out.min[at] = x;
    if (x > out.max[at]) out.max[at] = x;
    out.sum[at] += x;
  }
  return out;
}

/** Appends numbers in a fixed width. */
export function writeColumn(out: ByteWriter, numbers: Float64Array, float: boolean): void {
  let least = Infinity;
  let most = -Infinity;
  for (const x of numbers) {
    if (x < least) least = x;
    if (x > most) most = x;
  }
  const width = WIDTHS.find((w) => most - least < 256 ** w);
  if (float || width === undefined || Math.abs(least) > MOST_BASE) {
    out.u8(FLOAT_WIDTH);
    for (const x of numbers) out.f64(x);
    return;
  }
  out.u8(width);
  out.zigzag(least);
  for (const x of numbers) {
    const code = x - least;
    if (width === 4) out.u32(code);
    else for (let b = 0; b < width; b++) out.u8((code >>> (8 * b)) & 255);
  }
}

/** A decoded summary: the first `k` of its columns, which may be longer. Of numbers at `exponent` each is divided by `scale`. */
export interface MinuteColumns extends Sums {
  k: number;
  scale: number;
}

function freshColumns(k: number): Columns {
  const column = () => new Float64Array(k);
  return { at: column(), n: column(), min: column(), max: column(), sum: column() };
}

/** For `readMinutes`: columns that are used again for the next summary, so those of this one are valid until then. */
export function reusedColumns(): (k: number) => Columns {
  let columns = freshColumns(0);
  return (k) => {
    if (k > columns.at.length) columns = freshColumns(Math.max(k, 256));
    return columns;
  };
}

/**
 * Hands each of a concatenation of summaries of one sensor to `visit`. Throws `FormatError` at the first that is
 * not what was signed for that sensor, or is of version 1, unless it `mayBeUnsigned`: then its form is all that
 * is judged. `columnsOf` says where the numbers go; default: new columns for each.
 */
export function readMinutes(
  bytes: Uint8Array,
  sensor: number,
  visit: (minutes: MinuteColumns) => void,
  { mayBeUnsigned = false, columnsOf = freshColumns }: {
    mayBeUnsigned?: boolean;
    columnsOf?: (k: number) => Columns;
  } = {},
): void {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const version = bytes[reader.at];
    const isSigned = isSignedVersion(version);
    if (!isSigned && !mayBeUnsigned) throw new FormatError("a summary has no checksum");
    if (isSigned) enterSigned(reader, sensor);
    else enterUnsigned(reader);
    visit(readOne(reader, version === PACKED_VERSION, columnsOf));
  }
}

/** Moves behind the header of a summary that is what was signed. */
function enterSigned(reader: ByteReader, sensor: number): void {
  reader.need(HEADER_BYTES);
  const from = reader.at;
  const length = HEADER_BYTES + u32At(reader.bytes, from + LENGTH_AT);
  reader.need(length);
  if (!isSigned(reader.bytes, sensor, from, from + length)) {
    throw new FormatError("a summary does not match its checksum");
  }
  reader.at = from + HEADER_BYTES;
}

function enterUnsigned(reader: ByteReader): void {
  const version = reader.u8();
  if (version !== UNSIGNED_VERSION) {
    throw new FormatError(`summary version ${version} is not known`);
  }
}

function readOne(
  reader: ByteReader,
  isPacked: boolean,
  columnsOf: (k: number) => Columns,
): MinuteColumns {
  const exponent = reader.u8();
  if (exponent > MAX_EXPONENT && exponent !== RAW) {
    throw new FormatError(`exponent ${exponent} is not known`);
  }
  const k = reader.varint();
  if (k > MOST_MINUTES) throw new FormatError(`a summary of ${k} minutes`);
  const columns = columnsOf(k);
  if (isPacked) readPackedMinutes(reader, k, columns);
  else readFixed(reader, k, columns, exponent === RAW);
  return { k, ...columns, exponent, scale: exponent === RAW ? 1 : POW10[exponent] };
}

function readFixed(reader: ByteReader, k: number, columns: Columns, isRaw: boolean): void {
  const { at, n, min, max, sum } = columns;
  const first = reader.varint();
  for (const column of [at, n, min, max, sum]) readInto(column, reader, k);
  for (let i = 0; i < k; i++) at[i] += first + i;
  // Scaled maxima stand as their distance from the minimum.
  if (!isRaw) { for (let i = 0; i < k; i++) max[i] += min[i]; }
}

/** A chunk has no more readings than this, so its summary has no more minutes. */
const MOST_MINUTES = 65_536;
/** Reads `k` numbers that `writeColumn` wrote. */
export function readColumn(reader: ByteReader, k: number): Float64Array {
  const column = new Float64Array(k);
  readInto(column, reader, k);
  return column;
}

/** The same into a column that is there. */
function readInto(into: Float64Array, reader: ByteReader, k: number): void {
  const width = reader.u8();
  if (width === FLOAT_WIDTH) {
    reader.need(k * 8);
    for (let i = 0; i < k; i++) into[i] = reader.f64();
    return;
  }
  if (!WIDTHS.includes(width as 0)) throw new FormatError(`column width ${width} is not known`);
  const base = reader.zigzag();
  reader.need(k * width);
  // Read where it stands: a view per column would take as long as its numbers do.
  const { bytes, view, at: from } = reader;
  reader.at += k * width;
  if (width === 0) into.fill(base, 0, k);
  else if (width === 1) { for (let i = 0; i < k; i++) into[i] = base + bytes[from + i]; }
  else if (width === 2) {
    for (let i = 0, at = from; i < k; i++, at += 2) {
      into[i] = base + (bytes[at] | bytes[at + 1] << 8);
    }
  } else {
    for (let i = 0; i < k; i++) into[i] = base + view.getUint32(from + i * 4, true);
  }
}
