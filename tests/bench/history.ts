/** History for years: what queries over it take. Each part measures beside something else of the same run. */
import { benchFolder, type BenchOptions, type BenchResult } from "../support/bench.ts";
import { tierFigures } from "./history/tiers.ts";

/** The parts, by name; each gives its figures. */
const PARTS: Record<string, (folder: string, options: BenchOptions) => Promise<Figures>> = {
  tiers: tierFigures,
};

type Figures = Record<string, number>;

/** Figures of all parts, or of those that `BENCH_PARTS` names, with commas between them. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const wanted = Deno.env.get("BENCH_PARTS")?.split(",");
  const figures: Figures = {};
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const folder = await benchFolder(options);
    try {
      for (const [key, figure] of Object.entries(await part(folder.path, options))) {
        figures[`${name}_${key}`] = figure;
      }
    } finally {
      await folder.remove();
    }
  }
  return { name: "history", figures };
}
