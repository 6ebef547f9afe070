import { MINUTE_MS } from "../words/times.ts";
import { addSummaries } from "./bucket_query.ts";
import { BucketSums } from "./buckets.ts";
import { decodeChunk, encodeChunk, scaleSlice } from "./chunk.ts";
import { encodeMinutes, reusedColumns, signMinutes } from "./minutes.ts";
import type { Slice } from "./slice.ts";

const READINGS = 400;
const ROUNDS = 3;
/** Minutes that are read: from about here on the engine has made code of what reads them. */
const MINUTES = 6_000;
const SENSOR = 1;
/** A time as those of readings are: code that saw small numbers alone would be made anew for them. */
const START_MS = 1_790_000_000_000;

/**
 * Does a little of what is done most, so that neither the first seal under load pays for starting zstd nor the first
 * query of a month for making code of what reads minutes.
 */
export function warmUp(): void {
  const slice: Slice = {
    n: READINGS,
    tMs: Float64Array.from({ length: READINGS }, (_, i) => START_MS + i * 5_000 + i % 3),
    value: Float64Array.from({ length: READINGS }, (_, i) => ((i * 7919) % 300) / 100),
    flags: new Uint8Array(READINGS),
    seq: null,
  };
  const scaled = scaleSlice(slice);
  for (let i = 0; i < ROUNDS; i++) decodeChunk(encodeChunk(slice, scaled));
  const minutes = encodeMinutes(slice, scaled);
  signMinutes(minutes, SENSOR, 0);
  const toMs = slice.tMs[READINGS - 1] + 1;
  const range = { fromMs: START_MS, toMs };
  const sums = new BucketSums(START_MS, toMs, 10 * MINUTE_MS);
  const columnsOf = reusedColumns();
  const k = Math.ceil((toMs - START_MS) / MINUTE_MS);
  for (let read = 0; read < MINUTES; read += k) {
    addSummaries(sums, minutes, SENSOR, range, columnsOf);
  }
}
