import type { Mode } from "../ffmpeg/arguments.ts";

const SILENCE_MS = 10_000;
/** ffmpeg looks at some seconds of a stream before it gives its first picture. */
const FIRST_MS = 15_000;
/** Whole pictures of a camera may come this seldom; until then nothing can be decoded. */
const KEYFRAME_MS = 30_000;

export interface Sounds {
  nowMs: number;
  /** Of the last picture, or of the start. */
  lastMs: number;
  frames: number;
  /** That came so far; undefined: not known. */
  bytes: number | undefined;
}

/** Says when a camera has fallen silent, in a sentence; null: not yet. */
export function createSilence(mode: Mode, startMs: number): { look(now: Sounds): string | null } {
  let bytesSeen = 0;
  let bytesMs = startMs;
  return {
    look({ nowMs, lastMs, frames, bytes }) {
      if (bytes !== undefined && bytes !== bytesSeen) {
        bytesSeen = bytes;
        bytesMs = nowMs;
      }
      const limitMs = frames === 0 ? FIRST_MS : SILENCE_MS;
      if (bytes !== undefined && nowMs - bytesMs >= limitMs) {
        return `Nothing came of the camera for ${limitMs / 1_000} s.`;
      }
      const waitsForKeyframe = mode === "keyframes" || (frames === 0 && bytes !== undefined);
      const pictureMs = waitsForKeyframe ? KEYFRAME_MS : limitMs;
      return nowMs - lastMs < pictureMs ? null : `No picture came for ${pictureMs / 1_000} s.`;
    },
  };
}
