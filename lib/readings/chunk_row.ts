/**
 * DESIGN. A chunk is signed together with the row that it stands in. The checksum of the row's whole numbers
 * (sensor, times, rank, readings, bytes) is the seed of the data's checksum and stands in the summary; min, max
 * and sum are what the readings themselves give. So a flipped bit in any of them, and a blob that stands in
 * another row, is found. `late` is left out: it only says that merging has to look.
 */
import { FormatError } from "./bytes.ts";
import { checksumOf, isSigned, sign } from "./checksum.ts";
import { decodeChunk, encodeChunk, isSignedChunk, scaleSlice } from "./chunk.ts";
import {
  areMinutesOf,
  areMinutesSigned,
  encodeMinutes,
  minutesBody,
  NO_SUMMARY_BYTES,
  signMinutes,
} from "./minutes.ts";
import type { Slice } from "./slice.ts";

/** The columns of a chunk that its checksums cover. */
export interface ChunkColumns {
  sensor: number;
  firstMs: number;
  /** Inclusive. */
  lastMs: number;
  /** Among equal times, readings of the lower rank came first. */
  rank: number;
  n: number;
  /** Of both blobs. */
  bytes: number;
}

export interface ChunkExtremes {
  min: number;
  max: number;
  sum: number;
}

export interface ChunkBlobs {
  minutes: Uint8Array;
  data: Uint8Array;
}

/** Encodes readings of a sensor and signs them for their row. */
export function encodeRow(
  sensor: number,
  rank: number,
  slice: Slice,
): ChunkColumns & ChunkExtremes & ChunkBlobs {
  const scaled = scaleSlice(slice);
  const data = encodeChunk(slice, scaled);
  const minutes = encodeMinutes(slice, scaled);
  const columns = {
    sensor,
    firstMs: slice.tMs[0],
    lastMs: slice.tMs[slice.n - 1],
    rank,
    n: slice.n,
    bytes: data.length + minutes.length,
  };
  const row = rowChecksum(columns);
  sign(data, row);
  signMinutes(minutes, sensor, row);
  return { ...columns, ...extremes(slice), minutes, data };
}

/**
 * The readings of a row. Throws `FormatError` unless they are what was written there. `mayBeUnsigned`: the row
 * may be of version 1, which is only compared with its columns.
 */
export function decodeRow(
  row: ChunkColumns & ChunkExtremes & { data: Uint8Array },
  mayBeUnsigned: boolean,
): Slice {
  checkData(row, mayBeUnsigned);
  const slice = decodeChunk(row.data);
  const { n, tMs } = slice;
  if (n !== row.n || tMs[0] !== row.firstMs || tMs[n - 1] !== row.lastMs) {
    throw new FormatError("its readings are not those that its row describes");
  }
  // Nothing else guards what has no checksum; of the rest the search for damage compares them.
  if (!isSignedChunk(row.data)) checkExtremes(row, slice);
  return slice;
}

/** Throws `FormatError` unless `min`, `max` and `sum` of a row, which no answer uses, are those of its readings. */
export function checkExtremes(row: ChunkExtremes, slice: Slice): void {
  const { min, max, sum } = extremes(slice);
  if (isNear(min, row.min) && isNear(max, row.max) && isNear(sum, row.sum)) return;
  throw new FormatError("its readings do not have the extremes that its row gives");
}

/** Throws `FormatError` unless the data of a row is signed for it; of version 1 nothing is known. */
export function checkData(row: ChunkColumns & { data: Uint8Array }, mayBeUnsigned: boolean): void {
  if (isSignedChunk(row.data)) {
    if (!isSigned(row.data, rowChecksum(row))) throw new FormatError("its checksum does not match");
  } else if (!mayBeUnsigned) throw new FormatError("it has no checksum");
}

/** True when a chunk was signed for a row with these columns. */
export function isSignedFor(data: Uint8Array, columns: ChunkColumns): boolean {
  return isSignedChunk(data) && isSigned(data, rowChecksum(columns));
}

/** Throws `FormatError` unless the summary of a row is what was written there; of version 1 nothing is known. */
export function checkSummary(
  row: ChunkColumns & { minutes: Uint8Array },
  mayBeUnsigned: boolean,
): void {
  if (areMinutesSigned(row.minutes)) {
    if (areMinutesOf(row.minutes, row.sensor, rowChecksum(row))) return;
    throw new FormatError("its summary or its row does not match its checksum");
  }
  if (!mayBeUnsigned) throw new FormatError("its summary has no checksum");
}

/** True when the readings give this very summary: how one of version 1 is judged. */
export function isSummaryOf(minutes: Uint8Array, slice: Slice): boolean {
  const expected = encodeMinutes(slice, scaleSlice(slice));
  if (expected.length <= NO_SUMMARY_BYTES) return minutes.length === 1 && minutes[0] === 0;
  const [a, b] = [minutesBody(minutes), minutesBody(expected)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Checksum of the columns of a row: the seed of that of its data. */
export function rowChecksum({ sensor, firstMs, lastMs, rank, n, bytes }: ChunkColumns): number {
  return checksumOf([sensor, firstMs, lastMs, rank, n, bytes]);
}

/** A libSQL server passes numbers on as text, which can cost the last bit. */
function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}

function extremes({ n, value }: Slice): ChunkExtremes {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = value[i];
    if (x < min) min = x;
    if (x > max) max = x;
    sum += x;
  }
  // Sums of huge values can leave the range of a double; the column is for people, not for answers.
  return {
    min,
    max,
    sum: Number.isFinite(sum) ? sum : sum > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE,
  };
}
