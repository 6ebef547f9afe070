/** Silence: a sensor that used to report and does not. Judged at ticks. */
import { z } from "zod";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, duration, NOTHING } from "../detector.ts";

const NAME = "silence";
const VERSION = 1;
/** Intervals seen before a learned one is trusted. */
const LEARN = 5;
/** Shorter silences are jitter, whatever the interval. */
const SHORTEST_MS = 1000;

const options = z.strictObject({
  expectedMs: z.number().int().min(10).max(30 * 86_400_000).nullable().default(null).meta({
    title: "Expected interval (ms)",
    description: "Empty: learned from the readings",
  }),
  intervals: z.number().min(1).max(1000).default(3).meta({
    title: "Intervals",
    description: "Silent for this many intervals is reported",
  }),
});

export type SilenceOptions = z.infer<typeof options>;

export interface SilenceState {
  readonly options: SilenceOptions;
  /** Newest time seen in a reading; -Infinity before the first. */
  lastMs: number;
  /** Running median of the interval, and how many intervals it has seen. */
  typicalMs: number;
  seen: number;
  silent: boolean;
  score: number;
}

export const silence: Detector<SilenceOptions, SilenceState> = {
  name: NAME,
  title: "Silence",
  about: "Reports a sensor that has not reported for several of its intervals.",
  version: VERSION,
  options,

  create: (o) => ({
    options: o,
    lastMs: -Infinity,
    typicalMs: 0,
    seen: 0,
    silent: false,
    score: 0,
  }),

  step(s, input) {
    const { tMs } = input;
    if (!Number.isFinite(tMs)) return NOTHING;
    if (input.kind === "reading") {
      const gap = tMs - s.lastMs;
      const was = s.silent;
      if (gap > 0 && !was && Number.isFinite(gap)) learn(s, gap);
      if (gap > 0) s.lastMs = tMs;
      s.silent = false;
      s.score = 0;
      if (!was) return NOTHING;
      return [{
        detector: NAME,
        tMs,
        phase: "cleared",
        severity: "info",
        score: 0,
        reason: { text: `reports again after ${duration(gap)} of silence` },
      }];
    }
    const every = s.options.expectedMs ?? (s.seen >= LEARN ? s.typicalMs : NaN);
    const allowed = Math.max(every * s.options.intervals, SHORTEST_MS);
    const gap = tMs - s.lastMs;
    if (!Number.isFinite(gap) || !Number.isFinite(allowed)) return NOTHING;
    s.score = Math.min(1, Math.max(0, 0.5 * gap / allowed));
    if (s.silent || gap <= allowed) return NOTHING;
    s.silent = true;
    return [{
      detector: NAME,
      tMs,
      phase: "raised",
      severity: "warning",
      score: s.score,
      reason: {
        text: `no reading for ${duration(gap)}, expected every ${duration(every)}`,
        numbers: { silentMs: gap, expectedMs: every },
      },
    }];
  },

  score: (s) => s.score,

  save: (s) =>
    new StateWriter(NAME, VERSION, 96)
      .f64(s.lastMs, s.typicalMs, s.score).u32(s.seen).u8(s.silent ? 1 : 0).done(),

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = silence.create(o);
    s.lastMs = r.f64();
    s.typicalMs = r.f64();
    s.score = r.f64();
    s.seen = r.u32();
    s.silent = r.u8() === 1;
    r.end();
    return s;
  },
};

/** Moves the running median by a share of itself: a few long gaps do not stretch it. */
function learn(s: SilenceState, gap: number): void {
  s.seen = Math.min(s.seen + 1, 1_000_000);
  if (s.seen === 1) s.typicalMs = gap;
  else {
    const share = Math.max(0.02, 0.5 / s.seen);
    s.typicalMs *= gap > s.typicalMs ? 1 + share : gap < s.typicalMs ? 1 - share : 1;
  }
}
