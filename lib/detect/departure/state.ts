/** The state of the departure detector: what it is made of, how it is stored, and how a finding is worded. */
import { z } from "zod";
import { lengthField } from "../../machines/length_field.ts";
import { DAY_MS, MINUTE_MS } from "../../words/times.ts";
import { StateReader, StateWriter } from "../bytes.ts";
import type { Finding } from "../detector.ts";
import { Days } from "./days.ts";
import { Hours } from "./hours.ts";
import { NATURES } from "./nature.ts";

export const NAME = "departure";
export const VERSION = 1;
/** Different values within a day that make a sensor more than a switch or a wish. */
export const VALUES_MOST = 6;
/** What lasted this long is usual from then on. */
export const USUAL_AFTER_MS = 3 * DAY_MS;

export const options = z.strictObject({
  days: z.number().int().min(1).max(13).default(7).meta({
    title: "Days",
    description: "Full days of readings that it needs before it reports anything",
  }),
  lastingMs: lengthField(MINUTE_MS, 7 * DAY_MS).default(30 * MINUTE_MS).meta({
    title: "Lasting",
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
      "Also report at once what is far above its range, such as a machine that is started for the first time",
  }),
});

export type DepartureOptions = z.infer<typeof options>;
const KINDS = ["none", "above", "below", "awake", "switching", "asleep", "still"] as const;
export type Kind = typeof KINDS[number];

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
  /** Since when, and in how many readings, it has reported the same. */
  stillMs: number;
  stillCount: number;
  /** Different values of this day, as many as count. */
  values: number[];
  score: number;
}

/** A state that has seen nothing. */
export function freshState(o: DepartureOptions): DepartureState {
  return {
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
  };
}

export function saveState(s: DepartureState): Uint8Array {
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
}

/** @throws StateError when the bytes are of another version, or damaged */
export function loadState(o: DepartureOptions, bytes: Uint8Array): DepartureState {
  const r = new StateReader(bytes, NAME, VERSION);
  const s = freshState(o);
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
}

export function raise(
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

export function clear(
  s: DepartureState,
  tMs: number,
  value: number,
  text: string,
): readonly Finding[] {
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
