/**
 * Lasting departures: what a single odd reading cannot say. A sensor that stays beyond everything it has
 * shown in a week, that does not come to rest, switches far more often, stays asleep at a time when it was
 * always awake, or stands still while what always moves along with it goes on. Each must last before it is
 * raised. The method is in the room's README; what is kept is in `departure/`.
 */
import { z } from "zod";
import { StateReader, StateWriter } from "../bytes.ts";
import { DAY_MS, Days, type Past } from "../departure/days.ts";
import { HOUR_MS, Hours } from "../departure/hours.ts";
import { NATURES } from "../departure/nature.ts";
import { type Detector, duration, type Finding, NOTHING, type TickInput } from "../detector.ts";
import { plain } from "../../words/numbers.ts";

const NAME = "departure";
const VERSION = 1;
const MINUTE_MS = 60_000;
/** Means over this long are compared; of a slower sensor, its readings. */
const SLOT_MS = 10 * MINUTE_MS;
/** A slot of a slow sensor counts for at most this long. */
const SLOT_MOST_MS = HOUR_MS;
/** Beyond the range by this much of it, plus what the steps from one day to the next make likely. */
const RANGE_SHARE = 0.2;
/** Of a quantity that drifts over days, or that the weather drives, nothing is to be expected: so many days have to be alike. */
const KEPT_LEAST = 0.7;
/** Lively is what moved in this share of so many hours; dead, when it stands still for so long. */
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
/** What lasted this long is usual from then on. */
const USUAL_AFTER_MS = 3 * DAY_MS;
/** Share of the range above the lowest value that is still rest. */
const REST_SHARE = 0.02;
/** A sensor that moves by this share of its range within an hour is active. */
const ACTIVE_SHARE = 0.05;
/** Different values within a day that make a sensor more than a switch or a wish. */
const VALUES_MOST = 6;
/** Without rest for three times as long as ever and two hours more, at half the usual height at most. */
const AWAKE = { times: 3, moreMs: 2 * HOUR_MS, height: 0.5 };
/** Twice the most switches of an hour and three more, in so many hours on end. */
const SWITCHING = { times: 2, more: 3, hours: 3, share: 0.5 };
/** Asleep in so many hours on end that were active on each of so many days before; it rests at other hours. */
const ASLEEP = { hours: 4, days: 7, activeMost: 0.9 };
/** Still in so many hours on end in which another was active, after so many such hours in which it never was. */
const STILL = { hours: 4, before: 60 };

const options = z.strictObject({
  days: z.number().int().min(1).max(13).default(7).meta({
    title: "Days",
    description: "Whole days it must have seen before it says anything",
  }),
  lastingMs: z.number().int().min(MINUTE_MS).max(7 * DAY_MS).default(30 * MINUTE_MS).meta({
    title: "Lasting (ms)",
    description: "Beyond its range for this long is reported",
  }),
  nature: z.enum(NATURES).default("level").meta({
    title: "Nature",
    description: "level: kept by something; use, flow: drawn as needed; charge: of a battery; " +
      "free: any value may be new",
  }),
  sudden: z.boolean().default(false).meta({
    title: "Sudden rises",
    description:
      "Also what is far above its range at once, as a machine that is started for the first time",
  }),
});

export type DepartureOptions = z.infer<typeof options>;
const KINDS = ["none", "above", "below", "awake", "switching", "asleep", "still"] as const;
type Kind = typeof KINDS[number];

export interface DepartureState {
  readonly options: DepartureOptions;
  readonly days: Days;
  readonly hours: Hours;
  /** What is raised, and since when. */
  raised: Kind;
  sinceMs: number;
  /** The slot under way. */
  slot: { startMs: number; sum: number; n: number; low: number; high: number };
  /** The hour under way; `at` is its number. */
  hour: { at: number; low: number; high: number; moved: number; switches: number };
  last: { tMs: number; value: number };
  /** Time spent beyond (negative: below); slots on the way there; the excursion was sudden. */
  beyondMs: number;
  beyondSlots: number;
  /** Time on end spent inside. */
  insideMs: number;
  wayCount: number;
  sudden: number;
  /** Smallest step seen, and steps up and down. */
  quantum: number;
  ups: number;
  downs: number;
  /** Up from rest, since when it is, sum and number of readings since; usual height when up. */
  on: number;
  restMs: number;
  upSum: number;
  upCount: number;
  height: number;
  /** Hours seen, and with a switch; hours on end with far too many. */
  hoursSeen: number;
  hoursSwitched: number;
  hoursBusy: number;
  /** Since when, and in how many readings, it has said the same. */
  stillMs: number;
  stillCount: number;
  /** Different values of this day, as many as count. */
  values: number[];
  score: number;
}

export const departure: Detector<DepartureOptions, DepartureState> = {
  name: NAME,
  title: "Lasting departure",
  about: "Reports a sensor that for a while does what it has not done in a week.",
  version: VERSION,
  options,

  create: (o) => ({
    options: o,
    days: new Days(),
    hours: new Hours(),
    raised: "none",
    sinceMs: 0,
    slot: { startMs: NaN, sum: 0, n: 0, low: 0, high: 0 },
    hour: { at: NaN, low: 0, high: 0, moved: 0, switches: 0 },
    last: { tMs: NaN, value: NaN },
    beyondMs: 0,
    beyondSlots: 0,
    insideMs: 0,
    wayCount: 0,
    sudden: 0,
    quantum: Infinity,
    ups: 0,
    downs: 0,
    on: 0,
    restMs: NaN,
    upSum: 0,
    upCount: 0,
    height: NaN,
    hoursSeen: 0,
    hoursSwitched: 0,
    hoursBusy: 0,
    stillMs: NaN,
    stillCount: 0,
    values: [],
    score: 0,
  }),

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
    take(s, tMs, value);
    const awake = tooLongAwake(s, tMs);
    return found === NOTHING ? awake : found;
  },

  score: (s) => s.score,

  save(s) {
    const w = new StateWriter(NAME, VERSION, 2048).u8(KINDS.indexOf(s.raised));
    w.f64(s.sinceMs, s.slot.startMs, s.slot.sum, s.slot.n, s.slot.low, s.slot.high)
      .f64(s.hour.at, s.hour.low, s.hour.high, s.hour.moved, s.hour.switches)
      .f64(s.last.tMs, s.last.value, s.beyondMs, s.beyondSlots, s.insideMs, s.wayCount, s.sudden)
      .f64(s.quantum, s.ups, s.downs, s.on, s.restMs, s.upSum, s.upCount, s.height)
      .f64(s.hoursSeen, s.hoursSwitched, s.hoursBusy, s.stillMs, s.stillCount)
      .f64(s.score, s.values.length);
    const values = new Float64Array(VALUES_MOST + 1);
    values.set(s.values);
    w.f64s(values);
    s.days.save(w);
    s.hours.save(w);
    return w.done();
  },

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = departure.create(o);
    s.raised = KINDS[r.u8()] ?? "none";
    s.sinceMs = r.f64();
    s.slot = { startMs: r.f64(), sum: r.f64(), n: r.f64(), low: r.f64(), high: r.f64() };
    s.hour = { at: r.f64(), low: r.f64(), high: r.f64(), moved: r.f64(), switches: r.f64() };
    s.last = { tMs: r.f64(), value: r.f64() };
    s.beyondMs = r.f64();
    s.beyondSlots = r.f64();
    s.insideMs = r.f64();
    s.wayCount = r.f64();
    s.sudden = r.f64();
    s.quantum = r.f64();
    s.ups = r.f64();
    s.downs = r.f64();
    s.on = r.f64();
    s.restMs = r.f64();
    s.upSum = r.f64();
    s.upCount = r.f64();
    s.height = r.f64();
    s.hoursSeen = r.f64();
    s.hoursSwitched = r.f64();
    s.hoursBusy = r.f64();
    s.stillMs = r.f64();
    s.stillCount = r.f64();
    s.score = r.f64();
    const n = Math.min(r.f64(), VALUES_MOST + 1);
    const values = new Float64Array(VALUES_MOST + 1);
    r.f64s(values);
    s.values = [...values.subarray(0, n)];
    s.days.load(r);
    s.hours.load(r);
    r.end();
    return s;
  },
};

function openSlot(s: DepartureState, tMs: number): void {
  s.slot = { startMs: tMs, sum: 0, n: 0, low: Infinity, high: -Infinity };
}

function openHour(s: DepartureState, tMs: number, value: number): void {
  s.hour = { at: Math.floor(tMs / HOUR_MS), low: value, high: value, moved: 0, switches: 0 };
}

/** What every reading leaves behind. */
function take(s: DepartureState, tMs: number, value: number): void {
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

/** Compares the slot that is over with the days before, and counts it. */
function closeSlot(s: DepartureState, tMs: number): readonly Finding[] {
  const { slot } = s;
  const mean = slot.n > 0 ? slot.sum / slot.n : s.last.value;
  const lengthMs = Math.min(tMs - slot.startMs, SLOT_MOST_MS);
  openSlot(s, tMs);
  const past = s.days.past();
  // A lively sensor that says one and the same thing, which it never said, is broken.
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
    text: `${plain(mean)} for ${duration(Math.abs(s.beyondMs))}; within ${past.days} days it was ` +
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

/** How far beyond what was seen is a departure; null while, or where, that cannot be said. */
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

/** A flow that rests every day and has not for long, at little more than nothing. */
function tooLongAwake(s: DepartureState, tMs: number): readonly Finding[] {
  if (s.options.nature !== "flow") return NOTHING;
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
    text: `has not come to rest for ${duration(awakeMs)}, at ${plain(s.last.value)}; ` +
      `within ${past.days} days ${duration(past.awakeMs)} was the longest`,
    value: s.last.value,
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
      return clear(s, tMs, switches, `${switches} times an hour has become usual`);
    }
    return busy ? NOTHING : clear(s, tMs, switches, `switches ${switches} times an hour again`);
  }
  if (s.hoursBusy < SWITCHING.hours) return NOTHING;
  return raise(s, "switching", tMs, {
    text: `was switched on ${switches} times within an hour, and as often in the ` +
      `${SWITCHING.hours - 1} before; within ${past.days} days ${past.switches} times was the most`,
    value: s.last.value,
  });
}

/** At an hour's end: asleep when it was always awake, or still while others of the machine go on. */
function compare(s: DepartureState, { tMs, others = [] }: TickInput): readonly Finding[] {
  const { hours } = s;
  const hour = hours.newest;
  if (Number.isNaN(hour) || tMs < (hour + 1) * HOUR_MS || tMs >= (hour + 3) * HOUR_MS) {
    return NOTHING;
  }
  if (s.raised === "asleep" || s.raised === "still") {
    const over = s.raised === "asleep" ? hours.active(hour) : hours.moved(hour);
    return over ? clear(s, tMs, s.last.value, "moves again") : NOTHING;
  }
  if (s.raised !== "none" || s.days.past().days < Math.min(s.options.days, 5)) return NOTHING;
  if (sleeps(s, hour)) {
    return raise(s, "asleep", tMs, {
      text:
        `has stayed at ${plain(s.last.value)} for ${ASLEEP.hours} h at a time of day at which ` +
        `it was active on each of ${ASLEEP.days} days`,
      value: s.last.value,
    });
  }
  for (const other of others) {
    const before = standsStill(hours, other, hour);
    if (before === 0) continue;
    return raise(s, "still", tMs, {
      text:
        `has stayed at ${plain(s.last.value)} for ${STILL.hours} h in which another sensor of ` +
        `the machine was active; in all of ${before} such hours before it moved`,
      value: s.last.value,
    });
  }
  return NOTHING;
}

function sleeps(s: DepartureState, hour: number): boolean {
  const { hours, options: { nature }, restMs, last } = s;
  // Of what is drawn or given, and has come to rest.
  if ((nature !== "use" && nature !== "flow") || restMs !== last.tMs) return false;
  const { heard, active } = hours.counts();
  if (active > ASLEEP.activeMost * heard) return false;
  for (let back = 0; back < ASLEEP.hours; back++) {
    if (!hours.heard(hour - back) || hours.active(hour - back)) return false;
    for (let day = 1; day <= ASLEEP.days; day++) {
      if (!hours.active(hour - back - 24 * day)) return false;
    }
  }
  return true;
}

/** Hours in which both were active before this one stood still; 0: it does not, or did before. */
function standsStill(own: Hours, other: Hours, hour: number): number {
  let still = 0, together = 0;
  for (let back = 0; back < Hours.span - 2; back++) {
    const at = hour - back;
    if (!other.active(at) || !own.heard(at)) {
      if (back === 0) return 0;
      continue;
    }
    const moved = own.moved(at);
    if (together === 0 && !moved) still++;
    else if (!moved) return 0;
    else together++;
    if (together === 1 && still < STILL.hours) return 0;
  }
  return together >= STILL.before ? together : 0;
}

function raise(
  s: DepartureState,
  kind: Kind,
  tMs: number,
  reason: Finding["reason"],
): readonly Finding[] {
  s.raised = kind;
  s.sinceMs = tMs;
  return [{
    detector: NAME,
    tMs,
    phase: "raised",
    severity: "warning",
    score: Math.max(0.5, s.score),
    reason: { ...reason, component: kind },
  }];
}

function clear(s: DepartureState, tMs: number, value: number, text: string): readonly Finding[] {
  s.raised = "none";
  s.hoursBusy = 0;
  return [{
    detector: NAME,
    tMs,
    phase: "cleared",
    severity: "info",
    score: 0,
    reason: { text, value },
  }];
}
