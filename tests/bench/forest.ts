/**
 * The isolation forest beside scikit-learn's, in the same run: time to fit and score 10 000 x 25
 * with 100 trees on one thread, and AUROC on labelled tables.
 *
 *   deno run -A tests/bench/forest.ts [--data DIR] [--json FILE]
 *
 * DIR holds `*.npz` with X and y. Needs python3-sklearn for the comparison, python3-numpy to read
 * the tables.
 */
import { join } from "node:path";
import { IsolationForest, randomFrom } from "../../lib/detect/forest/isolation.ts";
import {
  alone,
  command,
  NO_SHARED,
  pythonWith,
  readArguments,
  sharedBench,
  unpack,
} from "./detect/files.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";

const ROWS = 10_000, COLUMNS = 25, ROUNDS = 7, SEEDS = 10;

/** Reads a table into raw numbers; with scikit-learn also its AUROC, mean over seeds. */
const TABLE = `
import sys, json, numpy as np
z = np.load(sys.argv[1]); X = np.ascontiguousarray(z["X"], dtype="<f8"); y = z["y"].ravel()
X.tofile(sys.argv[2]); out = {"rows": X.shape[0], "columns": X.shape[1], "y": [int(v) for v in y]}
if sys.argv[3] == "1":
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
    out["auroc"] = float(np.mean([roc_auc_score(y, -IsolationForest(random_state=s).fit(X).score_samples(X)) for s in range(int(sys.argv[4]))]))
print(json.dumps(out))`;

/** Median times of scikit-learn on the same numbers. */
const TIMES = `
import sys, json, time, numpy as np
from sklearn.ensemble import IsolationForest
X = np.fromfile(sys.argv[1], dtype="<f8").reshape(int(sys.argv[2]), int(sys.argv[3])); fit = []; score = []
for s in range(int(sys.argv[4])):
    a = time.perf_counter(); f = IsolationForest(n_estimators=100, random_state=s, n_jobs=1).fit(X)
    b = time.perf_counter(); f.score_samples(X); c = time.perf_counter(); fit.append(b - a); score.append(c - b)
print(json.dumps({"fit": 1000 * float(np.median(fit)), "score": 1000 * float(np.median(score))}))`;

function middle(list: number[]): number {
  return list.sort((a, b) => a - b)[list.length >> 1];
}

/** Area under the ROC curve by ranks; ties count half. */
export function auroc(scores: Float64Array, labels: readonly number[]): number {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
  let ranks = 0, odd = 0;
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && scores[order[j]] === scores[order[i]]) j++;
    for (let k = i; k < j; k++) {
      if (labels[order[k]] !== 1) continue;
      ranks += (i + j + 1) / 2;
      odd++;
    }
    i = j;
  }
  return (ranks - odd * (odd + 1) / 2) / (odd * (order.length - odd));
}

function times(table: Float64Array) {
  const fit: number[] = [], score: number[] = [], one: number[] = [];
  const out = new Float64Array(ROWS);
  for (let seed = 0; seed < ROUNDS; seed++) {
    const a = performance.now();
    const forest = IsolationForest.fit(table, ROWS, COLUMNS, { seed });
    const b = performance.now();
    forest.score(table, ROWS, out);
    const c = performance.now();
    const row = new Float64Array(1);
    for (let r = 0; r < 2000; r++) forest.score(table.subarray(r * COLUMNS), 1, row);
    fit.push(b - a);
    score.push(c - b);
    one.push((performance.now() - c) / 2);
  }
  return { fit: middle(fit), score: middle(score), one: middle(one) };
}

export async function run(
  args: readonly string[] | BenchOptions,
): Promise<BenchResult> {
  const { data, shared: place } = readArguments(args);
  const shared = sharedBench(place);
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const sklearn = await pythonWith("numpy", "sklearn");
  const python = sklearn ?? await pythonWith("numpy");
  const figures: BenchResult["figures"] = {};
  const notes = sklearn === null ? ["python3-sklearn is missing: nothing to compare with"] : [];
  const unpacked = data === null ? await unpack(shared!) : null;
  const root = data ?? join(unpacked!.path, "adbench");
  const scratch = await Deno.makeTempFile();
  try {
    const random = randomFrom(1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const table = Float64Array.from({ length: ROWS * COLUMNS }, normal);
    doing(`own forest: ${ROWS} rows, ${ROUNDS} times`);
    const own = times(table);
    Object.assign(figures, { fit_ms: own.fit, score_ms: own.score, us_for_one_row: own.one });
    if (sklearn !== null) {
      doing(`scikit-learn's: ${ROWS} rows, ${ROUNDS} times`);
      await Deno.writeFile(scratch, new Uint8Array(table.buffer));
      const theirs = JSON.parse(
        await command(sklearn, ["-c", TIMES, scratch, `${ROWS}`, `${COLUMNS}`, `${ROUNDS}`]),
      );
      Object.assign(figures, {
        sklearn_fit_ms: theirs.fit,
        sklearn_score_ms: theirs.score,
        times_faster_than_sklearn: (theirs.fit + theirs.score) / (own.fit + own.score),
      });
    }
    if (python === null) return { name: "forest", figures, notes };
    const names = [...Deno.readDirSync(root)].map((e) => e.name).filter((n) => n.endsWith(".npz"));
    let worst = 0;
    for (const [i, name] of names.sort().entries()) {
      doing(`table ${name}, ${SEEDS} seeds`, i + 1, names.length);
      const read = JSON.parse(
        await command(python, [
          "-c",
          TABLE,
          join(root, name),
          scratch,
          sklearn === null ? "0" : "1",
          `${SEEDS}`,
        ]),
      );
      const rows = new Float64Array((await Deno.readFile(scratch)).buffer);
      let sum = 0;
      for (let seed = 0; seed < SEEDS; seed++) {
        const forest = IsolationForest.fit(rows, read.rows, read.columns, { seed });
        sum += auroc(forest.score(rows, read.rows), read.y) / SEEDS;
      }
      const key = name.replace(/\.npz$/, "").replace(/^\d+_/, "");
      figures[`auroc_${key}`] = sum;
      if (read.auroc === undefined) continue;
      figures[`auroc_${key}_sklearn`] = read.auroc;
      worst = Math.max(worst, read.auroc - sum);
    }
    if (sklearn !== null) figures.auroc_most_below_sklearn = worst;
    return { name: "forest", figures, notes };
  } finally {
    await Deno.remove(scratch);
    await unpacked?.remove();
  }
}

if (import.meta.main) await alone(run);
