/** Above and below: a sensor that stays beyond everything that its days have shown. */
import { HOUR_MS, MINUTE_MS, span } from "../../words/times.ts";
import { type Finding, NOTHING } from "../detector.ts";
import { plain } from "../../words/numbers.ts";
import type { Past } from "./days.ts";
import { clear, type DepartureState, raise, USUAL_AFTER_MS } from "./state.ts";

/** Means over this long are compared; of a slower sensor, its readings. */
export const SLOT_MS = 10 * MINUTE_MS;
/** A slot of a slow sensor counts for at most this long. */
const SLOT_MOST_MS = HOUR_MS;
/** Beyond the range by this much of it, plus what the steps from one day to the next make likely. */
const RANGE_SHARE = 0.2;
/** Of a quantity that drifts over days, or that the weather drives, nothing is to be expected: so many days have to be alike. */
const KEPT_LEAST = 0.7;
/** Lively is what moved in this share of so many hours; dead, when it stands still for this long. */
const LIVELY = { share: 0.95, hours: 96, stillMs: HOUR_MS, readings: 10 };
/** And at least so many of the smallest steps that the sensor can show. */
const QUANTA = 4;
/** Of a battery at least so many percent. */
const CHARGE_LEAST = 10;
/** A rise is sudden when its first slot is this many margins beyond, */
const SUDDEN = 3;
/** unless so many slots were on the way there; each that was not takes this much of one away. */
const ON_THE_WAY = 2;
const OFF_THE_WAY = 0.1;
/** So many slots beyond at least; time inside counts against time beyond by this share, and ends it at last. */
const SLOTS_LEAST = 2;
const INSIDE_SHARE = 1 / 8;
const INSIDE_MS = 3 * HOUR_MS;

export function openSlot(s: DepartureState, tMs: number): void {
  s.slot = { startMs: tMs, sum: 0, n: 0, low: Infinity, high: -Infinity };
}

/** Compares the slot that is over with the days before, and counts it. */
export function closeSlot(s: DepartureState, tMs: number): readonly Finding[] {
  const { slot } = s;
  const mean = slot.n > 0 ? slot.sum / slot.n : s.last.value;
  const lengthMs = Math.min(tMs - slot.startMs, SLOT_MOST_MS);
  openSlot(s, tMs);
  const past = s.days.past();
  // A lively sensor that reports one and the same value, which it never did before, is broken.
  const dead = isDead(s, tMs);
  const margin = marginsOf(s, past, dead);
  if (margin === null) {
    s.days.slot(mean);
    s.score = 0;
    return NOTHING;
  }
  const over = mean - past.high, under = past.low - mean;
  const side = over > margin.high ? 1 : under > margin.low ? -1 : 0;
  s.score = Math.min(1, 0.5 * Math.max(0, over / margin.high, under / margin.low));
  if (side === 0) return inside(s, tMs, { mean, lengthMs, onTheWay: over > 0 });
  s.insideMs = 0;
  if (s.beyondMs === 0 || Math.sign(s.beyondMs) !== side) {
    s.beyondMs = s.beyondSlots = 0;
    const gradual = dead || side < 0 || s.options.sudden || s.wayCount >= ON_THE_WAY ||
      over <= SUDDEN * margin.high;
    s.sudden = gradual ? 0 : 1;
  }
  if (dead) s.sudden = 0;
  s.beyondMs += side * lengthMs;
  s.beyondSlots++;
  if (s.raised === "above" || s.raised === "below") {
    if (tMs - s.sinceMs < USUAL_AFTER_MS) return NOTHING;
    s.beyondMs = 0;
    s.days.forget(tMs);
    return clear(s, tMs, mean, `${plain(mean)} has become usual`);
  }
  if (Math.abs(s.beyondMs) < s.options.lastingMs || s.beyondSlots < SLOTS_LEAST) return NOTHING;
  if (s.sudden === 1) {
    if (Math.abs(s.beyondMs) >= USUAL_AFTER_MS) {
      s.beyondMs = 0;
      s.days.forget(tMs);
    }
    return NOTHING;
  }
  return raise(s, side > 0 ? "above" : "below", tMs, {
    text: `${plain(mean)} for ${span(Math.abs(s.beyondMs))}; within ${past.days} days it was ` +
      `${plain(past.low)} to ${plain(past.high)}`,
    value: mean,
    expectedLow: past.low,
    expectedHigh: past.high,
  });
}

function isDead({ hours, stillMs, stillCount }: DepartureState, tMs: number): boolean {
  if (tMs - stillMs < LIVELY.stillMs || stillCount < LIVELY.readings) return false;
  const { heard, moved } = hours.counts();
  return heard >= LIVELY.hours && moved >= LIVELY.share * heard;
}

/** A slot within what was seen, or on the way out of it. */
function inside(
  s: DepartureState,
  tMs: number,
  { mean, lengthMs, onTheWay }: { mean: number; lengthMs: number; onTheWay: boolean },
): readonly Finding[] {
  s.wayCount = onTheWay ? s.wayCount + 1 : Math.max(0, s.wayCount - OFF_THE_WAY);
  s.insideMs += lengthMs;
  const left = s.insideMs >= INSIDE_MS
    ? 0
    : Math.max(0, Math.abs(s.beyondMs) - lengthMs * INSIDE_SHARE);
  s.beyondMs = Math.sign(s.beyondMs) * left;
  s.days.slot(mean);
  if (left > 0) return NOTHING;
  s.sudden = s.beyondSlots = 0;
  const beyond = s.raised === "above" || s.raised === "below";
  return beyond ? clear(s, tMs, mean, `is back at ${plain(mean)}`) : NOTHING;
}

/** How far beyond what was seen is a departure; null while, or where, that is not known. */
function marginsOf(
  s: DepartureState,
  past: Past,
  dead: boolean,
): { high: number; low: number } | null {
  const { nature, days } = s.options;
  const range = past.high - past.low;
  if (past.days < days || !(range > 0)) return null;
  if (nature !== "level" && nature !== "charge") return null;
  if (nature === "level" && (s.downs < 0.01 * s.ups || s.ups < 0.01 * s.downs)) return null;
  if (nature === "level" && past.few > 0.3 * past.days) return null;
  const least = Math.max(
    RANGE_SHARE * range,
    QUANTA * (Number.isFinite(s.quantum) ? s.quantum : 0),
  );
  if (dead) return { high: least, low: least };
  if (nature === "level" && past.kept < KEPT_LEAST * past.days) return null;
  const low = least + past.lowStep;
  if (nature === "charge") return { high: Infinity, low: Math.max(low, CHARGE_LEAST) };
  return { high: least + past.highStep, low };
}
