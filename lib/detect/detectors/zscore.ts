/** Rolling z-score: a reading against the mean and spread of the readings before it. */
import { z } from "zod";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, type Finding, NOTHING, plain } from "../detector.ts";

const NAME = "zscore";
const VERSION = 1;

const options = z.strictObject({
  window: z.number().int().min(5).max(1000).default(50).meta({
    title: "Window (readings)",
    description: "How many readings the mean and the spread are taken from",
  }),
  sigmas: z.number().min(1).max(20).default(3).meta({
    title: "Sigmas",
    description: "A reading this many standard deviations away is reported",
  }),
  minSpread: z.number().min(0).default(0).meta({
    title: "Least spread",
    description: "Standard deviations below this (in the sensor's unit) count as this",
  }),
});

export type ZscoreOptions = z.infer<typeof options>;

export interface ZscoreState {
  readonly options: ZscoreOptions;
  readonly ring: Float64Array;
  count: number;
  next: number;
  score: number;
}

/** Spread below this share of the mean's size is rounding, not noise. */
const ROUNDING = 1e-9;

export const zscore: Detector<ZscoreOptions, ZscoreState> = {
  name: NAME,
  title: "Rolling z-score",
  about: "Reports a reading far from the mean of the readings just before it.",
  version: VERSION,
  options,

  create: (o) => ({ options: o, ring: new Float64Array(o.window), count: 0, next: 0, score: 0 }),

  step(s, input) {
    if (input.kind !== "reading" || !Number.isFinite(input.value)) return NOTHING;
    const { window, sigmas, minSpread } = s.options;
    const x = input.value;
    let found: readonly Finding[] = NOTHING;
    s.score = 0;
    // Half a window is enough to begin with, and five readings are the least.
    if (s.count >= Math.max(5, window >> 1)) {
      const { mean, deviation } = moments(s.ring, s.count);
      const spread = Math.max(deviation, minSpread, ROUNDING * Math.abs(mean));
      const off = Math.abs(x - mean);
      const away = off === 0 ? 0 : spread > 0 ? Math.min(off / spread, 1e6) : 1e6;
      s.score = away / (away + sigmas);
      if (away >= sigmas) {
        const reach = sigmas * spread;
        found = [{
          detector: NAME,
          tMs: input.tMs,
          phase: "point",
          severity: away >= 2 * sigmas ? "warning" : "info",
          score: s.score,
          reason: {
            text:
              `${plain(x)} is ${plain(away)} standard deviations from the mean ${plain(mean)} ` +
              `of the last ${s.count} readings`,
            value: x,
            expectedLow: mean - reach,
            expectedHigh: mean + reach,
            numbers: { zScore: away, mean, spread },
          },
        }];
      }
    }
    s.ring[s.next] = x;
    s.next = (s.next + 1) % window;
    if (s.count < window) s.count++;
    return found;
  },

  score: (s) => s.score,

  save: (s) =>
    new StateWriter(NAME, VERSION, 64 + 8 * s.ring.length)
      .u32(s.count).u32(s.next).f64(s.score).f64s(s.ring).done(),

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = zscore.create(o);
    s.count = Math.min(r.u32(), o.window);
    s.next = r.u32() % o.window;
    s.score = r.f64();
    r.f64s(s.ring);
    r.end();
    return s;
  },
};

/** Two passes, so that a large mean does not swallow a small spread. */
function moments(ring: Float64Array, n: number): { mean: number; deviation: number } {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += ring[i] / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (ring[i] - mean) ** 2 / (n - 1);
  return { mean, deviation: Math.sqrt(squares) };
}
