/**
 * DESIGN. A chunk is the sealed form of up to `MOST_READINGS` readings of one sensor: columns of times,
 * values, flags and seqs, each coded by itself (whole_column.ts). Values are scaled decimals where nearly
 * all are exact at one exponent; the few that are not are listed as exceptions. Otherwise they are float64
 * in byte planes, plain or XORed with the value before. Layout, byte by byte: README.md, "Chunk".
 */
import { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
import { SIGNED_FROM } from "./checksum.ts";
import { exponentOf, mantissaAt, MAX_EXPONENT, POW10 } from "./scale.ts";
import { readPlane, writePlane } from "./planes.ts";
import type { Slice } from "./slice.ts";
import {
  PREDICT_GRID,
  PREDICT_LEVEL,
  PREDICT_PREVIOUS,
  PREDICT_SLOPE,
  PREDICT_SMOOTH,
  readWholes,
  writeWholes,
} from "./whole_column.ts";

/** Of today. Version 2 is without smoothing and low bits (whole_column.ts), else the same. */
const VERSION = 3;
const EARLIER_VERSION = 2;
/** Has no checksum: the bytes after its version are those of version 2. */
const UNSIGNED_VERSION = 1;
/** Most readings of one chunk; decoding refuses more, so its memory is bounded. */
export const MOST_READINGS = 65_536;

const VALUES_SCALED = 0;
const VALUES_FLOAT = 1;
const VALUES_XOR = 2;

const FLAGS_CONSTANT = 0;
const FLAGS_RUNS = 1;

const SEQ_NONE = 0;
const SEQ_WHOLE = 1;
const SEQ_FLOAT = 2;
const MOST_SEQ_WHOLE = 2 ** 51;

/** Values of a slice at one decimal exponent. */
export interface Scaled {
  exponent: number;
  mantissa: Float64Array;
  /** Positions whose value is not exact at `exponent`; their mantissa repeats the one before. */
  exceptions: number[];
}

/**
 * Encodes a slice (1 to `MOST_READINGS` readings). `scaled` is `scaleSlice(slice)`. The place of the checksum is
 * left free: the row that the chunk stands in is part of it (chunk_row.ts).
 */
export function encodeChunk(slice: Slice, scaled: Scaled | null): Uint8Array<ArrayBuffer> {
  const { n, tMs, value } = slice;
  const out = new ByteWriter(n * 2 + 256);
  out.u8(VERSION);
  out.u32(0);
  out.varint(n);
  writeWholes(out, tMs, [PREDICT_SLOPE, PREDICT_GRID]);
  if (scaled !== null) writeScaled(out, value, scaled);
  else writeFloats(out, value);
  writeFlags(out, slice);
  writeSeq(out, slice);
  return out.take();
}

/** True when a chunk carries a checksum. */
export function isSignedChunk(bytes: Uint8Array): boolean {
  return bytes[0] === VERSION || bytes[0] === EARLIER_VERSION;
}

/**
 * Decodes a chunk, whose checksum was looked at before. Throws `FormatError` on anything that `encodeChunk`
 * does not write.
 */
export function decodeChunk(bytes: Uint8Array): Slice {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version < UNSIGNED_VERSION || version > VERSION) {
    throw new FormatError(`chunk version ${version} is not known`);
  }
  if (version !== UNSIGNED_VERSION) reader.raw(SIGNED_FROM - 1);
  const n = reader.varint();
  if (n < 1 || n > MOST_READINGS) throw new FormatError(`a chunk of ${n} readings`);
  const tMs = readWholes(reader, n);
  const value = readValues(reader, n);
  const flags = readFlags(reader, n);
  const seq = readSeq(reader, n);
  if (reader.left !== 0) throw new FormatError(`${reader.left} bytes too many in a chunk`);
  return { n, tMs, value, flags, seq };
}

/** Finds the exponent at which all but few values are exact; null when there is none. */
export function scaleSlice({ n, value }: Slice): Scaled | null {
  const mantissa = new Float64Array(n);
  const allowed = n >> 5;
  let exponent = sampleExponent(value, n);
  while (exponent <= MAX_EXPONENT) {
    const exceptions = scaleAt(value, n, exponent, allowed, mantissa);
    if (exceptions !== null) return { exponent, mantissa, exceptions };
    exponent++;
  }
  return null;
}

const SAMPLES = 64;

/** The exponent that most of a sample needs. */
function sampleExponent(value: Float64Array, n: number): number {
  const needed: number[] = [];
  const stride = Math.max(1, Math.floor(n / SAMPLES));
  for (let i = 0; i < n; i += stride) needed.push(exponentOf(value[i], 0));
  needed.sort((a, b) => a - b);
  // A few odd values become exceptions, they must not widen the column.
  return needed[Math.max(0, Math.ceil(needed.length * 0.97) - 1)];
}

function scaleAt(
  value: Float64Array,
  n: number,
  exponent: number,
  allowed: number,
  into: Float64Array,
): number[] | null {
  const exceptions: number[] = [];
  let before = 0;
  for (let i = 0; i < n; i++) {
    const mantissa = mantissaAt(value[i], exponent);
    if (Number.isNaN(mantissa)) {
      if (exceptions.push(i) > allowed) return null;
    } else before = mantissa;
    into[i] = before;
  }
  return exceptions;
}

function writeScaled(out: ByteWriter, value: Float64Array, scaled: Scaled): void {
  out.u8(VALUES_SCALED);
  out.u8(scaled.exponent);
  writeWholes(out, scaled.mantissa, [PREDICT_PREVIOUS, PREDICT_SMOOTH, PREDICT_LEVEL]);
  out.varint(scaled.exceptions.length);
  let before = 0;
  for (const at of scaled.exceptions) {
    out.varint(at - before);
    out.f64(value[at]);
    before = at;
  }
}

function readValues(reader: ByteReader, n: number): Float64Array {
  const mode = reader.u8();
  if (mode === VALUES_FLOAT || mode === VALUES_XOR) return readFloats(reader, n, mode);
  if (mode !== VALUES_SCALED) throw new FormatError(`value mode ${mode} is not known`);
  const exponent = reader.u8();
  if (exponent > MAX_EXPONENT) throw new FormatError(`exponent ${exponent} is not known`);
  const value = readWholes(reader, n);
  const scale = POW10[exponent];
  if (exponent > 0) { for (let i = 0; i < n; i++) value[i] /= scale; }
  const exceptions = reader.varint();
  if (exceptions > n) throw new FormatError(`${exceptions} exceptions of ${n} values`);
  let at = 0;
  for (let i = 0; i < exceptions; i++) {
    at += reader.varint();
    if (at >= n) throw new FormatError(`no value ${at} of ${n}`);
    value[at] = reader.f64();
  }
  return value;
}

/** Eight byte planes of the bit patterns; the variant that compresses better, whose mode is above 0, stands before. */
export function writeFloats(out: ByteWriter, value: Float64Array): void {
  const plain = new Uint8Array(value.slice().buffer);
  const xored = plain.slice();
  for (let i = xored.length - 1; i >= 8; i--) xored[i] ^= plain[i - 8];
  const candidates = [plain, xored].map((bytes) => {
    const planes = new ByteWriter(value.length * 8 + 64);
    for (let p = 0; p < 8; p++) writePlane(planes, everyEighth(bytes, p));
    return planes;
  });
  const useXor = candidates[1].length < candidates[0].length;
  out.u8(useXor ? VALUES_XOR : VALUES_FLOAT);
  out.raw(candidates[useXor ? 1 : 0].take());
}

function everyEighth(bytes: Uint8Array, offset: number): Uint8Array {
  const plane = new Uint8Array(bytes.length / 8);
  for (let i = 0; i < plane.length; i++) plane[i] = bytes[i * 8 + offset];
  return plane;
}

/** Reads what `writeFloats` wrote behind its mode. */
export function readFloats(reader: ByteReader, n: number, mode: number): Float64Array {
  if (mode !== VALUES_FLOAT && mode !== VALUES_XOR) {
    throw new FormatError(`value mode ${mode} is not known`);
  }
  const bytes = new Uint8Array(n * 8);
  for (let p = 0; p < 8; p++) {
    const plane = readPlane(reader, n);
    for (let i = 0; i < n; i++) bytes[i * 8 + p] = plane[i];
  }
  if (mode === VALUES_XOR) { for (let i = 8; i < bytes.length; i++) bytes[i] ^= bytes[i - 8]; }
  return new Float64Array(bytes.buffer);
}

function writeFlags(out: ByteWriter, { n, flags }: Slice): void {
  const runs: [flag: number, length: number][] = [];
  for (let i = 0; i < n; i++) {
    const run = runs[runs.length - 1];
    if (run?.[0] === flags[i]) run[1]++;
    else runs.push([flags[i], 1]);
  }
  out.u8(runs.length === 1 ? FLAGS_CONSTANT : FLAGS_RUNS);
  if (runs.length === 1) return out.u8(flags[0]);
  out.varint(runs.length);
  for (const [flag, length] of runs) {
    out.u8(flag);
    out.varint(length);
  }
}

function readFlags(reader: ByteReader, n: number): Uint8Array {
  const flags = new Uint8Array(n);
  const mode = reader.u8();
  if (mode === FLAGS_CONSTANT) return flags.fill(reader.u8());
  if (mode !== FLAGS_RUNS) throw new FormatError(`flag mode ${mode} is not known`);
  const runs = reader.varint();
  let at = 0;
  for (let i = 0; i < runs; i++) {
    const flag = reader.u8();
    const to = at + reader.varint();
    if (to > n) throw new FormatError(`flags for ${to} of ${n} readings`);
    flags.fill(flag, at, to);
    at = to;
  }
  if (at !== n) throw new FormatError(`flags for ${at} of ${n} readings`);
  return flags;
}

function writeSeq(out: ByteWriter, { seq }: Slice): void {
  if (seq === null) return out.u8(SEQ_NONE);
  const whole = seq.every((s) =>
    Number.isInteger(s) && Math.abs(s) <= MOST_SEQ_WHOLE && !Object.is(s, -0)
  );
  out.u8(whole ? SEQ_WHOLE : SEQ_FLOAT);
  if (whole) writeWholes(out, seq, [PREDICT_PREVIOUS, PREDICT_LEVEL]);
  else writeFloats(out, seq);
}

function readSeq(reader: ByteReader, n: number): Float64Array | null {
  const mode = reader.u8();
  if (mode === SEQ_NONE) return null;
  if (mode === SEQ_WHOLE) return readWholes(reader, n);
  if (mode !== SEQ_FLOAT) throw new FormatError(`seq mode ${mode} is not known`);
  const floats = reader.u8();
  if (floats !== VALUES_FLOAT && floats !== VALUES_XOR) {
    throw new FormatError(`seq values of mode ${floats} are not known`);
  }
  return readFloats(reader, n, floats);
}
