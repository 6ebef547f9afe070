import type { CameraKind } from "./kind.ts";
import { testPattern } from "./test_pattern.ts";

/** Every kind of camera; the order is that of the form. */
export const CAMERA_KINDS: readonly CameraKind[] = [testPattern];

export function kindOf(name: string): CameraKind | null {
  return CAMERA_KINDS.find(({ kind }) => kind === name) ?? null;
}
