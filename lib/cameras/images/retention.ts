/** Which kept pictures go: by age, by bytes of a camera and of all, and where little is free. Pure. */
import type { CameraUse } from "./image_store.ts";

/** How long and how much a camera keeps. */
export interface Keeping {
  keepMs: number;
  keepBytes: number;
}

/** What is too old: older than `beforeMs`. `nowMs`: now, for everything that is deleted by age. */
export function tooOld(
  use: readonly CameraUse[],
  keepingOf: (cameraId: string) => Keeping,
  nowMs: number,
): { cameraId: string; beforeMs: number }[] {
  return use.map(({ cameraId, oldestMs }) => {
    return { cameraId, oldestMs, beforeMs: nowMs - keepingOf(cameraId).keepMs };
  }).filter(({ oldestMs, beforeMs }) => oldestMs < beforeMs)
    .map(({ cameraId, beforeMs }) => ({ cameraId, beforeMs }));
}

export interface ByteLimits {
  keepingOf(cameraId: string): Keeping;
  /** All cameras together. */
  allBytes: number;
  /** So much stays free on the disk. */
  floorBytes: number;
  /** Null: the disk does not say. */
  freeBytes: number | null;
}

/** What is too much, once nothing is too old any more: the oldest leave. */
export interface TooMuch {
  /** Bytes of one camera. */
  byCamera: { cameraId: string; bytes: number }[];
  /** After that, bytes of whichever camera has the oldest. */
  ofAll: number;
}

export function tooMuch(
  use: readonly CameraUse[],
  { keepingOf, allBytes, floorBytes, freeBytes }: ByteLimits,
): TooMuch {
  const byCamera = use.map(({ cameraId, bytes }) => {
    return { cameraId, bytes: Math.max(0, bytes - keepingOf(cameraId).keepBytes) };
  }).filter(({ bytes }) => bytes > 0);
  const freed = sumOf(byCamera);
  const left = sumOf(use) - freed;
  const missing = freeBytes === null ? 0 : floorBytes - freeBytes - freed;
  return { byCamera, ofAll: Math.min(left, Math.max(0, left - allBytes, missing)) };
}

const sumOf = (all: readonly { bytes: number }[]) => all.reduce((sum, { bytes }) => sum + bytes, 0);

/** Of pictures, the oldest first, as many as make up these bytes. */
export function upTo<T extends { bytes: number }>(images: readonly T[], bytes: number): T[] {
  let sum = 0;
  return images.filter((image) => {
    if (sum >= bytes) return false;
    sum += image.bytes;
    return true;
  });
}
