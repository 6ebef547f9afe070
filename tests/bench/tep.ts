/**
 * The machine model on the Tennessee Eastman process (52 variables, 3 minutes apart): trained on
 * the normal run alone, faults from row 160 of their files. The alarm is the model's own; nothing is
 * set on the other runs. Rows before the faults and the second normal run say how often it is false.
 *
 *   deno run -A tests/bench/tep.ts [--data DIR] [--threshold X] [--json FILE]
 */
import { join } from "node:path";
import { type MachineModel, MachineWatch, trainMachine } from "../../lib/detect/forest/machine.ts";
import { alone, NO_SHARED, readArguments, sharedBench, unpack } from "./detect/files.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";

const VARIABLES = 52, FAULT_FROM = 160;
/** Faults that are known to leave hardly a trace in the data. */
const TRACELESS = new Set(["03", "09", "15"]);

/** Rows of 52 numbers; the training file lies on its side. */
function readRun(path: string): { data: Float64Array; rows: number } {
  const lines = Deno.readTextFileSync(path).trim().split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/).map(Number));
  const table = lines.length === VARIABLES && lines[0].length !== VARIABLES
    ? lines[0].map((_, r) => lines.map((line) => line[r]))
    : lines;
  return { data: Float64Array.from(table.flat()), rows: table.length };
}

/** Scores of the rows; NaN while the window fills. */
function scores(model: MachineModel, { data, rows }: ReturnType<typeof readRun>): Float64Array {
  const watch = new MachineWatch(model);
  return Float64Array.from(
    { length: rows },
    (_, r) => watch.take(data.subarray(r * VARIABLES, (r + 1) * VARIABLES))?.score ?? NaN,
  );
}

/** Of the rows that were judged. */
function share(list: Float64Array, at: number): number {
  const judged = list.filter(Number.isFinite);
  return 100 * judged.filter((x) => x >= at).length / judged.length;
}

export async function run(
  args: readonly string[] | BenchOptions,
): Promise<BenchResult> {
  const { data, threshold: given, shared: place } = readArguments(args);
  const threshold = given ?? 0.5;
  const shared = data === null ? sharedBench(place) : null;
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const unpacked = data === null ? await unpack(shared!) : null;
  const root = data ?? join(unpacked!.path, "tep");
  try {
    const training = readRun(join(root, "d00.dat"));
    const names = Array.from({ length: VARIABLES }, (_, c) => `variable ${c + 1}`);
    doing("training on the normal run");
    const start = performance.now();
    const model = trainMachine(names, training.data, training.rows);
    const trained = performance.now();
    const faults = [...Deno.readDirSync(root)].map((entry) => entry.name)
      .filter((name) => /^d\d+_te\.dat$/.test(name) && name !== "d00_te.dat").sort();
    const figures: BenchResult["figures"] = { faults: faults.length, threshold };
    let all = 0, traced = 0, tracedCount = 0, early = 0;
    for (const [i, name] of faults.entries()) {
      doing("faults", i + 1, faults.length);
      const found = scores(model, readRun(join(root, name))), number = name.slice(1, 3);
      const after = share(found.subarray(FAULT_FROM), threshold);
      figures[`fault_${number}_percent`] = after;
      all += after / faults.length;
      early += share(found.subarray(0, FAULT_FROM), threshold) / faults.length;
      if (TRACELESS.has(number)) continue;
      traced += after;
      tracedCount++;
    }
    figures.mean_percent = all;
    figures.mean_without_3_9_15_percent = traced / tracedCount;
    figures.false_before_fault_percent = early;
    const normal = join(root, "d00_te.dat");
    try {
      figures.false_in_normal_run_percent = share(scores(model, readRun(normal)), threshold);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    figures.train_ms = trained - start;
    return { name: "tep", figures };
  } finally {
    await unpacked?.remove();
  }
}

if (import.meta.main) await alone(run);
