/**
 * Perch with two computed sensors, fed with a seeded stream from where the database stands up to `to`; some readings
 * come late. It prints `ready` when it feeds, `done` and the results when all is computed, and ends.
 * Arguments: data directory, `to`, "" or "forget" (a deliberate break: what was not computed yet is forgotten).
 */
import { buildApp } from "../../lib/app.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { specShape } from "../../lib/computed/spec.ts";
import { createClient } from "@libsql/client";
import { until } from "../support/until.ts";
import { groupsOf, inputOf, resultsFor } from "../support/computed_stream.ts";

const [dataDir, to, sabotage] = Deno.args;
if (sabotage === "forget") await forget();
const config = parseConfig({
  PERCH_DATA: dataDir,
  PERCH_HOST: "127.0.0.1",
  PERCH_PORT: "0",
  MQTT_PORT: "0",
  COMMIT_INTERVAL_MS: "10",
});
const app = buildApp({ config, version: "0.0.0-test", log: silentLog() });
await app.start();
const { intake, computed, registry, access, storage } = app.parts();
const offer = (drafts: { sensor: string; tMs: number; value: number }[]) =>
  intake.offerBatch({ source: "test", topic: "test", drafts, rejects: [] });

if (registry.find("m/total") === undefined) {
  await offer([inputOf("a", 0), inputOf("b", 0)]);
  for (
    const [name, how, inputs] of [["m/total", "total", ["m/a"]], ["m/sum", "sum", [
      "m/a",
      "m/b",
    ]]] as const
  ) {
    const spec = specShape.parse({ how, inputs: inputs.map((sensor) => ({ sensor })) });
    await computed.add(
      { name, spec },
      (change) => access.audit.statement({ actor: systemActor("test"), ...change }),
    );
  }
}
console.log("ready");
const range = { fromMs: 0, toMs: Date.UTC(2100, 0, 1), limit: 100_000 };
const stored = new Set<string>();
for (const name of ["a", "b"]) {
  const { tMs } = await storage.readings.raw({ sensor: registry.find(`m/${name}`)!.num, ...range });
  for (const t of tMs) stored.add(`${name} ${t}`);
}
for (const group of groupsOf(Number(to))) {
  const fresh = group.filter(({ sensor, tMs }) => !stored.has(`${sensor.slice(2)} ${tMs}`));
  if (fresh.length === 0) continue;
  await offer(fresh);
  await new Promise((resolve) => setTimeout(resolve, 4));
}
const results = async () => {
  const found: Record<string, [number, number][]> = {};
  for (const name of ["total", "sum"]) {
    const sensor = registry.find(`m/${name}`)!.num;
    const { tMs, value } = await storage.readings.raw({ sensor, ...range });
    found[name] = Array.from(tMs, (t, i) => [t, value[i]]);
  }
  return JSON.stringify(found);
};
const wanted = JSON.stringify(resultsFor(Number(to)));
let last = "";
// What is wrong is said by the one who started this.
await until("the results", async () => (last = await results()) === wanted || null, 12_000)
  .catch(() => {});
console.log(`done ${last}`);
await app.stop();

async function forget(): Promise<void> {
  const client = createClient({ url: `file:${dataDir}/perch.db` });
  try {
    await client.execute("UPDATE computed_sensors SET recompute_ms = NULL");
    await client.execute(
      "INSERT OR REPLACE INTO journal_cursors SELECT 'computed', max(id) FROM " +
        "(SELECT id FROM journal_a UNION ALL SELECT id FROM journal_b)",
    );
  } catch {
    /* there is none yet */
  } finally {
    client.close();
  }
}
