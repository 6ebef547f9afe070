/**
 * When a rule gives its order. Pure: what is known goes in, whether it fires and what is known then comes out.
 *
 * It is *true* while its condition has held for as long as it has to, within its hours. It fires when that begins,
 * once, and again only after it has been untrue. What nobody knows (the sensor is silent) is neither: nothing is
 * ordered, and nothing that was ordered counts as over.
 */
import { spanAt } from "../machines/windows.ts";
import { beginOfDay } from "../words/days.ts";
import type { Period, RuleSpec } from "./rule.ts";

export interface RuleState {
  /** The condition held at the last look; hysteresis goes by it. */
  held: boolean;
  /** Since when it holds without a break (monotonic); null: it does not. */
  sinceMs: number | null;
  spent: boolean;
  firedMs: number | null;
  /** When it fired last (monotonic); null: not since the start. */
  firedMonoMs: number | null;
  /** It would have fired, and was held back by its rate or its period. */
  limited: boolean;
}

export interface Look {
  /** Wall clock. */
  nowMs: number;
  /** Monotonic. */
  monoMs: number;
  zone: string;
  /** The condition holds; null: nobody knows. Without a condition: true. */
  holds: boolean | null;
  /** The host's clock cannot be right: hours and periods mean nothing. */
  clockDoubted: boolean;
}

export interface Decided {
  state: RuleState;
  fire: boolean;
  /** It was held back just now, and was not before. */
  newlyLimited: boolean;
  /** When to look again although nothing came (wall clock); null: no need. */
  againMs: number | null;
}

export const FRESH: RuleState = {
  held: false,
  sinceMs: null,
  spent: false,
  firedMs: null,
  firedMonoMs: null,
  limited: false,
};

export function decideRule(spec: RuleSpec, before: RuleState, look: Look): Decided {
  const state = { ...before };
  const again = new Soonest(look);
  if (look.holds === null) {
    state.sinceMs = null;
    return { state, fire: false, newlyLimited: false, againMs: null };
  }
  state.held = look.holds;
  state.sinceMs = look.holds ? before.sinceMs ?? look.monoMs : null;
  const hours = hoursOf(spec, look, again);
  if (hours === null) return { state, fire: false, newlyLimited: false, againMs: again.atMs };
  const lastedMs = state.sinceMs === null ? -1 : look.monoMs - state.sinceMs;
  const isTrue = hours && lastedMs >= spec.for_s * 1000;
  if (!isTrue) {
    // One that only has not lasted long enough yet is none that was over: after a restart nobody knows since when.
    if (!look.holds || !hours) state.spent = false;
    state.limited = false;
    if (hours && !state.spent && state.sinceMs !== null) again.inMs(spec.for_s * 1000 - lastedMs);
    return { state, fire: false, newlyLimited: false, againMs: again.atMs };
  }
  if (state.spent) return { state, fire: false, newlyLimited: false, againMs: again.atMs };
  const heldBack = heldBackMs(spec, state, look);
  if (heldBack > 0) {
    again.inMs(heldBack);
    state.limited = true;
    return { state, fire: false, newlyLimited: !before.limited, againMs: again.atMs };
  }
  const fired = { firedMs: look.nowMs, firedMonoMs: look.monoMs, spent: true, limited: false };
  return { state: { ...state, ...fired }, fire: true, newlyLimited: false, againMs: again.atMs };
}

/** The soonest time at which something changes by itself. */
class Soonest {
  atMs: number | null = null;
  constructor(private readonly look: Look) {}
  at(ms: number): void {
    if (this.atMs === null || ms < this.atMs) this.atMs = ms;
  }
  inMs(ms: number): void {
    this.at(this.look.nowMs + ms);
  }
}

/** Whether its hours are now; null: nobody knows. */
function hoursOf(spec: RuleSpec, { nowMs, zone, clockDoubted }: Look, again: Soonest) {
  if (spec.hours === null) return true;
  if (clockDoubted) return null;
  const span = spanAt({ kind: "weekly", ...spec.hours }, nowMs, zone);
  if (span === null) return false;
  again.at(span.fromMs > nowMs ? span.fromMs : span.toMs);
  return span.fromMs <= nowMs;
}

/** How long its rate or its period hold it back; 0: they do not. */
function heldBackMs(spec: RuleSpec, state: RuleState, look: Look): number {
  const sinceMs = state.firedMonoMs !== null
    ? look.monoMs - state.firedMonoMs
    : state.firedMs === null
    ? Infinity
    // Of an earlier run: a clock that went back meanwhile does not hold it for ever.
    : Math.abs(look.nowMs - state.firedMs);
  const byRate = spec.every_s * 1000 - sinceMs;
  if (spec.once_per === null || state.firedMs === null) return Math.max(0, byRate);
  if (look.clockDoubted) return Math.max(60_000, byRate);
  const { fromMs, toMs } = periodAt(spec.once_per, look.nowMs, look.zone);
  const inIt = state.firedMs >= fromMs && state.firedMs < toMs;
  return Math.max(0, byRate, inIt ? toMs - look.nowMs : 0);
}

/** The hour, day or week of the calendar that a moment lies in. */
export function periodAt(period: Period, nowMs: number, zone: string) {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone);
  if (period === "hour") {
    const fromMs = nowMs - (now.minute * 60 + now.second) * 1000 - now.millisecond;
    return { fromMs, toMs: fromMs + 3_600_000 };
  }
  const today = now.toPlainDate();
  const first = period === "day" ? today : today.subtract({ days: today.dayOfWeek - 1 });
  const last = first.add({ days: period === "day" ? 1 : 7 });
  return { fromMs: beginOfDay(first, zone), toMs: beginOfDay(last, zone) };
}
