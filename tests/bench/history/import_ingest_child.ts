/** A Perch that imports when it is told. Arguments: data directory, dump. Says its address, and what was stored. */
import { systemActor } from "../../../lib/access/audit_row.ts";
import { buildApp } from "../../../lib/app.ts";
import { parseConfig } from "../../../lib/base/config.ts";
import { silentLog } from "../../../lib/base/log.ts";
import { freePort } from "../../support/port.ts";

const [dataDir, dump] = Deno.args;
const port = freePort();
const config = parseConfig({
  PERCH_DATA: dataDir,
  PERCH_HOST: "127.0.0.1",
  PERCH_PORT: String(port),
  MQTT_PORT: "0",
});
const app = buildApp({ config, version: "0.0.0-bench", log: silentLog() });
await app.start();
console.log(`http://127.0.0.1:${port}`);
const { imports, jobs, access } = app.parts();
for await (const _ of Deno.stdin.readable) {
  const { id } = await imports.order({
    ...{ file: dump, name: "dump.lp", format: "influx-line", options: { precision: "ns" } },
    ...{ mapping: [], others: "suggested", dry_run: false },
  }, {
    name: "bench",
    audited: (change) => access.audit.statement({ actor: systemActor("bench"), ...change }),
  });
  let job = await jobs.find("import", id);
  while (job?.state === "waiting" || job?.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, 20));
    job = await jobs.find("import", id);
  }
  if (job?.state !== "done") throw new Error(job?.error ?? "the import is gone");
  console.log(job.result!.stored);
}
await app.stop();
Deno.exit(0);
