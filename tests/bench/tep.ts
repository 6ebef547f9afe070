/**
 * Whitening on the Tennessee Eastman process (52 variables, 3 minutes apart): trained on the normal
 * run, faults from row 160 of their files. The threshold is what 1 % of the rows of the second
 * normal run exceed, so false alarms are 1 % by construction; false alarms in the fault files'
 * first 160 rows are measured.
 *
 *   deno run -A tests/bench/tep.ts [--data DIR] [--json FILE]
 */
import { join } from "node:path";
import { quantile } from "../../lib/detect/forest/linalg.ts";
import { DISTANCE_ALARM } from "../../lib/detect/forest/machine.ts";
import { Smoother, Whitening } from "../../lib/detect/forest/whitening.ts";
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

function distances(model: Whitening, { data, rows }: ReturnType<typeof readRun>): Float64Array {
  const smoother = new Smoother(VARIABLES, model.smooth, model.centre);
  return Float64Array.from(
    { length: rows },
    (_, r) => model.distance(smoother.take(data, r)).ratio,
  );
}

const share = (list: Float64Array, at: number) =>
  100 * list.reduce((n, x) => n + (x > at ? 1 : 0), 0) / list.length;

export async function run(
  args: readonly string[] | BenchOptions,
): Promise<BenchResult> {
  const { data, shared: place } = readArguments(args);
  const shared = sharedBench(place);
  if (data === null && shared === null) throw new Error(NO_SHARED);
  const unpacked = data === null ? await unpack(shared!) : null;
  const root = data ?? join(unpacked!.path, "tep");
  try {
    const training = readRun(join(root, "d00.dat"));
    const normal = readRun(join(root, "d00_te.dat"));
    const faults = [...Deno.readDirSync(root)].map((entry) => entry.name)
      .filter((name) => /^d\d+_te\.dat$/.test(name) && name !== "d00_te.dat").sort();
    const figures: BenchResult["figures"] = { faults: faults.length };
    for (const smooth of [1, 20]) {
      doing(smooth === 1 ? "plain distances" : "smoothed distances", smooth === 1 ? 1 : 2, 2);
      const model = Whitening.fit(training.data, training.rows, VARIABLES, { smooth });
      const usual = distances(model, normal);
      const limit = quantile(usual.slice().sort(), 0.99);
      const kind = smooth === 1 ? "plain" : "smoothed";
      let all = 0, traced = 0, tracedCount = 0, early = 0, own = 0;
      for (const name of faults) {
        const d = distances(model, readRun(join(root, name)));
        const found = share(d.subarray(FAULT_FROM), limit), number = name.slice(1, 3);
        figures[`${kind}_fault_${number}_percent`] = found;
        all += found / faults.length;
        own += share(d.subarray(FAULT_FROM), DISTANCE_ALARM) / faults.length;
        early += share(d.subarray(0, FAULT_FROM), limit) / faults.length;
        if (TRACELESS.has(number)) continue;
        traced += found;
        tracedCount++;
      }
      figures[`${kind}_mean_percent`] = all;
      figures[`${kind}_mean_without_3_9_15_percent`] = traced / tracedCount;
      figures[`${kind}_false_before_fault_percent`] = early;
      figures[`${kind}_mean_at_own_alarm_percent`] = own;
      figures[`${kind}_false_at_own_alarm_percent`] = share(usual, DISTANCE_ALARM);
    }
    return { name: "tep", figures };
  } finally {
    await unpacked?.remove();
  }
}

if (import.meta.main) await alone(run);
