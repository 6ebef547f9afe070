import type { Mode } from "../ffmpeg/arguments.ts";

/** How long all pictures still come after the last viewer left. */
const STAY_MS = 30_000;
/** Nobody looks, and whole pictures come more seldom than this: all has to be decoded. */
const SPARSE_MS = 5_000;
const SPARSE_FIRST_MS = 8_000;

/** What is decoded at the moment. `leftMs`: how long ago the last viewer left; null: there never was one. */
export function wantedMode(
  { viewers, leftMs, isSparse }: { viewers: number; leftMs: number | null; isSparse: boolean },
): Mode {
  if (viewers > 0 || (leftMs !== null && leftMs < STAY_MS)) return "watched";
  return isSparse ? "slow" : "keyframes";
}

/** Whether whole pictures come too seldom to judge the camera by them. */
export function isSparse(mode: Mode, silentMs: number, frames: number): boolean {
  return mode === "keyframes" && silentMs >= (frames === 0 ? SPARSE_FIRST_MS : SPARSE_MS);
}
