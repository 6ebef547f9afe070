/** Sensors of a plant over a hundred days in which nothing is wrong, a reading every five minutes. */
import { createRandom, type Random } from "../../../sim/random.ts";

const DAY = 288;
const DAYS = 100;
const EACH = 4;
const START_MS = Date.UTC(2026, 0, 5);
const ROW_MS = 300_000;

export interface LongSeries {
  family: string;
  times: Float64Array;
  values: Float64Array;
}

type Family = (r: Random) => (i: number) => number;

const hour = (i: number) => (i % DAY) / 12;
const workday = (i: number) => Math.floor(i / DAY) % 7 < 5;
const rounded = (x: number, step: number) => Math.round(x / step) * step;

/** A walk that is drawn back to 0 within about `memory` rows, of standard deviation `spread`. */
function walk(r: Random, memory: number, spread: number): () => number {
  const keep = 1 - 1 / memory, push = spread * Math.sqrt(1 - keep * keep);
  let x = 0;
  return () => x = keep * x + push * r.normal();
}

const FAMILIES: Record<string, Family> = {
  /** Degrees outside: days, and weather that lasts for days. */
  outside(r) {
    const weather = walk(r, 3 * DAY, 4), air = walk(r, 12, 0.3);
    return (i) => rounded(8 + weather() + 5 * Math.sin((hour(i) - 9) / 12 * Math.PI) + air(), 0.1);
  },
  /** A tank that two floats keep between empty and full. */
  tank(r) {
    let level = 60, filling = false;
    return () => {
      if (level < 30) filling = true;
      if (level > 85) filling = false;
      level += filling ? 3 : -(0.2 + 0.3 * r.uniform());
      return rounded(level + 0.2 * r.normal(), 0.1);
    };
  },
  /** Kilowatts of a machine that people switch on in their shifts. */
  power(r) {
    let on = false;
    return (i) => {
      const shift = workday(i) && hour(i) > 6 && hour(i) < 18;
      if (r.uniform() < 1 / 30) on = shift && r.uniform() < 0.8;
      if (!shift && hour(i) > 19) on = false;
      return on ? 14 + 1.5 * r.normal() + (r.uniform() < 0.02 ? 8 * r.uniform() : 0) : 0.4;
    };
  },
  /** Carbon dioxide of a room with people on working days. */
  air(r) {
    let ppm = 420, people = 0;
    return (i) => {
      if (i % 6 === 0) {
        people = workday(i) && hour(i) > 7 && hour(i) < 17 ? Math.round(5 + 3 * r.normal()) : 0;
      }
      ppm += 9 * Math.max(0, people) - 0.06 * (ppm - 420);
      return Math.round(ppm + 4 * r.normal());
    };
  },
  /** Bar behind a compressor that switches between two pressures. */
  pressure(r) {
    let bar = 7, loading = true;
    return (i) => {
      const use = (workday(i) && hour(i) > 6 && hour(i) < 18 ? 0.15 : 0.03) * (0.5 + r.uniform());
      if (bar < 6.5) loading = true;
      if (bar > 7.5) loading = false;
      bar += (loading ? 0.25 : 0) - use;
      return rounded(bar + 0.02 * r.normal(), 0.01);
    };
  },
  /** Counts up, and begins anew at midnight. */
  counter(r) {
    let count = 0;
    return (i) => {
      if (i % DAY === 0) count = 0;
      return count += workday(i) && hour(i) > 6 && hour(i) < 22
        ? Math.round(20 + 6 * r.uniform())
        : 0;
    };
  },
  /** Volts of a battery with a solar panel. */
  battery(r) {
    const clouds = walk(r, 2 * DAY, 0.3);
    let charge = 0.8;
    return (i) => {
      const sun = Math.max(0, Math.sin((hour(i) - 6) / 12 * Math.PI));
      const given = 0.012 * sun * Math.min(1, Math.max(0.2, 0.7 + clouds()));
      charge = Math.min(1, Math.max(0.1, charge + given - 0.0022));
      return rounded(3.4 + 0.7 * charge + 0.003 * r.normal(), 0.01);
    };
  },
  /** A set point that people change now and then, and what follows it. */
  setPoint(r) {
    const points = [120, 140, 155, 180];
    let aim = 140, at = 140;
    return () => {
      if (r.uniform() < 1 / (1.5 * DAY)) aim = points[Math.floor(points.length * r.uniform())];
      at += 0.1 * (aim - at);
      return rounded(at + 0.4 * r.normal(), 0.1);
    };
  },
};

/** Four sensors of each family, the same for the same seed. */
export function longSeries(seed: number): LongSeries[] {
  const rows = DAYS * DAY;
  const times = Float64Array.from({ length: rows }, (_, i) => START_MS + i * ROW_MS);
  return Object.entries(FAMILIES).flatMap(([family, make]) =>
    Array.from({ length: EACH }, (_, k) => {
      const next = make(createRandom(seed, `${family} ${k}`));
      return { family, times, values: Float64Array.from(times, (_, i) => next(i)) };
    })
  );
}

/** Ages, in days, between which false alarms are counted. */
const AGES = [2.6, 7, 14, 30, DAYS];

/** False alarms per sensor and day by age: `judge` says for each row whether it is an alarm. */
export function falseByAge(
  series: readonly LongSeries[],
  judge: (series: LongSeries) => (row: number) => boolean,
): Record<string, number> {
  const counts = AGES.slice(1).map(() => 0);
  for (const one of series) {
    const alarm = judge(one);
    for (let i = 0; i < one.values.length; i++) {
      if (!alarm(i)) continue;
      const part = AGES.findLastIndex((from) => i / DAY >= from);
      if (part >= 0 && part < counts.length) counts[part]++;
    }
  }
  return Object.fromEntries(counts.map((count, k) => {
    const [from, to] = [AGES[k], AGES[k + 1]];
    return [`false_alarms_days_${from}_to_${to}`, count / series.length / (to - from)];
  }));
}
