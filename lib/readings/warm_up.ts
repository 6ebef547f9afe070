import { MINUTE_MS } from "../words/times.ts";
import { BucketSums } from "./buckets.ts";
import { decodeChunk, encodeChunk, scaleSlice } from "./chunk.ts";
import { encodeMinutes, readMinutes, reusedColumns, signMinutes } from "./minutes.ts";
import type { Slice } from "./slice.ts";

const READINGS = 400;
const ROUNDS = 3;
/** Minutes that are read: from about here on the engine has made code of what reads them. */
const MINUTES = 6_000;
const SENSOR = 1;

/**
 * Does a little of what is done most, so that neither the first seal under load pays for starting zstd nor the first
 * query of a month for making code of what reads minutes.
 */
export function warmUp(): void {
  const slice: Slice = {
    n: READINGS,
    tMs: Float64Array.from({ length: READINGS }, (_, i) => i * 5_000 + i % 3),
    value: Float64Array.from({ length: READINGS }, (_, i) => ((i * 7919) % 300) / 100),
    flags: new Uint8Array(READINGS),
    seq: null,
  };
  const scaled = scaleSlice(slice);
  for (let i = 0; i < ROUNDS; i++) decodeChunk(encodeChunk(slice, scaled));
  const minutes = encodeMinutes(slice, scaled);
  signMinutes(minutes, SENSOR, 0);
  const toMs = slice.tMs[READINGS - 1] + 1;
  const sums = new BucketSums(0, toMs, 10 * MINUTE_MS);
  const columnsOf = reusedColumns();
  for (let read = 0; read < MINUTES;) {
    readMinutes(minutes, SENSOR, (columns) => {
      sums.addMinutes(columns, 0, toMs);
      read += columns.k;
    }, { columnsOf });
  }
}
