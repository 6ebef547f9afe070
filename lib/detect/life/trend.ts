/**
 * Remaining useful life by robust trend.
 *
 * The history is cut into at most 120 buckets and their medians taken, so bursts and outliers weigh
 * little. The slope is Theil-Sen's (median of the slopes of all pairs), its interval Sen's from
 * Kendall's statistic, widened for residuals that follow one another. If the later half has a trend
 * of its own that lies outside that interval, wear has changed pace and the later half decides.
 */
import { exact, plain } from "../../words/numbers.ts";
import { DAY_MS, span } from "../../words/times.ts";
import type { History, Life, LifeEstimator, UnknownLife, UnknownReason } from "./life.ts";

const BUCKETS = 120;
const LEAST_BUCKETS = 12;
/** Normal quantile of a two-sided 90 % interval. */
const Z90 = 1.645;
/** Farther ahead than this many lengths of the history there is no estimate. */
const FARTHEST = 5;
/** The newest reading may be this share of the history's length ago. */
const STALE = 0.5;

interface Points {
  t: Float64Array;
  v: Float64Array;
}

interface Trend {
  /** Per ms. */
  slope: number;
  low: number;
  high: number;
  /** The line's value at the last point, and the spread of the points around the line. */
  level: number;
  noise: number;
  lastMs: number;
  significant: boolean;
}

export const trendLife: LifeEstimator = { name: "trend", estimate: estimateLife };

/** When the trend reaches the limit, counted from `nowMs`. */
export function estimateLife(history: History): Life {
  const points = buckets(history.tMs, history.value);
  const n = points.t.length;
  const spanMs = n > 1 ? points.t[n - 1] - points.t[0] : 0;
  if (n < LEAST_BUCKETS || !(spanMs > 0)) {
    return unknown("too_short", `${n} points are not enough for a trend, ${LEAST_BUCKETS} are`);
  }
  const age = history.nowMs - points.t[n - 1];
  if (age > Math.max(STALE * spanMs, 0)) {
    return unknown("stale", `the newest reading is ${span(age)} old`);
  }
  const trend = decisive(points);
  const up = history.side === "high" ? 1 : -1;
  const level = trend.level + trend.slope * (history.nowMs - trend.lastMs);
  const left = up * (history.limit - level);
  if (left <= 0) {
    return {
      known: true,
      remainingMs: 0,
      lowMs: 0,
      highMs: 0,
      perDay: trend.slope * DAY_MS,
      level,
      confidence: 1,
      text: `the trend has reached the limit ${exact(history.limit)}`,
    };
  }
  if (!trend.significant) return unknown("no_trend", "no trend stands out from the noise");
  const pace = up * trend.slope;
  if (pace <= 0) return unknown("moving_away", "the trend leads away from the limit");
  const slow = up > 0 ? trend.low : -trend.high, fast = up > 0 ? trend.high : -trend.low;
  const remainingMs = left / pace;
  if (remainingMs > FARTHEST * spanMs) {
    return unknown(
      "too_far",
      `at this pace the limit is more than ${FARTHEST} times the history's ` +
        `${span(spanMs)} away`,
    );
  }
  const lowMs = Math.max(0, (left - Z90 * trend.noise) / fast);
  const highMs = slow > 0 ? (left + Z90 * trend.noise) / slow : Infinity;
  const width = (Math.min(highMs, 10 * remainingMs) - lowMs) / remainingMs;
  const perDay = trend.slope * DAY_MS;
  const until = Number.isFinite(highMs) ? `to ${span(highMs)}` : "or much longer";
  return {
    known: true,
    remainingMs,
    lowMs,
    highMs,
    perDay,
    level,
    confidence: 1 / (1 + width),
    text: `${plain(level)} changing by ${plain(perDay)} a day reaches ${exact(history.limit)} in ` +
      `${span(remainingMs)} (90 %: ${span(lowMs)} ${until})`,
  };
}

function unknown(why: UnknownReason, text: string): UnknownLife {
  return { known: false, why, text };
}

/** The whole history's trend, or the later half's where the pace has changed. */
function decisive(points: Points): Trend {
  const whole = trendOf(points);
  const n = points.t.length, from = n >> 1;
  if (n - from < LEAST_BUCKETS) return whole;
  const later = trendOf({ t: points.t.subarray(from), v: points.v.subarray(from) });
  const changed = later.slope < whole.low || later.slope > whole.high;
  // A later half without any trend also counts: wear may have stopped.
  return changed && (later.significant || whole.slope * later.low <= 0) ? later : whole;
}

/** Medians of equal spans of time; empty spans are left out. */
function buckets(tMs: Float64Array, value: Float64Array): Points {
  const kept: number[] = [];
  for (let i = 0; i < Math.min(tMs.length, value.length); i++) {
    if (Number.isFinite(tMs[i]) && Number.isFinite(value[i])) kept.push(i);
  }
  if (kept.length <= BUCKETS) {
    return {
      t: Float64Array.from(kept, (i) => tMs[i]),
      v: Float64Array.from(kept, (i) => value[i]),
    };
  }
  const first = tMs[kept[0]], last = tMs[kept[kept.length - 1]];
  const width = (last - first) / BUCKETS || 1;
  const groups: number[][] = Array.from({ length: BUCKETS }, () => []);
  for (const i of kept) {
    const at = Math.floor((tMs[i] - first) / width);
    groups[Math.max(0, Math.min(BUCKETS - 1, at))].push(i);
  }
  const filled = groups.filter((group) => group.length > 0);
  return {
    t: Float64Array.from(filled, (group) => median(group.map((i) => tMs[i]))),
    v: Float64Array.from(filled, (group) => median(group.map((i) => value[i]))),
  };
}

/** Theil-Sen line with Sen's interval (Sen 1968), its variance widened for correlated residuals. */
function trendOf({ t, v }: Points): Trend {
  const n = t.length;
  const slopes: number[] = [];
  let kendall = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (t[j] <= t[i]) continue;
      const slope = (v[j] - v[i]) / (t[j] - t[i]);
      slopes.push(slope);
      kendall += Math.sign(slope);
    }
  }
  const sorted = Float64Array.from(slopes).sort();
  const slope = sorted.length > 0 ? sorted[sorted.length >> 1] : 0;
  const last = t[n - 1];
  const level = median(Array.from(v, (x, i) => x - slope * (t[i] - last)));
  const residuals = Float64Array.from(v, (x, i) => x - level - slope * (t[i] - last));
  const noise = 1.4826 * median(Array.from(residuals, Math.abs));
  const variance = n * (n - 1) * (2 * n + 5) / 18 * widening(residuals);
  const half = Z90 * Math.sqrt(variance);
  const at = (rank: number) =>
    sorted[Math.max(0, Math.min(sorted.length - 1, Math.round(rank)))] ?? 0;
  return {
    slope,
    low: at((sorted.length - half) / 2),
    high: at((sorted.length + half) / 2),
    level,
    noise,
    lastMs: last,
    significant: Math.abs(kendall) > half,
  };
}

/** (1 + r) / (1 - r) for residuals with lag-1 correlation r: how many fewer points they are worth. */
function widening(residuals: Float64Array): number {
  let own = 0, lagged = 0;
  for (let i = 0; i < residuals.length; i++) {
    own += residuals[i] ** 2;
    if (i > 0) lagged += residuals[i] * residuals[i - 1];
  }
  if (own === 0) return 1;
  const r = Math.max(0, Math.min(0.95, lagged / own));
  return (1 + r) / (1 - r);
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
