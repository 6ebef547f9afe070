/**
 * The streaming detector on the Numenta Anomaly Benchmark, one setting for every file.
 *
 *   deno run -A tests/bench/nab.ts [--data DIR] [--out DIR] [--threshold X] [--json FILE]
 *
 * DIR holds `data/<category>/<file>.csv` (timestamp,value) and, where it is to be scored,
 * `windows.json`. Results go to OUT in the scorer's layout. Without --data the development archive
 * in ../shared/bench is unpacked and scored. Nothing but the rows, in order, reaches the detector.
 */
import { basename, join } from "node:path";
import { streaming, type StreamingState } from "../../lib/detect/detectors/streaming.ts";
import {
  alone,
  command,
  csvFiles,
  NO_SHARED,
  pythonWith,
  readArguments,
  sharedBench,
  unpack,
  writeText,
} from "./detect/files.ts";
import { readSeries, type Series, windowsOf } from "./detect/series.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { judge, type Profile, PROFILES, type Scored } from "./detect/folds.ts";

interface Report {
  figures: BenchResult["figures"];
  notes: string[];
}

/** Scores of the first `n` rows, and the detector's state behind them. */
function score(series: Series, n: number): { scores: Float64Array; state: StreamingState } {
  const state = streaming.create(streaming.options.parse({}));
  const scores = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    streaming.step(state, { kind: "reading", tMs: series.times[i], value: series.values[i] });
    scores[i] = streaming.score(state);
  }
  return { scores, state };
}

/** Microseconds per reading: the median of several rounds over all files. */
function cost(all: readonly Series[]): number {
  const readings = all.reduce((sum, series) => sum + series.values.length, 0);
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (const series of all) score(series, series.values.length);
    return 1000 * (performance.now() - start) / readings;
  });
  return rounds.sort((a, b) => a - b)[2];
}

function write(out: string, series: Series, scores: Float64Array): void {
  const lines = Array.from(scores, (s, i) => `${series.stamps[i]},${series.texts[i]},${s}`);
  writeText(join(out, series.key), `timestamp,value,anomaly_score\n${lines.join("\n")}\n`);
}

async function scorer(
  { figures, notes }: Report,
  shared: string,
  out: string,
  labels: string,
  threshold: number | null,
): Promise<void> {
  const python = await pythonWith("numpy");
  if (python === null) {
    notes.push("python3-numpy is missing: not scored by the shared scorer");
    return;
  }
  const fixed = threshold === null ? [] : ["--threshold", String(threshold)];
  const script = join(shared, "score/nab_score.py");
  // Labels may name more files than the folder holds.
  const list = await Deno.makeTempFile();
  await Deno.writeTextFile(list, csvFiles(out).join("\n"));
  const parts = [script, out, "--labels", labels, "--files", list, "--json", ...fixed];
  const json = JSON.parse(await command(python, parts).finally(() => Deno.remove(list)));
  const names = {
    standard: "standard",
    low_fp: "reward_low_FP_rate",
    low_fn: "reward_low_FN_rate",
  };
  for (const [name, key] of Object.entries(names)) {
    figures[name] = json[key].score;
    figures[`${name}_threshold`] = json[key].threshold;
    figures[`${name}_windows_found`] = json[key].windows_found;
    figures[`${name}_false_rows`] = json[key].false_positive_rows;
  }
}

function crossValidate({ figures, notes }: Report, scored: readonly Scored[]): void {
  for (const profile of Object.keys(PROFILES) as Profile[]) {
    const { score, crossValidated } = judge(scored, profile);
    figures[`${profile}_cross_validated`] = crossValidated;
    const shown = figures[profile];
    if (typeof shown === "number" && Math.abs(shown - score) > 0.01) {
      notes.push(`the scorer says ${shown} for ${profile}, this program ${score}`);
    }
  }
}

export async function run(
  args: readonly string[] | BenchOptions,
): Promise<BenchResult> {
  const { data, out: wanted, threshold, shared: given } = readArguments(args);
  const shared = sharedBench(given);
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const unpacked = data === null ? await unpack(shared!) : null;
  const root = data ?? join(unpacked!.path, "nab");
  const out = wanted ?? await Deno.makeTempDir({ prefix: "perch-nab-" });
  try {
    const all = readSeries(join(root, "data"));
    if (all.length === 0) throw new Error(`${basename(root)}/data holds no csv file`);
    doing(`scoring ${all.length} files`);
    const results = all.map((series) => score(series, series.values.length));
    all.forEach((series, i) => write(out, series, results[i].scores));
    doing("scoring the beginnings of the files again");
    const differing = all.filter((series, i) => {
      const part = score(series, Math.floor(0.6 * series.values.length)).scores;
      return part.some((s, row) => s !== results[i].scores[row]);
    });
    const notes: string[] = [];
    const figures: BenchResult["figures"] = {
      files: all.length,
      rows: results.reduce((sum, { scores }) => sum + scores.length, 0),
    };
    const labels = join(root, "windows.json");
    const labelled = await Deno.readTextFile(labels).then(JSON.parse, () => null);
    if (labelled !== null && shared !== null) {
      doing("the shared scorer");
      await scorer({ figures, notes }, shared, out, labels, threshold);
      const scored = all.flatMap((series, i) =>
        series.key in labelled
          ? [{ scores: results[i].scores, windows: windowsOf(series, labelled[series.key]) }]
          : []
      );
      doing("cross-validation");
      if (threshold === null) crossValidate({ figures, notes }, scored);
    }
    figures.files_whose_prefix_scores_differ = differing.length;
    doing("cost per reading, 5 times over all files");
    figures.us_per_reading = cost(all);
    figures.state_bytes = Math.max(...results.map(({ state }) => streaming.save(state).length));
    return { name: "nab", figures, notes };
  } finally {
    await unpacked?.remove();
    if (wanted === null) await Deno.remove(out, { recursive: true });
  }
}

if (import.meta.main) await alone(run);
