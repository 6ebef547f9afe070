/**
 * Rolling z-score: a reading against the mean and spread of the readings before it.
 *
 * Of plain noise one reading in four hundred is three standard deviations away, so a sensor that reports every
 * second would be in the list every six minutes. Reports are therefore rationed: a few at once, then so many
 * an hour; in between only what is twice as far as the reports of the last hour. What was held back is
 * counted in the next report, and the score of each reading shows it all the same.
 */
import { z } from "zod";
import { HOUR_MS, span } from "../../words/times.ts";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, type Finding, NOTHING } from "../detector.ts";
import { plain } from "../../words/numbers.ts";

const NAME = "zscore";
const VERSION = 2;
/** Reports that a sensor has in hand when it was calm. */
const AT_ONCE = 5;
/** A reading this many times as far away as the last reports is always reported. */
const MUCH_FURTHER = 2;

const options = z.strictObject({
  window: z.number().int().min(5).max(1000).default(50).meta({
    title: "Window (readings)",
    description: "How many readings the mean and the spread are calculated from",
  }),
  sigmas: z.number().min(1).max(20).default(3).meta({
    title: "Sigmas",
    description: "A reading this many standard deviations away is reported",
  }),
  minSpread: z.number().min(0).default(0).meta({
    title: "Least spread",
    description: "Standard deviations below this (in the sensor's unit) count as this",
  }),
  perHour: z.number().min(0.01).max(3600).default(1).meta({
    title: "Reports per hour",
    description:
      "After five at once; more are counted in the next, unless one is twice as far away",
  }),
});

export type ZscoreOptions = z.infer<typeof options>;

export interface ZscoreState {
  readonly options: ZscoreOptions;
  readonly ring: Float64Array;
  count: number;
  next: number;
  /** Of the last reading, unless that is unscored. */
  score: number;
  /** How many readings the last one, which is unscored as it is plainly usual, is compared with; 0: it has a score. */
  unscored: number;
  /** What it took the place of in the ring. */
  was: number;
  /**
   * Sum and squares of the ring less `pivot`, the most that the squares were since they were last added up, and how
   * many readings later that is done again.
   */
  pivot: number;
  sum: number;
  squares: number;
  most: number;
  left: number;
  /** Reports in hand, as of `refilledMs`. */
  inHand: number;
  refilledMs: number;
  /** Of the last report: when, and how far the furthest of its hour was. */
  reportedMs: number;
  furthest: number;
  /** Held back since. */
  heldBack: number;
}

/** Spread below this share of the mean's size is rounding, not noise. */
const ROUNDING = 1e-9;

export const zscore: Detector<ZscoreOptions, ZscoreState> = {
  name: NAME,
  title: "Rolling z-score",
  about: "Reports a reading far from the mean of the readings just before it.",
  version: VERSION,
  options,

  create: (o) => ({
    options: o,
    ring: new Float64Array(o.window),
    count: 0,
    next: 0,
    score: 0,
    unscored: 0,
    was: 0,
    pivot: 0,
    sum: 0,
    squares: 0,
    most: 0,
    left: 0,
    inHand: AT_ONCE,
    refilledMs: -Infinity,
    reportedMs: -Infinity,
    furthest: 0,
    heldBack: 0,
  }),

  step(s, input) {
    if (input.kind !== "reading" || !Number.isFinite(input.value)) return NOTHING;
    const { window, sigmas } = s.options;
    const x = input.value;
    let found: readonly Finding[] = NOTHING;
    s.score = 0;
    // Half a window is enough to begin with, and five readings are the least.
    const judged = s.count >= Math.max(5, window >> 1);
    s.unscored = judged && (usualBySums(s, x) || surelyUsual(s, x)) ? s.count : 0;
    if (s.unscored > 0) s.was = s.ring[s.next];
    else if (judged) {
      const { away, mean, spread } = compared(s, x, s.count);
      s.score = away / (away + sigmas);
      if (away >= sigmas && mayReport(s, away, input.tMs)) {
        const reach = sigmas * spread;
        const others = heldBackText(s, input.tMs);
        found = [{
          detector: NAME,
          tMs: input.tMs,
          phase: "point",
          severity: "info",
          score: s.score,
          reason: {
            text:
              `${plain(x)} is ${plain(away)} standard deviations from the mean ${plain(mean)} ` +
              `of the last ${s.count} readings${others}`,
            value: x,
            expectedLow: mean - reach,
            expectedHigh: mean + reach,
            numbers: { zScore: away, mean, spread, heldBack: s.heldBack },
          },
        }];
        reported(s, away, input.tMs);
      }
    }
    put(s, x);
    return found;
  },

  score: scoreOf,

  save: (s) =>
    new StateWriter(NAME, VERSION, 104 + 8 * s.ring.length)
      .u32(s.count).u32(s.next).f64(scoreOf(s))
      .f64(s.inHand, s.refilledMs, s.reportedMs, s.furthest).u32(s.heldBack)
      .f64s(s.ring).done(),

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = zscore.create(o);
    s.count = Math.min(r.u32(), o.window);
    s.next = r.u32() % o.window;
    s.score = r.f64();
    s.inHand = r.f64();
    s.refilledMs = r.f64();
    s.reportedMs = r.f64();
    s.furthest = r.f64();
    s.heldBack = r.u32();
    r.f64s(s.ring);
    r.end();
    addUp(s, s.ring[0]);
    return s;
  },
};

/** How many standard deviations a value is away from the first `count` readings of the ring. */
function compared(s: ZscoreState, x: number, count: number) {
  const { mean, deviation } = moments(s.ring, count);
  const spread = Math.max(deviation, s.options.minSpread, ROUNDING * Math.abs(mean));
  const off = Math.abs(x - mean);
  const away = off === 0 ? 0 : spread > 0 ? Math.min(off / spread, 1e6) : 1e6;
  return { away, mean, spread };
}

/** The score of the last reading. */
function scoreOf(s: ZscoreState): number {
  if (s.unscored === 0) return s.score;
  const at = (s.next || s.options.window) - 1;
  const x = s.ring[at];
  s.ring[at] = s.was;
  const { away } = compared(s, x, s.unscored);
  s.ring[at] = x;
  s.unscored = 0;
  return s.score = away / (away + s.options.sigmas);
}

/** Of the deviation that is allowed: what rounding may change is far less than the rest. */
const SURELY = 0.99;

/** Of the squares: a spread that is smaller than this may be rounding. */
const EXACT = 1e-6;

/**
 * Whether a value is far from being reported, by sums that are kept: what rounding did to them within a window is a
 * ten-millionth of a spread that is taken for one.
 */
function usualBySums(
  { sum, squares, most, pivot, count, options }: ZscoreState,
  x: number,
): boolean {
  const mean = sum / count, spread = squares - sum * mean, off = x - pivot - mean;
  return spread > EXACT * most &&
    off * off * (count - 1) < (SURELY * options.sigmas) ** 2 * spread;
}

/** Takes a value into the ring, and into the sums. */
function put(s: ZscoreState, x: number): void {
  const { ring, next, options: { window } } = s;
  const d = x - s.pivot;
  s.sum += d;
  s.squares += d * d;
  // Written so that what is no number stays one until all is added up again.
  if (!(s.squares <= s.most)) s.most = s.squares;
  if (s.count === window) {
    const old = ring[next] - s.pivot;
    s.sum -= old;
    s.squares -= old * old;
  } else s.count++;
  ring[next] = x;
  s.next = next + 1 === window ? 0 : next + 1;
  if (--s.left <= 0) addUp(s, x);
}

function addUp(s: ZscoreState, pivot: number): void {
  let sum = 0, squares = 0;
  for (let i = 0; i < s.count; i++) {
    const d = s.ring[i] - pivot;
    sum += d;
    squares += d * d;
  }
  s.pivot = pivot;
  s.sum = sum;
  s.squares = s.most = squares;
  s.left = s.options.window;
}

/** The same as `usualBySums` where that cannot tell, as of values that do not change: one pass without a division. */
function surelyUsual({ ring, count, options }: ZscoreState, x: number): boolean {
  let sum = 0, squares = 0;
  for (let i = 0; i < count; i++) {
    const d = ring[i] - x;
    sum += d;
    squares += d * d;
  }
  const off = sum / count;
  const variance = (squares - sum * off) / (count - 1);
  return squares === 0 || off * off < (SURELY * options.sigmas) ** 2 * variance;
}

/** Whether a reading that far away is reported; else it is counted. Times that run backwards refill nothing. */
function mayReport(s: ZscoreState, away: number, tMs: number): boolean {
  if (tMs > s.refilledMs) {
    const hours = s.refilledMs === -Infinity ? 0 : (tMs - s.refilledMs) / HOUR_MS;
    s.inHand = Math.min(AT_ONCE, s.inHand + hours * s.options.perHour);
    s.refilledMs = tMs;
  }
  const recent = tMs - s.reportedMs < HOUR_MS;
  if (s.inHand >= 1 || (recent && away >= MUCH_FURTHER * s.furthest)) return true;
  s.heldBack = Math.min(s.heldBack + 1, 1_000_000);
  return false;
}

function reported(s: ZscoreState, away: number, tMs: number): void {
  const recent = tMs - s.reportedMs < HOUR_MS;
  s.furthest = recent ? Math.max(away, s.furthest) : away;
  s.reportedMs = tMs;
  s.inHand = Math.max(0, s.inHand - 1);
  s.heldBack = 0;
}

function heldBackText(s: ZscoreState, tMs: number): string {
  if (s.heldBack === 0) return "";
  const what = s.heldBack === 1 ? "one other is" : `${s.heldBack} others are`;
  return `; ${what} not listed since the report ${span(Math.abs(tMs - s.reportedMs))} before`;
}

/** Two passes, so that a large mean does not swallow a small spread. */
function moments(ring: Float64Array, n: number): { mean: number; deviation: number } {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += ring[i] / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (ring[i] - mean) ** 2 / (n - 1);
  return { mean, deviation: Math.sqrt(squares) };
}
