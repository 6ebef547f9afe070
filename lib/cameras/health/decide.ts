/**
 * How a camera is, from the pictures that came and what they were like. Pure. An exit code, a process that runs or a
 * connection that stands say nothing here: only pictures that change are good.
 */
import type { CameraState } from "../../words/cameras.ts";
import type { Look } from "../picture.ts";

/** A picture that differs less from the one before is the same: the noise of a sensor alone gives some 0.3. */
export const CHANGE_LEAST = 0.02;
const BLACK_BELOW = 24;
const COVERED_BELOW = 10;
/** So long a camera may take to its first picture: RTSP takes some 5 s. */
export const FIRST_FRAME_MS = 15_000;
const SILENCE_LEAST_MS = 10_000;
/** One long gap makes us wait longer, yet never so long that a loss is seen after more than 20 s. */
const SILENCE_UNUSUAL_MOST_MS = 18_000;
/** A long gap is remembered for so long. */
const GAP_KEPT_MS = 600_000;
/** Weight of the newest gap in the usual one. */
const GAP_WEIGHT = 1 / 8;
/** So many gaps without a picture are too many. */
const GAPS_MOST = 3;

export interface HealthLimits {
  frozenAfterMs: number;
  /** Black or covered. */
  blackAfterMs: number;
}

/** What is known of a camera. Times are monotonic; null: there was none. */
export interface HealthMemory {
  state: CameraState;
  /** Since when it is so. */
  sinceMs: number;
  /** When getting pictures of it began. */
  begunMs: number;
  /** When the present attempt began. */
  attemptMs: number;
  /** Pictures and looks of the present attempt. */
  frames: number;
  looks: number;
  /** Newest picture of any attempt. */
  frameMs: number | null;
  /** Between two pictures; null: never two in one attempt. */
  gapMs: number | null;
  longGap: { ms: number; atMs: number } | null;
  /** First and newest look of the present attempt. */
  firstLookMs: number | null;
  look: Look | null;
  /** The latest look differed from the one before. */
  changes: boolean;
  /** Since when the picture is the same, black, or the same everywhere. */
  stillMs: number | null;
  blackMs: number | null;
  evenMs: number | null;
}

export function startHealth(nowMs: number): HealthMemory {
  return {
    state: "starting",
    sinceMs: nowMs,
    begunMs: nowMs,
    attemptMs: nowMs,
    frames: 0,
    looks: 0,
    frameMs: null,
    gapMs: null,
    longGap: null,
    firstLookMs: null,
    look: null,
    changes: false,
    stillMs: null,
    blackMs: null,
    evenMs: null,
  };
}

/** An attempt begins: what is counted of one starts anew. */
export function seeAttempt(memory: HealthMemory, nowMs: number): HealthMemory {
  const none = { frames: 0, looks: 0, firstLookMs: null, look: null, changes: false };
  return { ...memory, attemptMs: nowMs, ...none };
}

/** It ended without having been asked to: where there never was a picture, none is waited for any longer. */
export function seeEnd(memory: HealthMemory): HealthMemory {
  return memory.frameMs === null ? { ...memory, begunMs: -Infinity } : memory;
}

export function seeFrame(memory: HealthMemory, atMs: number): HealthMemory {
  const { frames, frameMs, gapMs, longGap } = memory;
  const next = { ...memory, frames: frames + 1, frameMs: atMs };
  if (frames === 0 || frameMs === null) return next;
  const gap = Math.max(0, atMs - frameMs);
  const isLonger = longGap === null || gap >= longGap.ms || atMs - longGap.atMs > GAP_KEPT_MS;
  return {
    ...next,
    gapMs: gapMs === null ? gap : gapMs + (gap - gapMs) * GAP_WEIGHT,
    longGap: isLonger ? { ms: gap, atMs } : longGap,
  };
}

export function seeLook(memory: HealthMemory, look: Look): HealthMemory {
  const { atMs, brightest, darkest, change } = look;
  const isBlack = brightest < BLACK_BELOW;
  const isEven = !isBlack && brightest - darkest < COVERED_BELOW;
  // The first of an attempt has nothing to be compared with.
  const changes = memory.looks > 0 && change >= CHANGE_LEAST;
  const isStill = memory.looks > 0 && !changes;
  return {
    ...memory,
    looks: memory.looks + 1,
    firstLookMs: memory.firstLookMs ?? atMs,
    look,
    changes,
    stillMs: changes ? null : memory.stillMs ?? (isStill ? memory.look?.atMs ?? atMs : null),
    blackMs: isBlack ? memory.blackMs ?? atMs : null,
    evenMs: isEven ? memory.evenMs ?? atMs : null,
  };
}

/** How it is now. */
export function judge(memory: HealthMemory, nowMs: number, limits: HealthLimits): HealthMemory {
  const state = stateOf(memory, nowMs, limits);
  const next = state === memory.state ? memory : { ...memory, state, sinceMs: nowMs };
  // What a picture was like before it was lost says nothing about the next.
  return isSilent(next, nowMs) ? { ...next, stillMs: null, blackMs: null, evenMs: null } : next;
}

function stateOf(memory: HealthMemory, nowMs: number, limits: HealthLimits): CameraState {
  if (isSilent(memory, nowMs)) return "lost";
  if (lasts(memory, memory.blackMs, limits.blackAfterMs)) return "black";
  if (lasts(memory, memory.evenMs, limits.blackAfterMs)) return "covered";
  const frozenAfterMs = Math.max(limits.frozenAfterMs, GAPS_MOST * (memory.gapMs ?? 0));
  if (lasts(memory, memory.stillMs, frozenAfterMs)) return "frozen";
  if (memory.blackMs === null && memory.evenMs === null && memory.changes) return "live";
  return isUnjudged(memory, nowMs) ? "live" : memory.state;
}

/** No picture for longer than is usual. */
export function isSilent(memory: HealthMemory, nowMs: number): boolean {
  const { frameMs, begunMs } = memory;
  if (frameMs === null) return nowMs - begunMs >= FIRST_FRAME_MS;
  return nowMs - frameMs >= silenceMost(memory);
}

/** The present attempt gives no pictures, or none any more. */
export function isAttemptSilent(memory: HealthMemory, nowMs: number, firstMostMs: number): boolean {
  if (memory.frames === 0) return nowMs - memory.attemptMs >= firstMostMs;
  return isSilent(memory, nowMs);
}

/** So long without a picture is a loss. */
export function silenceMost({ gapMs, longGap }: Pick<HealthMemory, "gapMs" | "longGap">): number {
  if (gapMs === null) return SILENCE_UNUSUAL_MOST_MS;
  const unusual = Math.min(GAPS_MOST * (longGap?.ms ?? 0), SILENCE_UNUSUAL_MOST_MS);
  return Math.max(SILENCE_LEAST_MS, unusual, GAPS_MOST * gapMs);
}

/** It was so from `sinceMs` to the latest look. */
function lasts({ look }: HealthMemory, sinceMs: number | null, afterMs: number): boolean {
  return sinceMs !== null && look !== null && look.atMs - sinceMs >= afterMs;
}

/** Pictures come and nobody looks at what they are like: then that they come has to do. */
function isUnjudged(memory: HealthMemory, nowMs: number): boolean {
  const { frames, look, attemptMs } = memory;
  return frames >= 3 && nowMs - (look?.atMs ?? attemptMs) >= silenceMost(memory);
}
