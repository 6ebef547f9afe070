/**
 * Lasting departures: what a single odd reading cannot say. A sensor that stays beyond everything it has
 * shown in a week, that does not come to rest, switches far more often, stays asleep at a time when it was
 * always awake, or stands still while what always moves along with it works on. Each must last before it is
 * raised. The method is in the room's README; what is kept is in `departure/`.
 */
import { DAY_MS, HOUR_MS, span } from "../../words/times.ts";
import { closeSlot, openSlot, SLOT_MS } from "../departure/beyond.ts";
import { compare } from "../departure/compare.ts";
import { Hours } from "../departure/hours.ts";
import {
  clear,
  type DepartureOptions,
  type DepartureState,
  freshState,
  loadState,
  NAME,
  options,
  raise,
  saveState,
  USUAL_AFTER_MS,
  VALUES_MOST,
  VERSION,
} from "../departure/state.ts";
import { type Detector, type Finding, NOTHING, type ReadingInput } from "../detector.ts";
import { plain } from "../../words/numbers.ts";

export type { DepartureOptions, DepartureState };

/** Share of the range above the lowest value that is still rest. */
const REST_SHARE = 0.02;
/** A sensor that moves by this share of its range within an hour is active. */
const ACTIVE_SHARE = 0.05;
/** Without rest for three times as long as ever and two hours more, at half the usual height at most. */
const AWAKE = { times: 3, moreMs: 2 * HOUR_MS, height: 0.5 };
/** Twice the most switches of an hour and three more, in so many hours on end. */
const SWITCHING = { times: 2, more: 3, hours: 3, share: 0.5 };

export const departure: Detector<DepartureOptions, DepartureState> = {
  name: NAME,
  title: "Lasting departure",
  about: "Reports a sensor that for a while behaves as it has not in the last week.",
  version: VERSION,
  options,
  create: freshState,

  step(s, input) {
    if (input.kind === "tick") return input.others === undefined ? NOTHING : compare(s, input);
    const { tMs, value } = input;
    if (!Number.isFinite(value) || Math.abs(value) > 1e15 || !Number.isFinite(tMs)) return NOTHING;
    // What comes late belongs to the past, which is over.
    if (tMs < s.last.tMs) return NOTHING;
    let found: readonly Finding[] = NOTHING;
    if (!Number.isNaN(s.last.tMs)) {
      if (Math.floor(tMs / HOUR_MS) !== s.hour.at) found = closeHour(s, tMs);
      if (tMs - s.slot.startMs >= SLOT_MS) {
        const more = closeSlot(s, tMs);
        if (found === NOTHING) found = more;
      }
      if (s.days.open(tMs)) s.values = [];
    } else {
      s.days.open(tMs);
      openHour(s, tMs, value);
      openSlot(s, tMs);
      s.restMs = tMs;
    }
    take(s, input);
    if (s.options.nature !== "flow") return found;
    const awake = tooLongAwake(s, tMs);
    return found === NOTHING ? awake : found;
  },

  score: (s) => s.score,
  save: saveState,
  load: loadState,
};

function openHour(s: DepartureState, tMs: number, value: number): void {
  s.hour = { at: Math.floor(tMs / HOUR_MS), low: value, high: value, moved: 0, switches: 0 };
}

/** What every reading leaves behind. */
function take(s: DepartureState, { tMs, value }: ReadingInput): void {
  const { slot, hour } = s;
  slot.sum += value;
  slot.n++;
  if (value < slot.low) slot.low = value;
  if (value > slot.high) slot.high = value;
  if (value < hour.low) hour.low = value;
  if (value > hour.high) hour.high = value;
  const step = value - s.last.value;
  if (step === 0) s.stillCount++;
  else {
    s.stillMs = tMs;
    s.stillCount = 1;
  }
  if (step !== 0 && !Number.isNaN(step)) {
    hour.moved = 1;
    const size = Math.abs(step);
    if (size < s.quantum && size > 1e-9 * Math.abs(value)) s.quantum = size;
    if (step > 0) s.ups++;
    else s.downs++;
    if (s.values.length <= VALUES_MOST && !s.values.includes(value)) {
      s.values.push(value);
      if (s.values.length > VALUES_MOST) s.days.varied();
    }
  }
  s.last.tMs = tMs;
  s.last.value = value;
  const past = s.days.past();
  const range = past.high - past.low;
  if (!(past.days >= 1 && range > 0)) {
    s.restMs = tMs;
    return;
  }
  const up = value - past.low;
  if (up <= REST_SHARE * range) {
    if (s.raised !== "awake") s.days.awake(s.restMs < tMs && s.upCount > 0 ? tMs - s.restMs : 0);
    s.restMs = tMs;
    s.upSum = s.upCount = 0;
  } else {
    s.upSum += up;
    s.upCount++;
    s.height = Number.isNaN(s.height) ? up : s.height + (up - s.height) * 0.002;
  }
  const on = s.on === 1 ? up > 0.15 * range : up > 0.3 * range;
  if (on !== (s.on === 1)) {
    s.on = on ? 1 : 0;
    if (on) hour.switches++;
  }
}

/** Of a flow: one that rests every day and has not for long, at little more than nothing. */
function tooLongAwake(s: DepartureState, tMs: number): readonly Finding[] {
  const awakeMs = tMs - s.restMs;
  if (s.raised === "awake") {
    return awakeMs === 0 ? clear(s, tMs, s.last.value, "has come to rest") : NOTHING;
  }
  const past = s.days.past();
  if (past.days < s.options.days || s.raised !== "none" || past.awakeMs >= DAY_MS / 2) {
    return NOTHING;
  }
  const allowedMs = Math.max(AWAKE.times * past.awakeMs, past.awakeMs + AWAKE.moreMs);
  if (awakeMs < allowedMs || s.upSum / s.upCount > AWAKE.height * s.height) return NOTHING;
  return raise(s, "awake", tMs, {
    text: `has not come to rest for ${span(awakeMs)}, at ${plain(s.last.value)}; ` +
      `within ${past.days} days ${span(past.awakeMs)} was the longest`,
    value: s.last.value,
    numbers: { awakeMs },
  });
}

/** Counts the hour that is over. */
function closeHour(s: DepartureState, tMs: number): readonly Finding[] {
  const { hour } = s;
  const past = s.days.past();
  const range = past.high - past.low;
  const known = past.days >= 1 && range > 0;
  const active = known && (hour.high - hour.low > ACTIVE_SHARE * range ||
    (hour.high - past.low > ACTIVE_SHARE * range && s.hours.counts().active < 0.9 * s.hoursSeen));
  s.hours.put(hour.at, hour.moved === 1, active);
  s.hoursSeen = Math.min(s.hoursSeen + 1, Hours.span);
  const busy = past.days >= s.options.days &&
    s.hoursSwitched >= SWITCHING.share * s.hoursSeen &&
    hour.switches > SWITCHING.times * past.switches + SWITCHING.more;
  s.hoursSwitched += (s.hoursSeen < Hours.span ? 0 : -s.hoursSwitched / Hours.span) +
    (hour.switches > 0 ? 1 : 0);
  s.hoursBusy = busy ? s.hoursBusy + 1 : 0;
  if (!busy && s.raised !== "switching") s.days.switches(hour.switches);
  const { switches } = hour;
  openHour(s, tMs, s.last.value);
  if (s.raised === "switching") {
    if (tMs - s.sinceMs >= USUAL_AFTER_MS) {
      s.days.switches(switches);
      return clear(s, tMs, s.last.value, `${switches} times an hour has become usual`);
    }
    return busy ? NOTHING : clear(s, tMs, s.last.value, `switches ${switches} times an hour again`);
  }
  if (s.hoursBusy < SWITCHING.hours) return NOTHING;
  return raise(s, "switching", tMs, {
    text: `was switched on ${switches} times within an hour, and as often in the ` +
      `${SWITCHING.hours - 1} before; within ${past.days} days ${past.switches} times was the most`,
    value: s.last.value,
    numbers: { switches },
  });
}
