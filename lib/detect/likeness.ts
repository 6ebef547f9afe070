/**
 * What people said of findings, held against later ones: a finding that is like those called a false alarm is none,
 * unless those called real are as like. Alike are findings of the same kind (the part that spoke, and whether it was
 * too high or too low) whose parts were surprised by about as much. What people say of one kind leaves the others.
 */
import type { Judged, Reason } from "./detector.ts";
import type { Verdict } from "../words/verdict.ts";

/** The newest verdicts on a sensor that count. */
export const JUDGED_MOST = 100;
const PARTS = ["point", "relative", "level", "activity", "still"] as const;
/** Beyond this a part says no more: seen once in 100 000. */
const MOST = 5;
/** Findings this far apart, in tens of surprise, are alike by a third. */
const RADIUS = 0.7;
/** Likeness to false alarms, less that to real ones, of a finding that is not reported: 1 is the very same. */
const ENOUGH = 1;

export function judgedOf(reason: Reason, verdict: Verdict): Judged {
  return { ...likenessOf(reason), real: verdict === "real" };
}

/** Whether a finding is like those that were called false alarms. */
export function isCalledFalse(reason: Reason, judged: readonly Judged[]): boolean {
  if (judged.length === 0) return false;
  const own = likenessOf(reason);
  let sum = 0;
  for (const { kind, at, real } of judged) {
    if (kind !== own.kind) continue;
    const apart = at.reduce((squares, x, i) => squares + (x - own.at[i]) ** 2, 0);
    const alike = Math.exp(-apart / RADIUS ** 2);
    sum += real ? -alike : alike;
  }
  return sum >= ENOUGH;
}

function likenessOf({ component = "", value = 0, numbers = {} }: Reason): Omit<Judged, "real"> {
  const side = component === "level"
    ? numbers.recentMean > numbers.longMean
    : component === "point" || component === "recent"
    ? value > numbers.expected
    : null;
  return {
    kind: side === null ? component : `${component} ${side ? "high" : "low"}`,
    at: PARTS.map((part) => Math.max(0, Math.min(MOST, numbers[part] ?? 0))),
  };
}
