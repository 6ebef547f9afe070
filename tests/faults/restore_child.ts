/**
 * Swaps what lies ready in `.restore-x` of a data directory in, or undoes it, or finishes what was begun, and kills
 * itself before the step whose number it is given; without one it says how many steps there were.
 *
 *   restore_child.ts restore|undo|finish DATA_DIR [STEP]
 */
import { finishRestore, undoRestore } from "../../lib/backup/after.ts";
import { doSwap } from "../../lib/backup/moves.ts";
import { plantItems } from "../../lib/backup/plant_files.ts";
import { sabotaged } from "../support/sabotage.ts";
import { NOW_MS } from "../support/restored_plant.ts";

const [what, dataDir, step] = Deno.args;
let steps = 0;
const onStep = () => {
  if (String(steps++) === step) Deno.kill(Deno.pid, "SIGKILL");
};
if (what === "restore") {
  const items = (await plantItems(dataDir, `${dataDir}/perch.db`, ["jwt.key"]))
    .filter(({ name }) => !(sabotaged("restore_keeps_wal") && name.endsWith("-wal")));
  await doSwap(
    dataDir,
    { format: 1, kind: "restore", incoming: ".restore-x", outgoing: "replaced-1", items },
    onStep,
  );
} else if (what === "undo") await undoRestore(dataDir, NOW_MS, onStep);
else await finishRestore(dataDir, onStep);
console.log(steps);
