/**
 * The streaming detector: learns what is usual for a sensor and reports what is not, without any
 * setting per sensor. The method is described in the room's README; the parts are in `streaming/`.
 */
import { z } from "zod";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, type Finding, type Judged, NOTHING, type Reason } from "../detector.ts";
import { plain } from "../../words/numbers.ts";
import { isCalledFalse } from "../likeness.ts";
import { Engine } from "../streaming/engine.ts";
import { TUNING, type Tuning } from "../streaming/tuning.ts";

const NAME = "streaming";
const VERSION = 4;
/** A sensor gives one hint in this time; what is odd in between is drawn, and nobody is asked to look. */
const HINT_EVERY_MS = 7 * 86_400_000;
/** A sensor that is younger than this gives none: it knows no usual day. */
const HINT_AGE_MS = 86_400_000;
/** What was reached once in a hundred slots bounds the expected range. */
const USUAL = 2;

const options = z.strictObject({
  threshold: z.number().min(0.3).max(1).default(0.5).meta({
    title: "Threshold",
    description:
      "Scores at or above this are reported; a lower value finds more, with more false alarms",
  }),
});

export type StreamingOptions = z.infer<typeof options>;

export interface StreamingState {
  readonly options: StreamingOptions;
  readonly engine: Engine;
  /** When it gave its last hint; at first, its first reading less what it may give one after. */
  hintMs: number;
  /** What people said of its findings. */
  judged: readonly Judged[];
}

/** Quiet follows what is reported, so another threshold moves the engine's alarm with it. */
function tuningFor(threshold: number): Tuning {
  const alarm = 2 * threshold * TUNING.alarm;
  return { ...TUNING, alarm, renew: alarm - (TUNING.alarm - TUNING.renew) };
}

/** 0.5 is an alarm of the engine; its range ends near twice that. */
const scoreOf = (engine: Engine) => Math.min(1, 0.5 * engine.result / TUNING.alarm);

export const streaming: Detector<StreamingOptions, StreamingState> = {
  name: NAME,
  title: "Streaming anomaly",
  about: "Learns each sensor's level, daily course and activity, and reports what it has not seen.",
  version: VERSION,
  options,

  create: (o) => ({
    options: o,
    engine: new Engine(tuningFor(o.threshold)),
    hintMs: NaN,
    judged: [],
  }),

  step(s, input) {
    if (input.kind !== "reading") return NOTHING;
    const { tMs, value } = input;
    if (!Number.isFinite(value) || !Number.isFinite(tMs)) return NOTHING;
    const mayBeOdd = s.engine.take(input);
    if (Number.isNaN(s.hintMs)) s.hintMs = tMs - HINT_EVERY_MS + HINT_AGE_MS;
    if (!mayBeOdd) return NOTHING;
    const score = scoreOf(s.engine);
    if (score < s.options.threshold) return NOTHING;
    const reason = reasonOf(s.engine, value);
    if (isCalledFalse(reason, s.judged)) return NOTHING;
    const found: Finding = {
      detector: NAME,
      tMs,
      phase: "point",
      severity: score >= 0.5 ? "warning" : "info",
      score,
      reason: hints(s, tMs) ? { ...reason, numbers: { hint: 1, ...reason.numbers } } : reason,
    };
    return [found];
  },

  score: (s) => scoreOf(s.engine),

  save(s) {
    const w = new StateWriter(NAME, VERSION, 16_000).f64(s.hintMs);
    s.engine.save(w);
    return w.done();
  },

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = streaming.create(o);
    s.hintMs = r.f64();
    s.engine.load(r);
    r.end();
    return s;
  },

  heed: (s, judged) => void (s.judged = judged),
};

/** Whether this odd reading is the hint that the sensor may give now. */
function hints(s: StreamingState, tMs: number): boolean {
  if (tMs - s.hintMs < HINT_EVERY_MS) return false;
  s.hintMs = tMs;
  return true;
}

/** The part that was surprised most, in words, with the range it would have accepted. */
function reasonOf(e: Engine, value: number): Reason {
  const f = e.features;
  const [atHour, , level, activity, recent, calm, lull, swing] = e.surprise;
  const still = Math.max(calm, lull);
  const point = f.known ? atHour : recent;
  const numbers = {
    point,
    relative: e.surprise[1],
    level,
    activity,
    still,
    swing,
    expected: f.expected,
    recentMean: f.mean,
    longMean: f.long,
  };
  if (swing > Math.max(point, level, activity, still)) {
    const usual = around(e.tails[7].reach(USUAL));
    return {
      text:
        `swings by ${plain(f.swing)} around its mean of late, ${plain(usual)} at most is usual; ` +
        rarity(swing),
      value,
      component: "swing",
      numbers: { ...numbers, step: f.swing, usualStep: usual },
    };
  }
  if (still > Math.max(point, level, activity)) {
    const step = calm >= lull ? f.calmStep : f.lullStep;
    return {
      text: `moves by ${plain(step)} from reading to reading of late, ${plain(f.step)} is usual; ` +
        rarity(still),
      value,
      component: "still",
      numbers: { ...numbers, step, usualStep: f.step },
    };
  }
  if (point >= level && point >= activity) {
    const reach = around(e.tails[f.known ? 0 : 4].reach(USUAL));
    const where = f.days > 1 ? "usual at this time of day" : "usual of late";
    return {
      text: `${plain(value)} where ${plain(f.expected)} is ${where}; ${rarity(point)}`,
      value,
      expectedLow: f.expected - reach,
      expectedHigh: f.expected + reach,
      component: f.known ? "point" : "recent",
      numbers,
    };
  }
  if (level >= activity) {
    const reach = around(e.tails[2].reach(USUAL));
    return {
      text: `the recent mean is ${plain(f.mean)}, away from the long-run ${plain(f.long)}; ` +
        rarity(level),
      value,
      expectedLow: f.long - reach,
      expectedHigh: f.long + reach,
      component: "level",
      numbers,
    };
  }
  const usual = around(e.tails[3].reach(USUAL));
  return {
    text:
      `moves by ${plain(f.odd[3])} from reading to reading, ${plain(usual)} at most is usual; ` +
      rarity(activity),
    value,
    component: "activity",
    numbers: { ...numbers, step: f.odd[3], usualStep: usual },
  };
}

const around = (reach: number) => Number.isFinite(reach) ? reach : 0;

/** Surprise is -log10 of a share. */
function rarity(surprise: number): string {
  return `seen about once in ${plain(Number((10 ** surprise).toPrecision(1)))} periods`;
}
