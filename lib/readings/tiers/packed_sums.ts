/**
 * DESIGN. Minutes that were summed up are many, kept for long and read seldom: they are packed as the readings of a
 * chunk are, by columns that predict their numbers, and of a sum only what it has above the least value: nothing
 * where a minute has one reading. Hours are few, and years of them are read at once: their columns are of a fixed
 * width, as those of the minutes of a chunk. Layout: README.md.
 */
import { ByteReader, ByteWriter, FormatError } from "../bytes.ts";
import { isSigned, sign, SIGNED_FROM, u32At } from "../checksum.ts";
import { readFloats, writeFloats } from "../chunk.ts";
import { readColumn, type Sums, writeColumn } from "../minutes.ts";
import { MAX_EXPONENT, RAW } from "../scale.ts";
import {
  PREDICT_GRID,
  PREDICT_LEVEL,
  PREDICT_MEAN,
  PREDICT_PREVIOUS,
  type Predictor,
  readWholes,
  writeWholes,
} from "../whole_column.ts";

/** Columns that predict their numbers, and those of a fixed width. */
const SMALL = 1;
const FAST = 2;
const ROW_AT = SIGNED_FROM;
const HEADER_BYTES = SIGNED_FROM + 4;
/** More than any row has; decoding refuses more, so its memory is bounded. */
const MOST_UNITS = 65_536;
const MOST_WHOLE = 2 ** 51;
const WHOLES = 0;
const VALUES: readonly Predictor[] = [PREDICT_PREVIOUS, PREDICT_MEAN, PREDICT_LEVEL];

/** Packs sums, signed for a sensor and the checksum that `rowOf` gives for their length in bytes. */
export function packSums(
  sums: Sums,
  sensor: number,
  rowOf: (bytes: number) => number,
  isFast: boolean,
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(sums.at.length * 8 + 256);
  out.u8(isFast ? FAST : SMALL);
  out.raw(new Uint8Array(HEADER_BYTES - 1));
  out.u8(sums.exponent);
  out.varint(sums.at.length);
  if (isFast) writeFast(out, sums);
  else writeSmall(out, sums);
  const bytes = out.take();
  new DataView(bytes.buffer).setUint32(ROW_AT, rowOf(bytes.length), true);
  sign(bytes, sensor);
  return bytes;
}

function writeFast(out: ByteWriter, { exponent, at, n, min, max, sum }: Sums): void {
  const isRaw = exponent === RAW;
  // Hours follow each other mostly: what is stored is by how many more they are apart.
  out.varint(at[0]);
  writeColumn(out, at.map((unit, i) => unit - at[0] - i), false);
  writeColumn(out, n, false);
  writeColumn(out, min, isRaw);
  writeColumn(out, isRaw ? max : max.map((x, i) => x - min[i]), isRaw);
  writeColumn(out, sum, isRaw);
}

function readFast(reader: ByteReader, k: number): Omit<Sums, "exponent"> {
  const first = reader.varint();
  const at = readColumn(reader, k);
  for (let i = 0; i < k; i++) at[i] += first + i;
  const [n, min, max, sum] = [0, 1, 2, 3].map(() => readColumn(reader, k));
  return { at, n, min, max, sum };
}

function writeSmall(out: ByteWriter, { exponent, at, n, min, max, sum }: Sums): void {
  writeWholes(out, at, [PREDICT_GRID, PREDICT_PREVIOUS]);
  writeWholes(out, n, VALUES);
  const isRaw = exponent === RAW;
  writeNumbers(out, min);
  writeNumbers(out, isRaw ? max : max.map((x, i) => x - min[i]));
  const isExact = !isRaw && n.every((count, i) => Math.abs(count * min[i]) < MOST_WHOLE);
  out.u8(isExact ? 1 : 0);
  writeNumbers(out, isExact ? sum.map((x, i) => x - n[i] * min[i]) : sum);
}

function readSmall(reader: ByteReader, k: number): Omit<Sums, "exponent"> & { isAbove: boolean } {
  const at = readWholes(reader, k);
  const n = readWholes(reader, k);
  const min = readNumbers(reader, k);
  const max = readNumbers(reader, k);
  const isAbove = reader.u8() === 1;
  return { at, n, min, max, isAbove, sum: readNumbers(reader, k) };
}

function writeNumbers(out: ByteWriter, numbers: Float64Array): void {
  const isWhole = numbers.every((x) =>
    Number.isInteger(x) && Math.abs(x) < MOST_WHOLE && !Object.is(x, -0)
  );
  if (!isWhole) return writeFloats(out, numbers);
  out.u8(WHOLES);
  writeWholes(out, numbers, VALUES);
}

/** True when a blob was signed for this sensor. */
export function isOfSensor(bytes: Uint8Array, sensor: number): boolean {
  return bytes.length > HEADER_BYTES && isSigned(bytes, sensor);
}

/** True when a blob was signed for a row with this checksum. */
export function isOfRow(bytes: Uint8Array, row: number): boolean {
  return u32At(bytes, ROW_AT) === row;
}

/** Reads what `packSums` wrote. @throws FormatError */
export function unpackSums(bytes: Uint8Array): Sums {
  if (bytes[0] !== SMALL && bytes[0] !== FAST) {
    throw new FormatError(`version ${bytes[0]} of sums is not known`);
  }
  const reader = new ByteReader(bytes, HEADER_BYTES);
  const exponent = reader.u8();
  if (exponent > MAX_EXPONENT && exponent !== RAW) {
    throw new FormatError(`exponent ${exponent} is not known`);
  }
  const k = reader.varint();
  if (k > MOST_UNITS) throw new FormatError(`sums of ${k} minutes or hours`);
  const { isAbove, ...columns } = bytes[0] === FAST
    ? { ...readFast(reader, k), isAbove: false }
    : readSmall(reader, k);
  const { n, min, max, sum } = columns;
  if (exponent !== RAW) { for (let i = 0; i < k; i++) max[i] += min[i]; }
  if (isAbove) { for (let i = 0; i < k; i++) sum[i] += n[i] * min[i]; }
  return { exponent, ...columns };
}

function readNumbers(reader: ByteReader, k: number): Float64Array {
  const mode = reader.u8();
  return mode === WHOLES ? readWholes(reader, k) : readFloats(reader, k, mode);
}
