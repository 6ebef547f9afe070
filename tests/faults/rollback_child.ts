/**
 * Perch with the migrations of another release, as a process that can be killed: `rollback_child.ts DATA_DIR FOLDER`.
 * Says its address and a key as JSON when it is ready.
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { VERSION } from "../../lib/base/version.ts";

const [dataDir, migrationsFolder] = Deno.args;
const config = parseConfig({
  PERCH_DATA: dataDir,
  PERCH_HOST: "127.0.0.1",
  PERCH_PORT: "0",
  MQTT_PORT: "0",
});
const app = buildApp({ config, version: VERSION, log: silentLog(), migrationsFolder });
const { url } = await app.start();
const name = `drill ${crypto.randomUUID().slice(0, 8)}`;
const { key } = await app.parts().access.keys.add({ name, role: "admin" }, systemActor("drill"));
console.log(JSON.stringify({ url, key }));
