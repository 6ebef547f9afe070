/**
 * Remaining life by the model of a fleet, on NASA's C-MAPSS FD001 (turbofan engines run to failure; labels capped at
 * 125 cycles). In five parts by engine: each engine is held out, and cut at a random cycle of which it has seen 31 at
 * least; `even` draws the cycle evenly, `test` among those with 7 to 145 left, as the set's own test file has them.
 * Where the folder has `test_FD001.txt` and `RUL_FD001.txt`, these are scored too, by the model of all engines, and
 * the guesses written to `--out DIR`.
 *
 *   deno task bench life [--data DIR] [--out DIR]
 */
import { join } from "node:path";
import {
  type FleetModel,
  guessesAlong,
  guessLife,
  trainFleet,
  within,
} from "../../lib/detect/life/fleet/fleet.ts";
import type { Run } from "../../lib/detect/life/fleet/run_features.ts";
import { loadFleet, saveFleet } from "../../lib/detect/life/fleet/saved_fleet.ts";
import { randomFrom } from "../../lib/detect/forest/isolation.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { MADE_COLUMNS, madeFleet } from "./detect/made_fleet.ts";
import { alone, NO_SHARED, readArguments, sharedBench, unpack } from "./detect/files.ts";

const CAP = 125, PARTS = 5, SEEN_LEAST = 31;
/** Each engine is cut so many times; figures are their mean, and the worst of them. */
const CUTS = 20;

/** Made-up fleets with one condition and with six, as FD001 and FD002 have them: half of the lives are held out. */
const MADE = { lives: 60, seed: 1 }, MADE_CONDITIONS = [1, 6], MADE_EVERY = 7;

interface Guess {
  guess: number;
  low: number;
  high: number;
  truth: number;
}

/** Engines of a file in C-MAPSS's layout: unit, cycle, numbers. */
function readEngines(path: string): { runs: Run[]; columns: number } {
  const lines = Deno.readTextFileSync(path).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const columns = lines[0].length - 2;
  const runs = [...Map.groupBy(lines, ([unit]) => unit).values()].map((rows): Run => ({
    data: Float64Array.from(rows.flatMap((row) => row.slice(2))),
    rows: rows.length,
  }));
  return { runs, columns };
}

/** Without the columns that never change in `runs`. */
function changing(runs: readonly Run[], columns: number): number[] {
  return Array.from({ length: columns }, (_, c) => c).filter((c) =>
    runs.some(({ data, rows }) => {
      for (let r = 0; r < rows; r++) if (data[r * columns + c] !== runs[0].data[c]) return true;
      return false;
    })
  );
}

function only({ data, rows }: Run, columns: number, kept: readonly number[]): Run {
  const out = new Float64Array(rows * kept.length);
  for (let r = 0; r < rows; r++) {
    kept.forEach((c, k) => out[r * kept.length + k] = data[r * columns + c]);
  }
  return { data: out, rows };
}

/** RMSE, PHM08 score for a hundred engines, and how often the interval of eight in ten holds the truth. */
function judged(guesses: readonly Guess[]) {
  let squares = 0, penalty = 0, inside = 0, width = 0, bounded = 0;
  for (const { guess, low, high, truth } of guesses) {
    const off = guess - truth;
    squares += off * off;
    penalty += off >= 0 ? Math.expm1(off / 10) : Math.expm1(-off / 13);
    if (truth >= low - 0.5 && truth <= high + 0.5) inside++;
    if (!Number.isFinite(high)) continue;
    width += high - low;
    bounded++;
  }
  const n = guesses.length;
  return {
    rmse: Math.sqrt(squares / n),
    score: 100 * penalty / n,
    coverage: 100 * inside / n,
    width: width / Math.max(1, bounded),
  };
}

interface Held {
  run: Run;
  model: FleetModel;
  guesses: Float64Array;
}

function cutAt(held: readonly Held[], seed: number, fits: (left: number) => boolean): Guess[] {
  const random = randomFrom(seed);
  return held.flatMap(({ run, model, guesses }) => {
    const rows = Array.from({ length: run.rows - 1 }, (_, r) => r)
      .filter((r) => r + 1 >= SEEN_LEAST && fits(run.rows - 1 - r));
    if (rows.length === 0) return [];
    const r = rows[Math.floor(random() * rows.length)];
    const { rows: guess, low, high } = within(model, guesses[r]);
    return [{ guess, low, high, truth: Math.min(CAP, run.rows - 1 - r) }];
  });
}

export async function run(args: readonly string[] | BenchOptions): Promise<BenchResult> {
  const { data, out, shared: place } = readArguments(args);
  const shared = sharedBench(place);
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const unpacked = data === null ? await unpack(shared!) : null;
  try {
    const folder = data ?? join(unpacked!.path, "cmapss");
    const read = readEngines(join(folder, "train_FD001.txt"));
    const kept = changing(read.runs, read.columns);
    const runs = read.runs.map((one) => only(one, read.columns, kept));
    const figures: BenchResult["figures"] = { engines: runs.length, columns: kept.length };
    Object.assign(figures, inParts(runs, kept.length));
    const startedMs = performance.now();
    const model = trainFleet(runs, kept.length, { horizon: CAP });
    figures.train_s = (performance.now() - startedMs) / 1000;
    const saved = saveFleet(model);
    figures.model_kb = saved.length / 1000;
    figures.own_error_cycles = model.error;
    const lookMs = performance.now();
    for (const one of runs) guessLife(model, one);
    figures.look_ms = (performance.now() - lookMs) / runs.length;
    Object.assign(figures, made());
    Object.assign(figures, await keptBack(loadFleet(saved), folder, kept, out));
    return { name: "life", figures };
  } finally {
    await unpacked?.remove();
  }
}

function made(): BenchResult["figures"] {
  const figures: BenchResult["figures"] = {};
  for (const conditions of MADE_CONDITIONS) {
    doing(`a made-up fleet with ${conditions} conditions`);
    const lives = madeFleet({ ...MADE, conditions }), guesses: Guess[] = [];
    for (const part of [0, 1]) {
      const held = lives.filter((_, i) => i % 2 === part);
      const taught = lives.filter((_, i) => i % 2 !== part);
      const model = trainFleet(taught, MADE_COLUMNS, { horizon: CAP });
      for (const run of held) {
        const along = guessesAlong(model, run);
        for (let r = SEEN_LEAST; r < run.rows; r += MADE_EVERY) {
          const { rows: guess, low, high } = within(model, along[r]);
          guesses.push({ guess, low, high, truth: Math.min(CAP, run.rows - 1 - r) });
        }
      }
    }
    const { rmse, coverage } = judged(guesses);
    figures[`made_${conditions}_rmse`] = rmse;
    figures[`made_${conditions}_coverage`] = coverage;
  }
  return figures;
}

function inParts(runs: readonly Run[], columns: number): BenchResult["figures"] {
  const held: Held[] = [];
  let unknown = 0, rows = 0;
  for (let part = 0; part < PARTS; part++) {
    doing("engines held out", part + 1, PARTS);
    const model = trainFleet(runs.filter((_, i) => i % PARTS !== part), columns, { horizon: CAP });
    for (const run of runs.filter((_, i) => i % PARTS === part)) {
      held.push({ run, model, guesses: guessesAlong(model, run) });
      for (let r = SEEN_LEAST; r < run.rows; r += 10, rows++) {
        const seen = { data: run.data.subarray(0, r * columns), rows: r };
        if (!guessLife(model, seen).known) unknown++;
      }
    }
  }
  const figures: BenchResult["figures"] = { unknown_percent: 100 * unknown / rows };
  const ways = {
    even: (left: number) => left >= 1,
    test: (left: number) => left >= 7 && left <= 145,
  };
  for (const [way, fits] of Object.entries(ways)) {
    const each = Array.from({ length: CUTS }, (_, i) => judged(cutAt(held, i + 1, fits)));
    for (const key of ["rmse", "score", "coverage", "width"] as const) {
      const list = each.map((one) => one[key]);
      figures[`${way}_${key}`] = list.reduce((a, b) => a + b, 0) / list.length;
      figures[`${way}_${key}_worst`] = key === "coverage" ? Math.min(...list) : Math.max(...list);
    }
  }
  return figures;
}

/** The set's own test file, where it is there. */
async function keptBack(
  model: FleetModel,
  folder: string,
  kept: readonly number[],
  out: string | null,
): Promise<BenchResult["figures"]> {
  const test = join(folder, "test_FD001.txt"), truth = join(folder, "RUL_FD001.txt");
  try {
    Deno.statSync(test);
    Deno.statSync(truth);
  } catch {
    return {};
  }
  const { runs, columns } = readEngines(test);
  const left = Deno.readTextFileSync(truth).trim().split(/\s+/).map(Number);
  let unknown = 0;
  const guesses = runs.map((one, i): Guess => {
    const run = only(one, columns, kept);
    if (!guessLife(model, run).known) unknown++;
    const { rows: guess, low, high } = within(model, guessesAlong(model, run)[run.rows - 1]);
    return { guess, low, high, truth: left[i] };
  });
  if (out !== null) {
    await Deno.mkdir(out, { recursive: true });
    const text = guesses.map(({ guess }) => guess.toFixed(3)).join("\n");
    await Deno.writeTextFile(join(out, "life_FD001.txt"), `${text}\n`);
  }
  const capped = judged(guesses.map((one) => ({ ...one, truth: Math.min(CAP, one.truth) })));
  const raw = judged(guesses);
  return {
    file_engines: runs.length,
    file_rmse: capped.rmse,
    file_score: capped.score * runs.length / 100,
    file_coverage: capped.coverage,
    file_rmse_raw: raw.rmse,
    file_score_raw: raw.score * runs.length / 100,
    file_unknown: unknown,
  };
}

if (import.meta.main) await alone(run);
