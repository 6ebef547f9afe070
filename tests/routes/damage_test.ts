import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type App, buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { firstRelease } from "../support/release.ts";

const SENSOR = "hall-1/press-3/vibration";
const START_MS = Date.UTC(2026, 10, 19);

/** An admin knows of the damage: all is well again, until there is more. */
async function acknowledged(
  app: App,
  url: string,
  ask: (path: string) => Promise<string>,
): Promise<void> {
  const { access, damage, storage, storageTroubles } = app.parts();
  const list = async () => JSON.parse(await ask("/api/damage"));
  const [item] = (await list()).items;
  assert.deepEqual([item.sensor, item.readings, item.acknowledged_ms], [SENSOR, 6_000, null]);
  assert.equal(item.sensor_name, "vibration (Press 3)");
  const card = await ask("/sources");
  assert.match(card, /Damaged readings/);
  assert.ok(card.includes('<th scope="row">vibration (Press 3)</th>'), "as the alarm names it");
  const keyOf = async (role: "viewer" | "admin") =>
    (await access.keys.add({ name: role, role }, systemActor("test"))).key;
  const keys = { viewer: await keyOf("viewer"), admin: await keyOf("admin") };
  const send = (role: keyof typeof keys, path: string, body: BodyInit) =>
    fetch(url + path, {
      method: "POST",
      redirect: "manual",
      headers: {
        authorization: `Bearer ${keys[role]}`,
        ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
      },
      body,
    });
  const path = "/api/damage/acknowledge";
  assert.equal((await send("viewer", path, "{}")).status, 403);
  const early = await send(
    "admin",
    `${path}?`,
    JSON.stringify({ found_until_ms: item.found_ms - 1 }),
  );
  assert.deepEqual(await early.json(), { acknowledged: 0 });
  assert.equal(storageTroubles.worst()?.name, "damage");

  const form = new URLSearchParams({ found_until_ms: `${item.found_ms}` });
  assert.equal((await send("admin", "/sources/damage", form)).status, 303);
  assert.equal(storageTroubles.worst(), null);
  assert.equal((await list()).items[0].acknowledged_ms > 0, true);
  assert.equal(JSON.parse(await ask("/api/status")).overall, "Healthy");
  const alarms = async () => JSON.parse(await ask("/api/alarms?state=active")).items;
  while (JSON.stringify(await alarms()).includes("Stored readings are damaged")) {
    await new Promise((r) => setTimeout(r, 50));
  }
  const { rows } = await storage.db.query({
    sql: "SELECT count(*) FROM audit WHERE action = 'damage.acknowledge'",
  });
  assert.equal(rows[0][0], 1);
  assert.equal((await damage.all()).length, 1);

  // More of it is told again.
  const { rows: [[other]] } = await storage.db.query({
    sql: "SELECT max(id) FROM chunks WHERE id <> ?",
    args: [item.ref],
  });
  await storage.db.write([{ sql: "UPDATE chunks SET data = x'02' WHERE id = ?", args: [other] }]);
  while (!(await storage.readings.check("full")).finished);
  while (storageTroubles.worst()?.name !== "damage") {
    await new Promise((r) => setTimeout(r, 50));
  }
  assert.match(storageTroubles.worst()!.detail, /1 part is not/);
}

Deno.test("damage: answers, downloads, the sensor's page, the state of the storage, an alarm and an event all say it", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-damaged-" });
  await firstRelease().unpack(dataDir);
  const db = new DatabaseSync(`${dataDir}/perch.db`);
  const { id } = db.prepare(
    "SELECT chunks.id FROM chunks JOIN sensors ON num = chunks.sensor WHERE name = ?",
  ).get(SENSOR)!;
  db.exec(`UPDATE chunks SET data = cast(x'02ff' || substr(data, 3) AS BLOB) WHERE id = ${id}`);
  db.close();
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
  });
  const app = buildApp({ config, version: "0.0.0-test", log: silentLog() });
  try {
    const { url } = await app.start();
    const { access, events, storageTroubles } = app.parts();
    const { key } = await access.keys.add({ name: "d", role: "viewer" }, systemActor("test"));
    const ask = async (path: string) => {
      const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
      assert.equal(response.status, 200, path);
      return await response.text();
    };
    const readings = (query: string) =>
      ask(`/api/readings?sensor=${SENSOR}&from=${START_MS}&to=${START_MS + DAY_MS}&${query}`);

    // In the fixture the chunk has six thousand readings in 25 hours.
    const raw = JSON.parse(await readings("points=0"));
    assert.deepEqual([raw.t, raw.v], [[], []]);
    const [{ from, to, readings: n, reason }] = raw.damaged;
    assert.deepEqual([from, to, n], [START_MS, START_MS + DAY_MS, 6_000]);
    assert.ok(reason.length > 10, reason);
    const fine = JSON.parse(await readings("points=10000"));
    assert.deepEqual([fine.damaged.length, fine.damaged[0].from], [1, START_MS]);
    const whole = JSON.parse(
      await readings("points=0").then(() =>
        ask(`/api/readings?sensor=hall-1/oven/door&from=0&to=4000000000000&points=0`)
      ),
    );
    assert.deepEqual([whole.t.length, whole.damaged], [1_200, undefined]);

    const csv = (await readings("points=0&format=csv")).split("\r\n");
    assert.match(csv[1], /,damaged until 2026-11-20T00:00:00.000Z,,damaged$/);
    const buckets = (await readings("points=24&format=csv")).split("\r\n");
    assert.equal(buckets[0], "ts,time,sensor,min,mean,max,n,unit,note");
    assert.match(buckets[1], /,damaged until 2026-11-20T00:00:00.000Z,,,,,damaged$/);
    const [line] = (await readings("points=0&format=ndjson")).split("\n");
    assert.deepEqual(JSON.parse(line), {
      sensor: SENSOR,
      error: "damaged",
      from_ms: from,
      from,
      to_ms: to,
      to,
      readings: n,
      reason,
    });

    const page = await ask(
      `/sensors/${encodeURIComponent(SENSOR)}?from=2026-11-19T00:00&to=2026-11-20T00:00`,
    );
    assert.match(page, /Stored readings of this range are damaged/);

    const until = async (holds: () => Promise<boolean> | boolean) => {
      while (!await holds()) await new Promise((r) => setTimeout(r, 50));
    };
    await until(() => storageTroubles.worst()?.name === "damage");
    assert.match(
      storageTroubles.worst()!.detail,
      // As people call the sensor, and in the site's time.
      /6000 readings of vibration \(Press 3\) from 2026-11-\d\d \d\d:\d\d:\d\d to/,
    );
    const { items } = await events.list({});
    const [event] = items.filter(({ type }) => type === "readings.damaged");
    assert.equal(event.severity, "critical");
    const status = JSON.parse(await ask("/api/status"));
    assert.equal(status.overall, "Degraded");
    await until(async () => /Stored readings are damaged/.test(await ask("/api/alarms")));
    await acknowledged(app, url, ask);
    assert.equal(JSON.parse(await readings("points=0")).damaged.length, 1, "the gap stays marked");
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
