/**
 * Remaining life learned from machines of one kind that ran until they failed. Boosted trees over the features of a
 * run (`run_features.ts`) guess the remaining rows, up to a horizon beyond which sensors say nothing of the end. How
 * far off they are is measured on lives that they did not see, in parts by life, and gives the interval. A machine
 * unlike all of those gets no estimate.
 */
import { quantile } from "../../forest/linalg.ts";
import { Whitening } from "../../forest/whitening.ts";
import { boost, type Boosted, boosted, type BoostOptions } from "./boosting.ts";
import { type Conditions, conditionsOf, measuredIn } from "./conditions.ts";
import {
  featureCount,
  featuresAlong,
  levelsAlong,
  type Measure,
  measureOf,
  type Run,
} from "./run_features.ts";

/** Fewer lives make no model. */
export const LIVES_LEAST = 10;
/** Rows that a life needs to be learned from, and a machine to be judged, of a life of 200. */
const ROWS_LEAST = 15;
/** The horizon, of the usual life: before that a machine is as good as new. */
const HORIZON = 0.625;
/** Older than the oldest life by this, a machine is none of the kind. */
const OLDEST = 1.25;
/** Rows that are learned from at most; of longer histories every second, third … */
const ROWS_MOST = 6000;
const FOLDS = 4;
const BANDS = 12;
/** Share of cases in which the interval is to hold the truth. */
const COVERED = 0.8;
/** Added to the variance of each sensor's level before states are compared. */
const RIDGE = 0.1;
/** Farther from the others' usual states than the lives in other parts ever were, by this. */
const UNLIKE = 1.15;
/** A guess above the truth weighs more: being late costs more than being early. */
export const TREES: BoostOptions = {
  trees: 200,
  depth: 4,
  rate: 0.06,
  rowShare: 0.4,
  featureShare: 0.15,
  leaf: 20,
  above: 1.3,
  seed: 1,
};

/** What lies around a guess in eight of ten cases, at a guess of `at`; `low2` where only the low side is open. */
export interface Band {
  at: number;
  low: number;
  low2: number;
  high: number;
}

export interface FleetModel {
  /** By which rows are measured before all else; null: there is one condition. */
  conditions: Conditions | null;
  measure: Measure;
  trees: Boosted;
  /** Rows. */
  horizon: number;
  usualLife: number;
  longest: number;
  lives: number;
  bands: Band[];
  /** Usual states of all, and the distance from them that is too far. */
  like: Whitening;
  farthest: number;
  /** Root mean square of what it was off by, in rows, on lives that it did not see. */
  error: number;
}

export interface FleetOptions {
  /** Default: a share of the usual life. */
  horizon?: number;
}

/** Rows that remain, and the interval that holds the truth in eight of ten cases; `high` may be Infinity. */
export type FleetGuess =
  | { known: true; rows: number; low: number; high: number }
  | { known: false; why: "too_short" | "too_old" | "unlike" };

/** @throws RangeError when there are too few lives, or they are too short */
export function trainFleet(
  given: readonly Run[],
  columns: number,
  options: FleetOptions = {},
): FleetModel {
  const lengths = Float64Array.from(given, ({ rows }) => rows).sort();
  const usualLife = lengths.length === 0 ? 0 : quantile(lengths, 0.5);
  const stretch = usualLife / 200;
  const enough = given.filter(({ rows }) => rows >= Math.max(ROWS_LEAST * stretch, 8));
  const conditions = conditionsOf(enough, columns);
  const runs = enough.map((run) => measuredIn(conditions, run, columns));
  if (runs.length < LIVES_LEAST) {
    throw new RangeError(
      `${runs.length} lives that are long enough, a model needs ${LIVES_LEAST}`,
    );
  }
  const horizon = options.horizon ?? HORIZON * usualLife;
  const about = { columns, stretch, horizon };
  const seen = { guess: [] as number[], truth: [] as number[], farthest: 0 };
  for (let fold = 0; fold < FOLDS; fold++) {
    const part = learn(runs.filter((_, i) => i % FOLDS !== fold), about);
    for (const run of runs.filter((_, i) => i % FOLDS === fold)) {
      const guesses = along(part, run, horizon);
      const distances = distancesAlong(part, run);
      for (let r = Math.ceil(ROWS_LEAST * stretch); r < run.rows; r++) {
        seen.guess.push(guesses[r]);
        seen.truth.push(Math.min(horizon, run.rows - 1 - r));
        seen.farthest = Math.max(seen.farthest, distances[r]);
      }
    }
  }
  const squares = seen.guess.reduce((sum, guess, i) => sum + (guess - seen.truth[i]) ** 2, 0);
  return {
    conditions,
    ...learn(runs, about),
    horizon,
    usualLife,
    longest: lengths[lengths.length - 1],
    lives: runs.length,
    bands: bandsOf(seen.guess, seen.truth, horizon, covering(runs.length)),
    farthest: UNLIKE * seen.farthest,
    error: Math.sqrt(squares / seen.guess.length),
  };
}

/** What remains of a machine whose life so far is `run`, its newest row the last. */
export function guessLife(model: FleetModel, run: Run): FleetGuess {
  const { stretch } = model.measure;
  if (run.rows < Math.max(2, ROWS_LEAST * stretch)) return { known: false, why: "too_short" };
  if (run.rows > OLDEST * model.longest) return { known: false, why: "too_old" };
  const last = run.rows - 1, measured = measuredIn(model.conditions, run, model.measure.columns);
  const [distance] = distancesAlong(model, measured, last);
  if (distance > model.farthest) return { known: false, why: "unlike" };
  const [guess] = along(model, measured, model.horizon, last);
  return { known: true, ...within(model, guess) };
}

/** The guess at each row. */
export function guessesAlong(model: FleetModel, run: Run): Float64Array {
  return along(model, measuredIn(model.conditions, run, model.measure.columns), model.horizon);
}

/** The interval around a guess. */
export function within(
  { bands, horizon }: Pick<FleetModel, "bands" | "horizon">,
  rows: number,
): { rows: number; low: number; high: number } {
  let right = bands.findIndex(({ at }) => at >= rows);
  if (right < 0) right = bands.length - 1;
  const a = bands[Math.max(0, right - 1)], b = bands[right];
  const share = b.at > a.at ? Math.max(0, Math.min(1, (rows - a.at) / (b.at - a.at))) : 1;
  const between = (of: (band: Band) => number) => of(a) + (of(b) - of(a)) * share;
  const high = between((band) => band.high);
  // From the horizon on there is no upper end, and the low one has to hold alone.
  const open = high >= horizon - 1;
  const low = between((band) => open ? band.low2 : band.low);
  return {
    rows,
    low: Math.max(0, Math.min(rows, low)),
    high: open ? Infinity : Math.max(rows, high),
  };
}

type Learned = Pick<FleetModel, "measure" | "trees" | "like">;

function learn(
  runs: readonly Run[],
  { columns, stretch, horizon }: { columns: number; stretch: number; horizon: number },
): Learned {
  const targets = runs.map(({ rows }) =>
    Float64Array.from({ length: rows }, (_, r) => Math.min(horizon, rows - 1 - r))
  );
  const measure = measureOf(runs, targets, columns, stretch);
  const total = runs.reduce((sum, { rows }) => sum + rows, 0);
  const every = Math.max(1, Math.ceil(total / ROWS_MOST));
  const wide = featureCount(columns);
  const chosen = runs.map(({ rows }, i) => {
    const first = Math.floor(ROWS_LEAST * stretch / 2) + i % every;
    return Array.from(
      { length: Math.max(0, Math.ceil((rows - first) / every)) },
      (_, k) => first + k * every,
    );
  });
  const rows = chosen.reduce((sum, list) => sum + list.length, 0);
  const data = new Float64Array(rows * wide), target = new Float64Array(rows);
  const levels = new Float64Array(rows * columns);
  let at = 0;
  runs.forEach((run, i) => {
    const features = featuresAlong(run, measure), own = levelsAlong(run, measure);
    for (const r of chosen[i]) {
      data.set(features.subarray(r * wide, (r + 1) * wide), at * wide);
      levels.set(own.subarray(r * columns, (r + 1) * columns), at * columns);
      target[at++] = targets[i][r];
    }
  });
  return {
    measure,
    trees: boost({ data, rows, columns: wide }, target, TREES),
    like: Whitening.fit(levels, rows, columns, {
      from: 0,
      widened: new Float64Array(columns).fill(RIDGE),
      least: 1e-6,
    }),
  };
}

/** Of the rows from `from` on. */
function along({ measure, trees }: Learned, run: Run, horizon: number, from = 0): Float64Array {
  const features = featuresAlong(run, measure, from), wide = featureCount(measure.columns);
  return Float64Array.from(
    { length: run.rows - from },
    (_, r) => Math.max(0, Math.min(horizon, boosted(trees, features, r * wide))),
  );
}

/** How far the rows from `from` on are from the usual states of all. */
function distancesAlong({ measure, like }: Learned, run: Run, from = 0): Float64Array {
  const levels = levelsAlong(run, measure, from), { columns } = measure;
  return Float64Array.from(
    { length: run.rows - from },
    (_, r) => Math.sqrt(like.squared(levels.subarray(r * columns, (r + 1) * columns)).squared),
  );
}

/** What is to be covered of so many lives for the next one to be covered as often as promised: more, of few. */
function covering(lives: number): number {
  return Math.min(1, Math.ceil((lives + 1) * COVERED) / lives);
}

/** Bands whose intervals hold `share` of the truths as nearly as can be. */
function bandsOf(
  guess: readonly number[],
  truth: readonly number[],
  horizon: number,
  share: number,
): Band[] {
  let best: Band[] = [], nearest = Infinity;
  for (let tail = 0.01; tail <= 0.2; tail += 0.01) {
    const bands = bandsAt(tail, guess, truth);
    let inside = 0;
    guess.forEach((rows, i) => {
      const { low, high } = within({ bands, horizon }, rows);
      if (truth[i] >= low && truth[i] <= high) inside++;
    });
    const off = Math.abs(inside / guess.length - share);
    if (off >= nearest) continue;
    nearest = off;
    best = bands;
  }
  return best;
}

/** Quantiles of the truth where the guess was alike: parts of as many rows, by the guess. */
function bandsAt(tail: number, guess: readonly number[], truth: readonly number[]): Band[] {
  const order = guess.map((_, i) => i).sort((a, b) => guess[a] - guess[b]);
  return Array.from({ length: BANDS }, (_, b) => {
    const from = Math.floor(b * order.length / BANDS);
    const part = order.slice(from, Math.floor((b + 1) * order.length / BANDS));
    const truths = Float64Array.from(part, (i) => truth[i]).sort();
    return {
      at: guess[part[part.length >> 1]],
      low: quantile(truths, tail),
      low2: quantile(truths, 2 * tail),
      high: quantile(truths, 1 - tail),
    };
  });
}
