/** Stuck value: readings keep coming and all say the same. */
import { z } from "zod";
import { lengthField } from "../../machines/length_field.ts";
import { span } from "../../words/times.ts";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, NOTHING } from "../detector.ts";
import { plain } from "../../words/numbers.ts";

const NAME = "stuck";
const VERSION = 1;

const options = z.strictObject({
  forMs: lengthField(1000, 30 * 86_400_000).default(3_600_000).meta({
    title: "For",
    description: "An unchanged value is reported after this long",
  }),
  minReadings: z.number().int().min(2).max(1_000_000).default(10).meta({
    title: "Readings",
    description: "And only after this many readings, so that a silent sensor is not called stuck",
  }),
  tolerance: z.number().min(0).default(0).meta({
    title: "Tolerance",
    description: "Changes up to this size (in the sensor's unit) count as none",
  }),
});

export type StuckOptions = z.infer<typeof options>;

export interface StuckState {
  readonly options: StuckOptions;
  /** The value that is being repeated; NaN before the first reading. */
  held: number;
  sinceMs: number;
  readings: number;
  stuck: boolean;
  score: number;
}

export const stuck: Detector<StuckOptions, StuckState> = {
  name: NAME,
  title: "Stuck value",
  about: "Reports a sensor that keeps sending the same value.",
  version: VERSION,
  options,

  create: (o) => ({ options: o, held: NaN, sinceMs: 0, readings: 0, stuck: false, score: 0 }),

  step(s, input) {
    if (input.kind !== "reading" || !Number.isFinite(input.value)) return NOTHING;
    const { tMs, value } = input;
    const { forMs, minReadings, tolerance } = s.options;
    if (!(Math.abs(value - s.held) <= tolerance)) {
      const was = s.stuck, held = s.held, since = s.sinceMs;
      s.held = value;
      s.sinceMs = tMs;
      s.readings = 1;
      s.stuck = false;
      s.score = 0;
      if (!was) return NOTHING;
      return [{
        detector: NAME,
        tMs,
        phase: "cleared",
        severity: "info",
        score: 0,
        reason: {
          text: `moved to ${plain(value)} after ${span(tMs - since)} at ${plain(held)}`,
          value,
        },
      }];
    }
    s.readings++;
    const forNow = tMs - s.sinceMs;
    s.score = Math.min(1, 0.5 * Math.min(forNow / forMs, s.readings / minReadings));
    if (!(s.score >= 0)) s.score = 0;
    if (s.stuck || forNow < forMs || s.readings < minReadings) return NOTHING;
    s.stuck = true;
    return [{
      detector: NAME,
      tMs,
      phase: "raised",
      severity: "warning",
      score: s.score,
      reason: {
        text: `has stayed at ${plain(s.held)} for ${span(forNow)} (${s.readings} readings)`,
        value,
        numbers: { unchangedMs: forNow, readings: s.readings },
      },
    }];
  },

  score: (s) => s.score,

  save: (s) =>
    new StateWriter(NAME, VERSION, 96)
      .f64(s.held, s.sinceMs, s.score).u32(s.readings).u8(s.stuck ? 1 : 0).done(),

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = stuck.create(o);
    s.held = r.f64();
    s.sinceMs = r.f64();
    s.score = r.f64();
    s.readings = r.u32();
    s.stuck = r.u8() === 1;
    r.end();
    return s;
  },
};
