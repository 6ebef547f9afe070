/** When a still is due, and whether a picture shows how it is now. Pure. */
import type { CameraState } from "../../words/cameras.ts";
import type { Frame } from "../picture.ts";

/** `lastMs`: when the last still was taken; after a clock that was set back one is due. */
export function isDue(everyS: number, lastMs: number | null, nowMs: number): boolean {
  if (everyS <= 0) return false;
  return lastMs === null || lastMs > nowMs || nowMs - lastMs >= everyS * 1000;
}

/** In these a camera gives pictures of what is there; of a black or covered one they say that it is. */
const GIVES = new Set<CameraState>(["starting", "live", "black", "covered"]);
/** No source that is well is silent for longer. */
const OLD_MS = 30_000;

/** A picture that is worth to be kept as that of this moment. */
export function isCurrent(
  frame: Pick<Frame, "atMs"> | null,
  state: CameraState,
  monotonicMs: number,
): boolean {
  return frame !== null && GIVES.has(state) && monotonicMs - frame.atMs < OLD_MS;
}
