/**
 * What a machine is judged by while it has no model: how far each sensor is from its own usual
 * values, and its limits. Pure.
 */
import { plain } from "../../words/numbers.ts";
import { HOUR_MS, MINUTE_MS, span } from "../../words/times.ts";
import { classOf, CRITICAL_SCORE, type MachineClass, WARNING_SCORE } from "../forest/explain.ts";
import { robustSpread } from "../forest/linalg.ts";
import { type Level, levelOf, type Limits } from "../limits.ts";
import type { Outlook, SensorShare } from "./shapes.ts";

/** Standard scores at which the score is 0.5. Twice that is 2/3, critical. */
const Z_WARNING = 3;
/** Points and time that a usual range is learned from at least; before that only limits are judged. */
const POINTS_LEAST = 30;
export const LEARNED_MS = 3 * HOUR_MS;
/** Without a model nobody is surer than this, and after `LEARNED_MS` half as sure. */
const CONFIDENCE_MOST = 0.6;
/** A longer gap between two values teaches nothing more. */
const GAP_MOST_MS = 30 * MINUTE_MS;

/** A sensor now, and its past. */
export interface RuleInput {
  name: string;
  /** NaN: nothing came lately. */
  value: number;
  /** Values of the recent past, evenly spaced; finite. */
  past: Float64Array;
  /** How long that past is, without its gaps: `learnedOf`. */
  learnedMs: number;
  limits: Limits | null;
}

/** How much time the values of these moments tell of. */
export function learnedOf(tMs: ArrayLike<number>): number {
  let ms = 0;
  for (let i = 1; i < tMs.length; i++) ms += Math.min(tMs[i] - tMs[i - 1], GAP_MOST_MS);
  return ms;
}

/**
 * True for what is said while a machine's usual values are not known well enough: nothing is called unusual then, and
 * the summary says how far that is.
 */
export function isLearning(
  { source, class: kind, confidence }: Pick<Outlook, "source" | "class" | "confidence">,
): boolean {
  return source === "rules" && kind === "normal" && confidence === 0;
}

export type RuleVerdict = Pick<
  Outlook,
  "class" | "score" | "confidence" | "action" | "summary" | "sensors"
>;

interface Judged {
  share: SensorShare;
  /** Distance in standard scores; 0 where the past says too little. */
  z: number;
  level: Level;
  known: boolean;
}

/** Judges by rules. While they are still learning the class is `normal` and the confidence 0 (`isLearning`). */
export function judgeByRules(inputs: readonly RuleInput[]): RuleVerdict {
  const judged = inputs.filter((input) => Number.isFinite(input.value)).map(judge);
  const total = judged.reduce((sum, j) => sum + weight(j), 0);
  for (const j of judged) j.share.contribution = total > 0 ? weight(j) / total : 0;
  judged.sort((a, b) => weight(b) - weight(a));
  const sensors = judged.map((j) => j.share);
  const worst = judged[0];
  if (worst === undefined || !judged.some((j) => j.known || j.level !== "normal")) {
    return {
      class: "normal",
      score: 0,
      confidence: 0,
      action: "Nothing to do",
      summary: learningText(inputs),
      sensors,
    };
  }
  const score = scoreOf(worst);
  const kind = classOf(score);
  return {
    class: kind,
    score,
    confidence: byLimit(worst) ? CONFIDENCE_MOST : confidenceIn(inputs.filter(isKnown)),
    action: actionFor(kind, worst),
    summary: summaryOf(kind, worst),
    sensors,
  };
}

/** Raises a verdict to what the limits say: a model does not overrule a limit. */
export function raisedByLimits<T extends RuleVerdict>(
  verdict: T,
  inputs: readonly Pick<RuleInput, "name" | "value" | "limits">[],
): T {
  let out = verdict;
  for (const { name, value, limits } of inputs) {
    if (limits === null || !Number.isFinite(value)) continue;
    const { level, side } = levelOf(limits, value);
    const least = leastScore(level);
    if (least <= out.score) continue;
    const where = side === "high" ? "above" : "below";
    out = {
      ...out,
      score: least,
      class: classOf(least),
      confidence: 1,
      action: `Inspect what ${name} measures`,
      summary: `${name} at ${plain(value)} is ${where} its ${level} limit`,
    };
  }
  return out;
}

function isKnown({ past, learnedMs }: Pick<RuleInput, "past" | "learnedMs">): boolean {
  return past.length >= POINTS_LEAST && learnedMs >= LEARNED_MS;
}

function confidenceIn(known: readonly RuleInput[]): number {
  const learnedMs = Math.min(...known.map((input) => input.learnedMs));
  return CONFIDENCE_MOST * learnedMs / (learnedMs + LEARNED_MS);
}

/** What is missing until the first sensor is known. */
function learningText(inputs: readonly RuleInput[]): string {
  const most = Math.max(0, ...inputs.map((input) => input.learnedMs));
  const minutes = Math.floor(Math.min(most, LEARNED_MS) / MINUTE_MS);
  const so = minutes < 1 ? "none" : span(minutes * MINUTE_MS);
  const need = `${span(LEARNED_MS)} of readings are needed`;
  return most >= LEARNED_MS
    ? `Still learning what is usual: its readings are too few, ${POINTS_LEAST} a day are needed`
    : `Still learning what is usual: ${need}, ${so} so far; until then only limits count`;
}

function judge({ name, value, past, learnedMs, limits }: RuleInput): Judged {
  const known = isKnown({ past, learnedMs });
  const { centre, scale } = known ? robustSpread(past) : { centre: NaN, scale: NaN };
  // A sensor that never moved has no scale: a thousandth of its size stands in.
  const unit = Math.max(scale, 1e-3 * Math.abs(centre), 1e-9);
  const z = known ? Math.abs(value - centre) / unit : 0;
  return {
    share: {
      name,
      value,
      contribution: 0,
      low: centre - Z_WARNING * unit,
      middle: centre,
      high: centre + Z_WARNING * unit,
      outside: z > Z_WARNING,
    },
    z,
    level: limits === null ? "normal" : levelOf(limits, value).level,
    known,
  };
}

function leastScore(level: Level): number {
  return level === "critical" ? CRITICAL_SCORE : level === "warning" ? WARNING_SCORE : 0;
}

function scoreOf({ z, level }: Judged): number {
  return Math.max(z / (z + Z_WARNING), leastScore(level));
}

/** True where a limit says at least as much as the distance. */
function byLimit({ z, level }: Pick<Judged, "z" | "level">): boolean {
  return level !== "normal" && leastScore(level) >= z / (z + Z_WARNING);
}

function weight(judged: Judged): number {
  const score = scoreOf(judged);
  return score / Math.max(1e-3, 1 - score);
}

function actionFor(kind: MachineClass, { share }: Judged): string {
  if (kind === "normal") return "Nothing to do";
  const look = `Inspect what ${share.name} measures`;
  return kind === "critical" ? `${look}; consider stopping the machine until that is done` : look;
}

function summaryOf(kind: MachineClass, { share, z, level }: Judged): string {
  const byRules = "judged by rules, as no model is ready";
  if (kind === "normal") return `Every sensor is within its usual range (${byRules})`;
  const at = `${share.name} at ${plain(share.value)}`;
  if (byLimit({ z, level })) {
    return `${at} is beyond its ${level} limit (${byRules})`;
  }
  return `${at}, usually ${plain(share.low)} to ${plain(share.high)}: ${plain(z)} standard ` +
    `deviations away (${byRules})`;
}
