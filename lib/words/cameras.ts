/** How a camera is, and how that is said to people. Pure. */
import { duration } from "./times.ts";

export const CAMERA_STATES = [
  /** Nobody wants pictures of it. */
  "off",
  /** The first picture is waited for. */
  "starting",
  "live",
  /** Pictures come, and they are all the same. */
  "frozen",
  "black",
  /** Not black, and the same everywhere. */
  "covered",
  /** No pictures come. */
  "lost",
] as const;
export type CameraState = typeof CAMERA_STATES[number];

export const CAMERA_WORDS: Readonly<Record<CameraState, string>> = {
  off: "Off",
  starting: "Starting",
  live: "Live",
  frozen: "Picture frozen",
  black: "Picture black",
  covered: "Picture covered",
  lost: "No picture",
};

/** What is wrong, after the name of the camera; null: nothing is, as far as is known. */
export const CAMERA_TROUBLES: Readonly<Record<CameraState, string | null>> = {
  off: null,
  starting: null,
  live: null,
  frozen: "shows the same picture all the time",
  black: "shows a black picture",
  covered: "shows the same brightness everywhere, as if something covered it",
  lost: "gives no pictures",
};

/** What is done at each level of the recovery; 0: nothing has to be. */
export const RECOVERY_WORDS = [
  "Nothing to do",
  "Starting it anew",
  "Opening the device anew",
  "Switching it off and on",
] as const;

/** The age of a picture: `now`, `3 s old`. */
export function pictureAge(ageMs: number): string {
  return ageMs < 1_500 ? "now" : `${duration(ageMs)} old`;
}

/** True in the states that somebody should look at. */
export function cameraNeedsHelp(state: CameraState): boolean {
  return CAMERA_TROUBLES[state] !== null;
}

/** A picture is old when it has no successor for so long: three times the usual gap, and never less than 3 s. */
export function oldAfterMs(fps: number): number {
  return Math.max(3_000, fps > 0 ? 3_000 / fps : 0);
}

/** Why the picture that is shown has no successor. */
export type OldBecause =
  /** The camera gives none. */
  | "camera"
  /** Perch has newer ones, which did not come as far as here. */
  | "way"
  /** Perch itself does not answer. */
  | "perch"
  /** The camera is switched off. */
  | "off"
  /** Nobody could see it. */
  | "unseen";

/** What a page says of a picture that is older than usual. */
export function oldPictureWords(ageMs: number, because: OldBecause): string {
  const old = `The picture is ${duration(ageMs)} old: `;
  if (because === "off") return `${old}the camera is off.`;
  if (because === "perch") return `${old}Perch cannot be reached.`;
  if (because === "unseen") return `${old}it rests while it is out of sight.`;
  if (because === "way") return `${old}newer ones do not come through. Asking again.`;
  return `${old}the camera gives none any more.`;
}
