/** What is done for a camera that gives no good pictures, and when. Pure. */
import type { CameraState } from "../../words/cameras.ts";
import { HOUR_MS } from "../../words/times.ts";
import {
  FIRST_FRAME_MS,
  type HealthLimits,
  type HealthMemory,
  isAttemptSilent,
} from "../health/decide.ts";
import type { AttemptEnd } from "../picture.ts";

/** From one try to the next, after so many failures in a row. */
const WAITS_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
/**
 * Tries begin so much of that apart. Jitter only shortens: the longest wait is 45 s, so that a source that is back
 * is found, and shows that its picture changes, within a minute.
 */
const JITTER = { least: 0.5, most: 0.75 };
/** Between the end of a try and the next: what the camera holds for the old one is let go. */
const PAUSE_MS = 500;
/** A try whose pictures changed for so long was a good one. */
const GOOD_MS = 60_000;
const DEVICE_AFTER = 5;
const POWER_AFTER = 10;
/** The waits after a refused sign-in begin with that of so many failures. */
const SIGN_IN_STEP = 5;
/** Pictures that come and are bad may be the night: after so many tries there is one in ten minutes. */
const BAD_PICTURES_SOON = 5;
const BAD_PICTURES_MS = 600_000;
export const LAST_RESORT_MS = 6 * HOUR_MS;

/** Switching a camera off and on does not help against these. */
const NOT_THE_CAMERA: readonly AttemptEnd["fault"][] = ["program", "not_allowed", "sign_in"];

export interface Try {
  /** 1 starts anew, 2 opens the device anew, 3 switches it off and on first. */
  level: 1 | 2 | 3;
  waitMs: number;
}

export interface TryFacts {
  /** In a row, the latest included. */
  failures: number;
  state: CameraState;
  /** Why the latest failed. */
  fault: AttemptEnd["fault"];
  /** How long the latest took. */
  tookMs: number;
  /** Wall clock. */
  nowMs: number;
  /** When level 3 was reached last, wall clock; null: never. */
  lastResortMs: number | null;
}

/** What comes after a try that failed. `random`: 0…1. */
export function nextTry(facts: TryFacts, random: number): Try {
  const { failures, fault, tookMs } = facts;
  // A camera that is asked with a wrong password again and again shuts its door for longer.
  const step = fault === "sign_in" ? Math.max(failures, SIGN_IN_STEP) : failures;
  const waitMs = Math.max(PAUSE_MS, jittered(waitOf(step), random) - tookMs);
  if (isLastResortDue(facts)) return { level: 3, waitMs };
  return { level: failures >= DEVICE_AFTER || fault === "missing" ? 2 : 1, waitMs };
}

function isLastResortDue(facts: TryFacts): boolean {
  const { failures, state, fault, nowMs, lastResortMs } = facts;
  if (failures < POWER_AFTER || NOT_THE_CAMERA.includes(fault)) return false;
  // A picture that comes is no reason to cut the power: black may be the night, and frozen a quiet scene.
  if (state !== "lost") return false;
  // By the amount: a clock that was set back does not keep it waiting for longer than that.
  return lastResortMs === null || Math.abs(nowMs - lastResortMs) >= LAST_RESORT_MS;
}

function waitOf(failures: number): number {
  return WAITS_MS[Math.min(Math.max(failures, 1), WAITS_MS.length) - 1];
}

function jittered(ms: number, random: number): number {
  return ms * (JITTER.least + random * (JITTER.most - JITTER.least));
}

/** The pictures of the present try have changed for long enough to forget the failures before. */
export function isGoodAgain({ state, sinceMs, attemptMs }: HealthMemory, nowMs: number): boolean {
  return state === "live" && nowMs - Math.max(sinceMs, attemptMs) >= GOOD_MS;
}

/** Why the present try has to end; null: it goes on. */
export function whyEnd(
  memory: HealthMemory,
  nowMs: number,
  limits: HealthLimits,
  failures: number,
): "silent" | "bad_picture" | null {
  if (isAttemptSilent(memory, nowMs, firstFrameMost(failures))) return "silent";
  const { state, firstLookMs } = memory;
  if (state !== "frozen" && state !== "black" && state !== "covered") return null;
  if (firstLookMs === null) return null;
  const afterMs = state === "frozen" ? limits.frozenAfterMs : limits.blackAfterMs;
  return nowMs - firstLookMs >= patience(failures, afterMs) ? "bad_picture" : null;
}

/** On a busy host some take longer; the next try would begin no sooner by then. */
function firstFrameMost(failures: number): number {
  return failures < DEVICE_AFTER ? FIRST_FRAME_MS : 2 * FIRST_FRAME_MS;
}

/** The first try with bad pictures ends at once; each that shall bring good ones back gets its time. */
function patience(failures: number, afterMs: number): number {
  if (failures === 0) return 0;
  return failures < BAD_PICTURES_SOON ? Math.max(afterMs, waitOf(failures)) : BAD_PICTURES_MS;
}
