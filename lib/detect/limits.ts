/**
 * The one threshold evaluator. Status and alarms read it, the threshold detector wraps it.
 *
 * A value at a limit counts as beyond it. A level is entered once the value has stayed beyond its
 * limit for `forMs` (0: at once), and left as soon as the value is back inside by more than the
 * hysteresis. Between readings the last value holds, so a sensor that reports on change only
 * still raises its alarm.
 */
import { z } from "zod";
import { lengthField } from "../machines/length_field.ts";

const limit = (title: string, description: string) =>
  z.number().nullable().default(null).meta({ title, description });

const shape = z.strictObject({
  warningLow: limit("Warning low", "Warn at or below this value"),
  warningHigh: limit("Warning high", "Warn at or above this value"),
  criticalLow: limit("Critical low", "Critical at or below this value"),
  criticalHigh: limit("Critical high", "Critical at or above this value"),
  hysteresis: z.number().min(0).default(0).meta({
    title: "Hysteresis",
    description: "How far back inside the limit a value must be before the level is left",
  }),
  forMs: lengthField(0, 86_400_000).default(0).meta({
    title: "Delay",
    description: "How long a value must stay beyond a limit before the level is entered",
  }),
});

/** Limits of one sensor, in its own unit. Contradictions are refused with the field they are in. */
export const limitsSchema = shape.superRefine((l, ctx) => {
  const refuse = (path: keyof Limits, message: string) =>
    ctx.addIssue({ code: "custom", path: [path], message });
  const { warningLow: wl, warningHigh: wh, criticalLow: cl, criticalHigh: ch } = l;
  if (wh !== null && ch !== null && wh > ch) {
    refuse("warningHigh", `must not be above critical high (${ch})`);
  }
  if (wl !== null && cl !== null && wl < cl) {
    refuse("warningLow", `must not be below critical low (${cl})`);
  }
  const low = wl ?? cl, high = wh ?? ch;
  if (low !== null && high !== null) {
    if (low >= high) refuse("warningLow", `must be below the limit on the high side (${high})`);
    else if (l.hysteresis >= high - low) {
      refuse("hysteresis", `must be smaller than the band between the limits (${high - low})`);
    }
  }
});

export type Limits = z.infer<typeof shape>;
export type Level = "normal" | "warning" | "critical";
export type Side = "low" | "high";

/** Where a sensor stands against its limits. Plain data: store it as it is. */
export interface LimitState {
  level: Level;
  /** On which side, when the level is not normal. */
  side: Side | null;
  /** The side the value is beyond a limit on, entered or not. */
  beyond: Side | null;
  /** Since when it has been beyond the warning limit or worse; null: it is not. */
  warningSinceMs: number | null;
  criticalSinceMs: number | null;
  /** The last finite value; null before the first. */
  value: number | null;
  /** The latest time of a value; -Infinity before the first. */
  newestMs: number;
}

/** A value this much older than the latest one comes late: it can raise a level, but not end the present one. */
const LATE_MS = 10 * 60_000;

/** A level was entered or left. */
export interface Transition {
  readonly from: Level;
  readonly to: Level;
  readonly side: Side | null;
  /** The limit that was crossed, or the limit of the level that was left. */
  readonly limit: number;
}

const RANK: Record<Level, number> = { normal: 0, warning: 1, critical: 2 };

export function newLimitState(): LimitState {
  return {
    level: "normal",
    side: null,
    beyond: null,
    warningSinceMs: null,
    criticalSinceMs: null,
    value: null,
    newestMs: -Infinity,
  };
}

/**
 * The state of a sensor that had `level` before a restart: what was entered stays entered, delay or not, as long
 * as the value is beyond the limit or held by the hysteresis.
 */
export function resumedLimitState(
  limits: Limits,
  level: Level,
  value: number,
  tMs: number,
): LimitState {
  const state = newLimitState();
  const side = levelOf(limits, value).side ?? nearestSide(limits, level, value);
  if (level !== "normal" && side !== null) Object.assign(state, { level, side });
  evaluate(limits, state, value, tMs);
  return state;
}

/** The side whose limit of this level the value is closer to; null where none is set. */
function nearestSide(limits: Limits, level: Level, value: number): Side | null {
  let nearest: Side | null = null;
  let leastAway = Infinity;
  for (const side of ["high", "low"] as const) {
    const away = Math.abs(value - (limitOf(limits, level, side) ?? Infinity));
    if (away < leastAway) [nearest, leastAway] = [side, away];
  }
  return nearest;
}

/** The limit of a level on a side; null where none is set. */
export function limitOf(limits: Limits, level: Level, side: Side): number | null {
  if (level === "normal") return null;
  if (side === "high") return level === "critical" ? limits.criticalHigh : limits.warningHigh;
  return level === "critical" ? limits.criticalLow : limits.warningLow;
}

function beyond(limits: Limits, level: Level, side: Side, value: number, slack: number): boolean {
  const at = limitOf(limits, level, side);
  if (at === null) return false;
  return side === "high" ? value >= at - slack : value <= at + slack;
}

/** The level of a bare value: no memory, no hysteresis, no delay. For drawing. */
export function levelOf(limits: Limits, value: number): { level: Level; side: Side | null } {
  for (const level of ["critical", "warning"] as const) {
    for (const side of ["high", "low"] as const) {
      if (beyond(limits, level, side, value, 0)) return { level, side };
    }
  }
  return { level: "normal", side: null };
}

/** The level without the delay. A level that was entered is held by the hysteresis. */
function wanted(limits: Limits, s: LimitState, value: number): { level: Level; side: Side | null } {
  const bare = levelOf(limits, value);
  if (s.side === null || (bare.side !== null && bare.side !== s.side)) return bare;
  for (const level of ["critical", "warning"] as const) {
    const held = RANK[level] <= RANK[s.level] && RANK[level] > RANK[bare.level];
    if (held && beyond(limits, level, s.side, value, limits.hysteresis)) {
      return { level, side: s.side };
    }
  }
  return bare;
}

/** Values of one sensor in their order: columns, of which those from `from` up to `to` count. */
export interface ValueRun {
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Takes all values of a run at once when each of them is inside all limits and nothing is under way, as `evaluate`
 * would one by one. False: nothing was taken.
 */
export function takeInside(
  { warningLow, warningHigh, criticalLow, criticalHigh }: Limits,
  state: LimitState,
  { tMs, value, from, to }: ValueRun,
): boolean {
  if (from === to || state.level !== "normal" || state.beyond !== null) return false;
  const low = Math.max(warningLow ?? -Infinity, criticalLow ?? -Infinity);
  const high = Math.min(warningHigh ?? Infinity, criticalHigh ?? Infinity);
  let oldestMs = Infinity, newestMs = state.newestMs, inside = true;
  for (let i = from; i < to; i++) {
    // Written so that what is no number is not inside.
    if (!(value[i] > low && value[i] < high && tMs[i] > -Infinity)) inside = false;
    if (tMs[i] < oldestMs) oldestMs = tMs[i];
    if (tMs[i] > newestMs) newestMs = tMs[i];
  }
  if (!inside || !(oldestMs >= newestMs - LATE_MS)) return false;
  state.newestMs = newestMs;
  state.value = value[to - 1];
  return true;
}

/**
 * Takes a value (NaN: time passed, the last value holds) and moves `state`. Returns what changed,
 * or null. Values that a device sends late, after newer ones, do not end what the newer ones say.
 */
export function evaluate(
  limits: Limits,
  state: LimitState,
  value: number,
  tMs: number,
): Transition | null {
  if (Number.isFinite(value)) {
    const late = tMs < state.newestMs - LATE_MS;
    if (late && RANK[levelOf(limits, value).level] <= RANK[state.level]) return null;
    state.newestMs = Math.max(state.newestMs, tMs);
    state.value = value;
  }
  if (state.value === null) return null;
  const want = wanted(limits, state, state.value);
  if (want.side !== state.beyond) {
    state.beyond = want.side;
    state.warningSinceMs = state.criticalSinceMs = null;
  }
  state.warningSinceMs = RANK[want.level] >= 1 ? state.warningSinceMs ?? tMs : null;
  state.criticalSinceMs = RANK[want.level] >= 2 ? state.criticalSinceMs ?? tMs : null;
  const due = (since: number | null) => since !== null && tMs - since >= limits.forMs;
  let next: Level = due(state.criticalSinceMs)
    ? "critical"
    : due(state.warningSinceMs)
    ? "warning"
    : "normal";
  if (want.side === state.side) {
    if (RANK[want.level] < RANK[state.level]) next = want.level;
    else if (RANK[next] < RANK[state.level]) next = state.level;
  }
  const from = state.level;
  if (next === from && (next === "normal" || want.side === state.side)) return null;
  const side = next === "normal" ? state.side : want.side;
  const at = side === null ? null : limitOf(limits, next, side) ?? limitOf(limits, from, side);
  state.level = next;
  state.side = next === "normal" ? null : side;
  return { from, to: next, side, limit: at ?? NaN };
}
