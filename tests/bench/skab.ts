/**
 * The machine model on SKAB (a pump rig, 8 sensors, 1 Hz), one setting for every file.
 *
 *   deno run -A tests/bench/skab.ts [--data DIR] [--out DIR] [--threshold X] [--json FILE]
 *
 * DIR holds `<folder>/<file>.csv`; the first 400 rows of a file are for training, as published.
 * Results go to OUT in the scorer's layout, `anomaly` where the score reaches the threshold
 * (default: the model's own 0.5). Without --data the development archive in ../shared/bench.
 *
 * `folds_…`: each group of experiments (folder) with the alarm level that is best on the other
 * groups, among those with at most 16 % false alarms there.
 */
import { join } from "node:path";
import { Lasting } from "../../lib/detect/forest/lasting.ts";
import {
  type MachineModel,
  MachineWatch,
  saveMachine,
  trainMachine,
} from "../../lib/detect/forest/machine.ts";
import {
  alone,
  command,
  csvFiles,
  NO_SHARED,
  pythonWith,
  readArguments,
  readTable,
  sharedBench,
  unpack,
  writeText,
} from "./detect/files.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";

const TRAINING_ROWS = 400;
/** Alarm levels that folds choose among, and their most false alarms, percent. */
const LEVELS = Array.from({ length: 17 }, (_, i) => 0.6 + 0.05 * i);
const MOST_FALSE = 16;
const FOLDERS = /^(other|valve1|valve2)\//;

interface Rig {
  key: string;
  stamps: string[];
  sensors: string[];
  data: Float64Array;
  rows: number;
  labels: Uint8Array | null;
}

function readRig(root: string, key: string): Rig {
  const { head, rows } = readTable(join(root, key));
  const known = new Set(["datetime", "anomaly", "changepoint"]);
  const columns = head.map((_, i) => i).filter((i) => !known.has(head[i]));
  const label = head.indexOf("anomaly");
  return {
    key,
    stamps: rows.map((row) => row[head.indexOf("datetime")]),
    sensors: columns.map((i) => head[i]),
    data: Float64Array.from(rows.flatMap((row) => columns.map((i) => Number(row[i])))),
    rows: rows.length,
    labels: label < 0 ? null : Uint8Array.from(rows, (row) => Number(row[label])),
  };
}

/** Scores of the rows, and what each row asked for by itself. */
function score(rig: Rig, model: MachineModel, rows: number) {
  const d = rig.sensors.length, watch = new MachineWatch(model);
  const scores = new Float64Array(rows), evidence = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const judgement = watch.take(rig.data.subarray(r * d, (r + 1) * d));
    scores[r] = judgement?.score ?? 0;
    evidence[r] = judgement?.evidence ?? 0;
  }
  return { scores, evidence };
}

interface Counts {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** Counts of the files when alarms begin at `level` times the model's own. */
function judged(
  rigs: readonly Rig[],
  evidence: readonly Float64Array[],
  level: number,
  wanted: (rig: Rig) => boolean = () => true,
): Counts {
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  rigs.forEach((rig, k) => {
    if (!wanted(rig) || rig.labels === null) return;
    const alarm = new Lasting();
    for (let r = 0; r < rig.rows; r++) {
      const said = alarm.take(evidence[k][r] / level) >= 1;
      if (r < TRAINING_ROWS) continue;
      if (rig.labels[r] === 1) said ? counts.tp++ : counts.fn++;
      else said ? counts.fp++ : counts.tn++;
    }
  });
  return counts;
}

const f1 = ({ tp, fp, fn }: Counts) => tp / (tp + (fp + fn) / 2);
const far = ({ fp, tn }: Counts) => 100 * fp / Math.max(1, fp + tn);

/** Each group judged with the level that the other groups choose. */
function inFolds(rigs: readonly Rig[], evidence: readonly Float64Array[]): Counts {
  const groupOf = ({ key }: Rig) => key.split("/")[0];
  const sum = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (const group of new Set(rigs.map(groupOf))) {
    const worth = (level: number) => {
      const counts = judged(rigs, evidence, level, (rig) => groupOf(rig) !== group);
      return far(counts) <= MOST_FALSE ? f1(counts) : -far(counts);
    };
    const best = LEVELS.map((level) => ({ level, worth: worth(level) }))
      .reduce((a, b) => b.worth > a.worth ? b : a);
    const counts = judged(rigs, evidence, best.level, (rig) => groupOf(rig) === group);
    for (const key of ["tp", "fp", "fn", "tn"] as const) sum[key] += counts[key];
  }
  return sum;
}

export async function run(
  args: readonly string[] | BenchOptions,
): Promise<BenchResult> {
  const { data, out: wanted, threshold: given, shared: place } = readArguments(args);
  const threshold = given ?? 0.5;
  const shared = sharedBench(place);
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const unpacked = data === null ? await unpack(shared!) : null;
  const root = data ?? join(unpacked!.path, "skab");
  const out = wanted ?? await Deno.makeTempDir({ prefix: "perch-skab-" });
  try {
    const rigs = csvFiles(root).filter((key) => FOLDERS.test(key)).map((key) => readRig(root, key));
    if (rigs.length === 0) {
      throw new Error("--data needs other/, valve1/ or valve2/ with csv files");
    }
    const start = performance.now();
    doing(`training on ${rigs.length} files`);
    const models = rigs.map((rig) => trainMachine(rig.sensors, rig.data, TRAINING_ROWS));
    const trained = performance.now();
    doing("scoring the files");
    const found = rigs.map((rig, k) => score(rig, models[k], rig.rows));
    const scores = found.map((one) => one.scores), evidence = found.map((one) => one.evidence);
    const scored = performance.now();
    rigs.forEach((rig, k) => {
      const lines = Array.from(
        scores[k],
        (s, r) => `${rig.stamps[r]};${s >= threshold ? 1 : 0};${s}`,
      );
      writeText(join(out, rig.key), `datetime;anomaly;anomaly_score\n${lines.join("\n")}\n`);
    });
    doing("scoring the beginnings of the files again");
    const differing = rigs.filter((rig, k) =>
      score(rig, models[k], Math.floor(0.6 * rig.rows)).scores.some((s, r) => s !== scores[k][r])
    );
    const rows = rigs.reduce((sum, rig) => sum + rig.rows, 0);
    const figures: BenchResult["figures"] = { files: rigs.length, rows, threshold };
    const python = shared === null ? null : await pythonWith("numpy");
    if (python !== null && rigs.every((rig) => rig.labels !== null)) {
      doing("the shared scorer");
      const script = join(shared!, "score/skab_score.py");
      const files = await Deno.makeTempFile();
      await Deno.writeTextFile(files, rigs.map((rig) => rig.key).join("\n"));
      for (const folder of ["other", "valve1", "valve2"]) {
        await Deno.mkdir(join(out, folder), { recursive: true });
      }
      const json = JSON.parse(
        await command(python, [script, out, "--data", root, "--files", files, "--json"]),
      );
      await Deno.remove(files);
      figures.f1 = json.F1;
      figures.false_alarm_percent = json.FAR_percent;
      figures.missed_percent = json.MAR_percent;
    }
    if (rigs.every((rig) => rig.labels !== null)) {
      const folds = inFolds(rigs, evidence);
      figures.folds_f1 = f1(folds);
      figures.folds_false_alarm_percent = far(folds);
      figures.f1_at_level_less_tenth = f1(judged(rigs, evidence, 0.9));
      figures.f1_at_level_more_tenth = f1(judged(rigs, evidence, 1.1));
    }
    figures.files_whose_prefix_scores_differ = differing.length;
    figures.train_ms_per_file = (trained - start) / rigs.length;
    figures.us_per_row = 1000 * (scored - trained) / rows;
    figures.model_bytes = Math.max(...models.map((model) => saveMachine(model).length));
    return { name: "skab", figures };
  } finally {
    await unpacked?.remove();
    if (wanted === null) await Deno.remove(out, { recursive: true });
  }
}

if (import.meta.main) await alone(run);
