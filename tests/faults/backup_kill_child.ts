/**
 * Writes to the plant in the folder of its argument and makes backups of it, one after the other; says `made FILE`
 * after each, and the name of each stage. Argument 2: number of the first one. `SABOTAGE=final_name` writes them under their final names.
 */
import { join } from "node:path";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { openConnection } from "../../lib/db/connection.ts";
import { backUp, requestFor } from "../support/backup.ts";
import { sabotaged } from "../support/sabotage.ts";

const [folder, first] = Deno.args;
const connection = await openConnection({ url: `file:${join(folder, "perch.db")}` });
const write = () => connection.write([{ sql: "INSERT INTO ballast VALUES (randomblob(500))" }]);
setInterval(write, 20);

const worker = createBackupWorker();
const make = sabotaged("final_name") ? underFinalName() : worker.make;
say("ready");
for (let sequence = Number(first);; sequence++) {
  const request = requestFor(folder, sequence);
  let last = "";
  await make(request, ({ stage }) => {
    if (stage !== last) say(last = stage);
  });
  say(`made ${request.target}`);
}

/** As if there were no name for what is not whole yet. */
function underFinalName(): typeof backUp {
  const open = Deno.open;
  Deno.open = (path, options) => open(`${path}`.replace(/\.partial$/, ""), options);
  Deno.rename = () => Promise.resolve();
  return backUp;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}
