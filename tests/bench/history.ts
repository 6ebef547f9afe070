/** History for years: what queries over it take. Each part measures beside something else of the same run. */
import { benchFolder, type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { exportFigures } from "./history/exports.ts";
import { importFigures } from "./history/imports.ts";
import { measureReport } from "./history/report.ts";
import { tierFigures } from "./history/tiers.ts";

/** The parts, by name; each gives its figures. */
const PARTS: Record<string, (folder: string, options: BenchOptions) => Promise<Part>> = {
  tiers: async (folder, options) => ({ figures: await tierFigures(folder, options) }),
  import: importFigures,
  export: async (folder, options) => ({ figures: await exportFigures(folder, options) }),
  report: async (_, options) => ({ figures: await measureReport(options) }),
};

type Part = Pick<BenchResult, "figures" | "notes">;

/** Figures of all parts, or of those that `BENCH_PARTS` names, with commas between them. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const wanted = Deno.env.get("BENCH_PARTS")?.split(",");
  const figures: BenchResult["figures"] = {};
  const notes: string[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    doing(name);
    const folder = await benchFolder(options);
    try {
      const one = await part(folder.path, options);
      for (const [key, figure] of Object.entries(one.figures)) figures[`${name}_${key}`] = figure;
      notes.push(...one.notes ?? []);
    } finally {
      await folder.remove();
    }
  }
  return { name: "history", figures, notes };
}
