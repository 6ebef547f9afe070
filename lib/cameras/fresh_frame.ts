import { PerchError } from "../base/errors.ts";
import type { Capture, Frame } from "./picture.ts";

/** A camera that is there gives a picture within this, its start included. */
const WAIT_MS = 20_000;

/**
 * The next picture that is taken from now on. @throws PerchError `unavailable` when none comes in time
 */
export async function freshFrame(
  capture: Pick<Capture, "watch" | "latest">,
  waitMs = WAIT_MS,
): Promise<Frame> {
  const before = capture.latest()?.sequence ?? 0;
  const viewer = capture.watch();
  const waited = AbortSignal.timeout(waitMs);
  try {
    for (;;) {
      const frame = await viewer.next(waited).catch(() => null);
      if (frame === null) break;
      if (frame.sequence > before) return frame;
    }
  } finally {
    viewer.close();
  }
  throw new PerchError("unavailable", `no new picture came within ${waitMs / 1000} s`, {
    retryAfterS: 10,
  });
}
