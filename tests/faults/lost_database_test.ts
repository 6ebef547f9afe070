/**
 * What people and devices see when the database is taken away from a running Perch, and when damage cut off the
 * end of its log before the start. `SABOTAGE=identity` takes nothing away, `SABOTAGE=damage` damages nothing: then
 * nothing may be said. The look at the files itself has its control in owner_test.ts.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import mqtt from "mqtt";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { copyDir, makeDatabases } from "../support/damaged_start.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

async function withDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-lost-" });
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function build(dataDir: string) {
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
  });
  return buildApp({ config, version: "0.0.0-test", log: silentLog() });
}

Deno.test("a database deleted under a running Perch: HTTP 503 with the reason, MQTT unacknowledged, health red", () =>
  withDir(async (dir) => {
    const app = build(dir);
    const { url } = await app.start();
    const { access, broker, components } = app.parts();
    const actor = { kind: "system", id: null, name: "t", address: null, agent: null } as const;
    const { key } = await access.keys.add({ name: "k", role: "admin" }, actor);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const ingest = (value: number) =>
      fetch(`${url}/api/ingest`, {
        method: "POST",
        headers,
        body: JSON.stringify({ machine: "m", sensor: "s", value }),
      });
    const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker!.port()}`);
    let acknowledged = 0;
    const publish = () =>
      device.publish("factory/m/s", "1", { qos: 1 }, (error) => void (error ? 0 : acknowledged++));
    try {
      assert.equal((await ingest(1)).status < 300, true);
      publish();
      await until("the acknowledgement", () => acknowledged === 1 || null);
      if (!sabotaged("identity")) await Deno.remove(join(dir, "perch.db"));
      const refused = await ingest(2);
      const problem = await refused.json();
      assert.equal(refused.status, 503);
      assert.match(problem.detail, /perch\.db was deleted while Perch ran/);
      publish();
      const health = await fetch(`${url}/health`);
      const { reason, overall } = await health.json();
      assert.deepEqual([health.status, overall], [503, "Error"]);
      assert.match(reason, /was deleted while Perch ran/);
      const storage = components.all().find(({ name }) => name === "storage");
      assert.match(storage!.detail, /was deleted while Perch ran/);
      assert.equal((await ingest(3)).status, 503);
      // What was stored before can still be read.
      const read = await fetch(`${url}/api/readings?sensor=m/s&from=0&points=0`, { headers });
      assert.equal((await read.json()).v.length, 2);
      assert.equal(acknowledged, 1);
    } finally {
      await device.endAsync(true);
      await app.stop();
    }
    assert.ok(![...Deno.readDirSync(dir)].some(({ name }) => name === "perch.db"));
  }));

Deno.test("a log that damage cut off: the start says how much, keeps a copy, raises an alarm, until a person has looked", () =>
  withDir(async (root) => {
    const { killed } = await makeDatabases(root);
    const dir = join(root, "damaged");
    await copyDir(killed, dir);
    const log = join(dir, "perch.db-wal");
    const bytes = Deno.readFileSync(log);
    if (!sabotaged("damage")) bytes[Math.floor(bytes.length / 2)] ^= 1;
    Deno.writeFileSync(log, bytes);
    const said =
      /at least \d+ transactions \(\d+ pages\) that had been acknowledged could not be read/;
    const copies = () =>
      [...Deno.readDirSync(dir)].filter(({ name }) => /-wal\.cut-.*Z$/.test(name));
    for (const start of ["the first", "the next"]) {
      const app = build(dir);
      await app.start();
      try {
        const { components, alarms, events } = app.parts();
        const part = components.all().find(({ name }) => name === "recovery");
        assert.equal(part?.health, "error", start);
        assert.match(part!.detail, said);
        const [copy, ...more] = copies();
        assert.deepEqual(more, []);
        assert.ok(part!.detail.includes(join(dir, copy.name)));
        assert.deepEqual(Deno.readFileSync(join(dir, copy.name)), bytes);
        const alarm = await until("the alarm", async () => {
          const { items } = await alarms.list({ limit: 50 });
          return items.find((one) => said.test(JSON.stringify(one))) ?? null;
        }, 40_000);
        assert.equal(alarm.severity, "critical");
        const logged = await events.list({ limit: 50 });
        assert.ok(logged.items.some(({ subject }) => subject === `alarm:${alarm.id}`), start);
      } finally {
        await app.stop();
      }
    }
    const kept = join(dir, copies()[0].name);
    await Deno.remove(kept);
    await Deno.remove(`${kept}.json`);
    const app = build(dir);
    await app.start();
    assert.equal(app.parts().components.all().some(({ name }) => name === "recovery"), false);
    await app.stop();
  }));
