/**
 * Approves the open correction of a data directory, or takes the one in place back, and kills itself before the step
 * whose number it is given.
 *
 *   correction_kill_child.ts approve|rollback DATA_DIR STEP
 */
import { admin, openCorrectionSite } from "../support/script_faults/site.ts";
import { countSteps } from "../support/steps.ts";

const [work, dataDir, step] = Deno.args;
let begun = false;
const steps = countSteps(dataDir, (n) => {
  if (begun && n >= Number(step)) Deno.kill(Deno.pid, "SIGKILL");
});
const onWrite = (name: string) => begun && steps.step(name);
const site = await openCorrectionSite(dataDir, { source: null, onWrite });
await site.corrections.load();
const [one] = await site.corrections.ofFault(1);
site.corrections.show([one], "ann");
begun = true;
const from = steps.names.length;
if (work === "approve") {
  await site.corrections.approve(1, { diffHash: one.diffHash, ...admin(site) });
} else await site.corrections.rollBack(1, admin(site).asker, admin(site).by);
console.log(JSON.stringify({ from, names: steps.names.slice(from) }));
steps.end();
await site.close();
