/**
 * Exports what a restore of the archive unpacked in ARCHIVE would take away, and kills itself after STEP reports of
 * how far it is: `export_lost_child.ts DATA_DIR ARCHIVE TARGET STEP`. `SABOTAGE=export_final_name` writes the file
 * under its name from the beginning.
 */
import { join } from "node:path";
import { prepareRestore } from "../../lib/backup/restore.ts";
import { copyTree, requestOf } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";

const [dataDir, archive, target, step] = Deno.args;
if (sabotaged("export_final_name")) {
  const open = Deno.open;
  Deno.open = (path, options) => open(`${path}`.replace(/\.partial$/, ""), options);
}
const unpack = async ({ target: folder }: { target: string }) => {
  await copyTree(join(archive, "unpacked"), folder);
  return JSON.parse(await Deno.readTextFile(join(archive, "manifest.json")));
};
const { exportLost } = await prepareRestore(requestOf(dataDir), { unpack }, () => {});
let steps = 0;
await exportLost(target, () => {
  if (String(steps++) === step) Deno.kill(Deno.pid, "SIGKILL");
});
