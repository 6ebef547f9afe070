/**
 * The machine model on SKAB (a pump rig, 8 sensors, 1 Hz), one setting for every file.
 *
 *   deno run -A tests/bench/skab.ts [--data DIR] [--out DIR] [--threshold X] [--json FILE]
 *
 * DIR holds `<folder>/<file>.csv`; the first 400 rows of a file are for training, as published.
 * Results go to OUT in the scorer's layout, `anomaly` where the score reaches the threshold
 * (default: the model's own 0.5). Without --data the development archive in ../shared/bench.
 */
import { join } from "node:path";
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

function score(rig: Rig, model: MachineModel, rows: number): Float64Array {
  const d = rig.sensors.length, watch = new MachineWatch(model);
  return Float64Array.from(
    { length: rows },
    (_, r) => watch.take(rig.data.subarray(r * d, (r + 1) * d))?.score ?? 0,
  );
}

/** F1 (%: FAR, MAR) over all files at a threshold, or with the forest alone. */
function judged(rigs: readonly Rig[], scores: readonly Float64Array[], threshold: number) {
  let tp = 0, fp = 0, fn = 0, tn = 0;
  rigs.forEach(({ labels, rows }, k) => {
    for (let r = TRAINING_ROWS; labels !== null && r < rows; r++) {
      const said = scores[k][r] >= threshold;
      if (labels[r] === 1) said ? tp++ : fn++;
      else said ? fp++ : tn++;
    }
  });
  return { f1: tp / (tp + (fp + fn) / 2), far: 100 * fp / (fp + tn), mar: 100 * fn / (fn + tp) };
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
    const scores = rigs.map((rig, k) => score(rig, models[k], rig.rows));
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
      score(rig, models[k], Math.floor(0.6 * rig.rows)).some((s, r) => s !== scores[k][r])
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
      const near = [0.9, 1.1].map((by) => judged(rigs, scores, threshold * by));
      figures.f1_at_threshold_less_tenth = near[0].f1;
      figures.f1_at_threshold_more_tenth = near[1].f1;
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
