/** How a camera is, in words: pages, alarms, messages and the command line say the same. */
import { duration } from "./times.ts";

/** A state of a camera in a word or two. */
export const CAMERA_WORDS = {
  off: "switched off",
  starting: "starting",
  live: "live",
  frozen: "frozen",
  black: "black",
  covered: "covered",
  lost: "no picture",
} as const;
type State = keyof typeof CAMERA_WORDS;

/** What a state means, as the end of a sentence that begins with the camera's name. */
const CAMERA_SAYS: Record<State, string> = {
  off: "is switched off",
  starting: "is starting",
  live: "gives pictures",
  frozen: "has shown the same picture",
  black: "has been black",
  covered: "has been covered",
  lost: "has given no picture",
};

/** `Dock has given no picture for 3 min`. */
export function cameraSentence(name: string, state: State, sinceMs: number, nowMs: number): string {
  const says = `${name} ${CAMERA_SAYS[state]}`;
  const lasts = state !== "off" && state !== "starting" && state !== "live";
  return lasts ? `${says} for ${duration(Math.max(1_000, nowMs - sinceMs))}` : says;
}

/** True in the states that somebody should look at. */
export function cameraNeedsHelp(state: State): boolean {
  return state === "frozen" || state === "black" || state === "covered" || state === "lost";
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
  | "off";

/** What a page says of a picture that is older than usual. */
export function oldPictureWords(ageMs: number, because: OldBecause): string {
  const old = `The picture is ${duration(ageMs)} old: `;
  if (because === "off") return `${old}the camera is switched off.`;
  if (because === "perch") return `${old}Perch cannot be reached.`;
  if (because === "way") return `${old}newer ones do not come through. Asking again.`;
  return `${old}the camera gives none any more.`;
}
