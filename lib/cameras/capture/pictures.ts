import type { Clock } from "../../base/clock.ts";
import type { Frame } from "../picture.ts";

/** The pictures of a camera that are at hand, and how many come. */
export interface Pictures {
  add(jpeg: Uint8Array<ArrayBuffer>): Frame;
  latest(): Frame | null;
  recent(): readonly Frame[];
  fps(): number;
}

const RECENT_MOST = 10;
const RECENT_BYTES_MOST = 20_000_000;
/** A second apart, but for what comes a little early. */
const APART_MS = 950;
const FPS_MS = 10_000;

export function createPictures(clock: Clock): Pictures {
  let sequence = 0;
  let latest: Frame | null = null;
  let recent: Frame[] = [];
  let recentBytes = 0;
  let times: number[] = [];
  let firstMs: number | null = null;

  function keep(frame: Frame): void {
    const last = recent.at(-1);
    if (last !== undefined && frame.atMs - last.atMs < APART_MS) return;
    recent = [...recent, frame];
    recentBytes += frame.jpeg.length;
    while (recent.length > 1 && (recent.length > RECENT_MOST || recentBytes > RECENT_BYTES_MOST)) {
      recentBytes -= recent[0].jpeg.length;
      recent = recent.slice(1);
    }
  }

  return {
    add(jpeg) {
      const atMs = clock.monotonic();
      const frame = { jpeg, tMs: clock.now(), atMs, sequence: ++sequence };
      firstMs ??= atMs;
      latest = frame;
      times.push(atMs);
      if (times[0] < atMs - 2 * FPS_MS) times = times.filter((one) => one > atMs - FPS_MS);
      keep(frame);
      return frame;
    },
    latest: () => latest,
    recent: () => recent,
    fps() {
      if (firstMs === null) return 0;
      const nowMs = clock.monotonic();
      const overMs = Math.min(FPS_MS, Math.max(1_000, nowMs - firstMs));
      return times.filter((one) => one > nowMs - overMs).length / overMs * 1_000;
    },
  };
}
