import { benchFolder, type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { forwardPart } from "./scale/forward.ts";
import { historyServerFigures } from "./scale/history_server.ts";
import { nodesPart } from "./scale/nodes.ts";

/*
 * What carries more than one host: several nodes on one libSQL server, long history on a server beside Perch, and ten
 * edges that forward to one. `--quick` makes every part short.
 */

/** Runs all parts; see the names of the figures. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const figures: BenchResult["figures"] = {};
  const notes: string[] = [];
  await nodesPart(figures, notes, options.quick === true);
  doing("long history on a server");
  const folder = await benchFolder(options);
  try {
    const history = await historyServerFigures(folder.path, options);
    for (const [name, figure] of Object.entries(history)) figures[`history_${name}`] = figure;
  } finally {
    await folder.remove();
  }
  await forwardPart(figures, notes, options.quick === true);
  return { name: "scale", figures, notes };
}
