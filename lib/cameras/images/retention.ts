/** Which kept pictures go: by age, by bytes of a camera and of all, and where little is free. Pure. */
import type { CameraUse } from "./image_store.ts";

/** How long and how much a camera keeps. */
export interface Keeping {
  keepMs: number;
  keepBytes: number;
}

export interface RetentionLimits {
  /** Now, for everything that is deleted by age. */
  nowMs: number;
  of(cameraId: string): Keeping;
  /** All cameras together. */
  allBytes: number;
  /** So much stays free on the disk. */
  floorBytes: number;
  /** Null: the disk does not say. */
  freeBytes: number | null;
}

/** What leaves. The oldest first, each step counted after those before it. */
export interface Leaving {
  /** Older than this. */
  byAge: { cameraId: string; beforeMs: number }[];
  /** Bytes of one camera. */
  byCamera: { cameraId: string; bytes: number }[];
  /** Bytes of whichever camera has the oldest. */
  ofAll: number;
}

export function leaving(use: readonly CameraUse[], limits: RetentionLimits): Leaving {
  const { nowMs, allBytes, floorBytes, freeBytes } = limits;
  const byAge: Leaving["byAge"] = [];
  const byCamera: Leaving["byCamera"] = [];
  let bytes = 0;
  let freed = 0;
  for (const one of use) {
    const { keepMs, keepBytes } = limits.of(one.cameraId);
    const beforeMs = nowMs - keepMs;
    if (one.oldestMs < beforeMs) byAge.push({ cameraId: one.cameraId, beforeMs });
    const over = Math.max(0, one.bytes - keepBytes);
    if (over > 0) byCamera.push({ cameraId: one.cameraId, bytes: over });
    bytes += one.bytes - over;
    freed += over;
  }
  const missing = freeBytes === null ? 0 : floorBytes - freeBytes - freed;
  return { byAge, byCamera, ofAll: Math.min(bytes, Math.max(0, bytes - allBytes, missing)) };
}

/** Of pictures, the oldest first, as many as make up these bytes. */
export function upTo<T extends { bytes: number }>(images: readonly T[], bytes: number): T[] {
  let sum = 0;
  return images.filter((image) => {
    if (sum >= bytes) return false;
    sum += image.bytes;
    return true;
  });
}
