/**
 * What may become of a correction, and when. Pure: who asks, what is there and what time it is come in, and what
 * comes out is the state that follows or why not.
 */
import type { ErrorCode } from "../../base/errors.ts";
import { DAY_MS, MINUTE_MS, span } from "../../words/times.ts";
import type { Correction, CorrectionState } from "./correction.ts";
import { UNDER_WAY } from "./correction.ts";

/** An approval holds for what was shown so recently, by somebody who signed in so recently. */
export const FRESH_MS = 15 * MINUTE_MS;
/** It can be rolled back so long. */
export const ROLL_BACK_MS = 30 * DAY_MS;

/** Who asks, as far as it matters here. */
export interface Asker {
  kind: "user" | "key" | "device" | "system";
  role: "viewer" | "engineer" | "admin";
  /** When they proved who they are; null: they did not. */
  provedMs: number | null;
  /** When this diff was last shown to them; null: never. */
  shownMs: number | null;
}

export interface Refused {
  refused: ErrorCode;
  reason: string;
}

/** What is there now. */
export interface Now {
  nowMs: number;
  /** Hash of what the target holds; null: it is gone. */
  hash: string | null;
  /** Another correction of the same target is under way. */
  busy: boolean;
}

/** What follows when somebody approves a correction by the hash of its diff. */
export function decideApproval(
  correction: Pick<Correction, "state" | "diffHash" | "baseHash">,
  diffHash: string,
  asker: Asker,
  now: Now,
): { state: "applying" } | { state: "outdated" } | Refused {
  if (asker.kind !== "user" || asker.role !== "admin") {
    return refuse("forbidden", "only an admin who signed in as a person approves a correction");
  }
  if (correction.state !== "proposed") return refuse("conflict", over(correction.state));
  if (diffHash !== correction.diffHash) {
    return refuse("conflict", "this is not the change that was shown: look at it again");
  }
  if (now.hash !== correction.baseHash) return { state: "outdated" };
  if (!within(asker.shownMs, now.nowMs)) {
    const reason = `an approval is for what was shown in the last ${
      span(FRESH_MS)
    }: look at it again`;
    return refuse("conflict", reason);
  }
  if (!within(asker.provedMs, now.nowMs)) {
    return refuse("forbidden", `give your password: you signed in more than ${span(FRESH_MS)} ago`);
  }
  if (now.busy) return refuse("conflict", "another correction of it is under way");
  return { state: "applying" };
}

/** Whether a correction that stands may be taken back; `afterHash`: of what it made. */
export function decideRollBack(
  { state, appliedMs, baseHash }: Pick<Correction, "state" | "appliedMs" | "baseHash">,
  afterHash: string,
  asker: Pick<Asker, "kind" | "role">,
  now: Now,
): { state: "rolled_back" } | Refused {
  if (asker.kind !== "user" || asker.role !== "admin") {
    return refuse("forbidden", "only an admin who signed in as a person rolls a correction back");
  }
  if (state !== "kept" && state !== "watching") return refuse("conflict", over(state));
  if (appliedMs === null || now.nowMs - appliedMs > ROLL_BACK_MS) {
    return refuse("conflict", `it was applied more than ${span(ROLL_BACK_MS)} ago`);
  }
  if (now.hash !== afterHash && now.hash !== baseHash) {
    return refuse("conflict", "the file was changed since: choose one of its versions instead");
  }
  return { state: "rolled_back" };
}

/** What a change of the target from outside makes of it; null: nothing. */
export function decideOutdated(
  { state, baseHash }: Pick<Correction, "state" | "baseHash">,
  hash: string | null,
): "outdated" | null {
  return state === "proposed" && hash !== baseHash ? "outdated" : null;
}

/** What a start makes of a correction that an end cut off; null: it was not. */
export function decideResumption(
  { state, baseHash }: Pick<Correction, "state" | "baseHash">,
  afterHash: string,
  hash: string | null,
): CorrectionState | null {
  if (!UNDER_WAY.includes(state)) return null;
  if (hash === afterHash) return "watching";
  if (hash !== baseHash) return state === "applying" ? "failed" : "kept";
  // What was being applied never reached the disk; what was being watched was being rolled back.
  return state === "applying" ? "failed" : "rolled_back";
}

function within(atMs: number | null, nowMs: number): boolean {
  return atMs !== null && nowMs - atMs <= FRESH_MS && atMs <= nowMs + MINUTE_MS;
}

const OVER: Readonly<Record<CorrectionState, string>> = {
  proposed: "it was not applied",
  outdated: "what it would change was changed meanwhile: ask for another one",
  dismissed: "it was dismissed: ask for another one",
  applying: "it was approved already and is being applied",
  watching: "it was approved already and is being watched",
  kept: "it was approved already and is in place",
  rolled_back: "it was rolled back",
  failed: "it failed",
};
const over = (state: CorrectionState) => OVER[state];

function refuse(refused: ErrorCode, reason: string): Refused {
  return { refused, reason };
}
