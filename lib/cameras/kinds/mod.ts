import { file } from "./file.ts";
import { httpMjpeg } from "./http_mjpeg.ts";
import { httpStill } from "./http_still.ts";
import type { CameraKind } from "./kind.ts";
import { pi } from "./pi.ts";
import { rtsp } from "./rtsp.ts";
import { testPattern } from "./test_pattern.ts";
import { v4l2 } from "./v4l2.ts";

/** Every kind of camera; the order is that of the form. */
export const CAMERA_KINDS: readonly CameraKind[] = [
  ...[rtsp, httpMjpeg, httpStill, v4l2, pi],
  ...[file, testPattern],
];

export function kindOf(name: string): CameraKind | null {
  return CAMERA_KINDS.find(({ kind }) => kind === name) ?? null;
}
