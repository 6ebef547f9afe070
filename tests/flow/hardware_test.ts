/** From a folder of the kernel to a reading on disk: sensors at this host, added by a person. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { HardwareInputJson, HardwareJson } from "../../lib/sources/hardware/view.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { fakeGpiomon } from "../support/fake_gpiomon.ts";
import { sysTree } from "../support/sys_tree.ts";
import { until } from "../support/until.ts";

const W1 = "w1:28-00000a1b2c3d";
const PIN = "gpio:pinctrl-bcm2711:17";
const DRIVER = `export const read = (state, { files }) => files
  ? { state, values: [{ name: "one", value: Number(files["/sys/class/thermal/thermal_zone0/temp"]) / 2 }] }
  : { state, read: ["/sys/class/thermal/thermal_zone0/temp"] };`;
const ENDLESS = `export const read = (state) => ({ state, list: ["/sys/class/hwmon"] });`;

const json = (role: "admin" | "viewer", method: string, body?: unknown) => ({
  role,
  method,
  headers: { "content-type": "application/json" },
  body: body === undefined ? undefined : JSON.stringify(body),
});

async function lastOf({ ask }: RunningApp, sensor: string): Promise<number | null> {
  const answer = await ask("/api/sensors");
  const { items } = await answer.json();
  return items.find(({ name }: { name: string }) => name === sensor)?.last?.value ?? null;
}

Deno.test("hardware: what hangs on the host is shown, added, read, renamed and removed", async () => {
  await using tree = await sysTree("pi4");
  await using gpiomon = await fakeGpiomon("2.2.1");
  const app = await runApp({}, { hardware: { root: tree.root, path: gpiomon.path } });
  const { ask, parts } = app;
  const view = async (): Promise<HardwareJson> => await (await ask("/api/hardware")).json();
  try {
    // A host without inputs does nothing; looking is asked for.
    assert.deepEqual((await view()).channels, []);
    await Deno.mkdir(join(app.dataDir, "drivers"), { recursive: true });
    await Deno.writeTextFile(join(app.dataDir, "drivers/half.js"), DRIVER);
    await Deno.writeTextFile(join(app.dataDir, "drivers/endless.js"), ENDLESS);
    await parts.scripts.look();
    assert.equal((await ask("/api/hardware/look", json("viewer", "POST"))).status, 403);
    await parts.hardware.look();
    const { channels, notes } = await view();
    const of = (id: string) => channels.find((one) => one.id === id)!;
    assert.equal(of(W1).value, 21.437);
    assert.match(of("w1:28-00000a1b2c3f").fault!, /127.937 °C cannot be/);
    assert.equal(of("driver:half:one").value, 25560.5);
    assert.match(notes.join("\n"), /endless fails: it asks for files again and again/);
    await until("the fault of the driver", async () => {
      await parts.faults.look();
      return parts.faults.open().find(({ component }) => component === "driver:endless") ?? null;
    });

    const add = (body: unknown, role: "admin" | "viewer" = "admin") =>
      ask("/api/hardware/inputs", json(role, "POST", body));
    assert.equal((await add({ id: W1, sensor: "hall/boiler/temperature" }, "viewer")).status, 403);
    assert.equal((await add({ id: "w1:28-000000000000", sensor: "a/b" })).status, 404);
    for (const sensor of ["alone", "a//b", "a/+/b"]) {
      assert.equal((await add({ id: W1, sensor })).status, 400, sensor);
    }
    const settings = { interval_s: 1 };
    assert.equal((await add({ id: W1, sensor: "hall/boiler/temperature", settings })).status, 201);
    assert.equal((await add({ id: W1, sensor: "hall/boiler/other" })).status, 409);
    const taken = await add({ id: "thermal:cpu-thermal", sensor: "hall/boiler/temperature" });
    assert.equal(taken.status, 409);
    const pulses = { ...settings, pulses_per_unit: 10, unit: "l" };
    assert.equal((await add({ id: PIN, sensor: "hall/tap/water", settings: pulses })).status, 201);
    assert.equal(
      (await add({ id: "driver:half:one", sensor: "hall/half/one", settings })).status,
      201,
    );
    await until("the first reading", () => lastOf(app, "hall/boiler/temperature"));
    const { unit, settings: own } = parts.registry.find("hall/boiler/temperature")!;
    assert.deepEqual([unit, own.expected_interval_ms, own.decimals], ["°C", 1_000, 2]);
    await until("its own driver's", () => lastOf(app, "hall/half/one"));
    await until("gpiomon", async () => (await gpiomon.started()).length === 1 || null);
    for (let n = 0; n < 5; n++) await gpiomon.pulse(n * 100);
    await until("half a litre", async () => await lastOf(app, "hall/tap/water") === 0.5 || null);

    // Pulled out: the reason, and an event.
    const folder = "/sys/bus/w1/devices/28-00000a1b2c3d";
    await tree.remove(folder);
    const path = `/api/hardware/inputs/${encodeURIComponent(W1)}`;
    const input = async (): Promise<HardwareInputJson> => await (await ask(path)).json();
    await until("that it is gone", async () => (await input()).state === "gone" || null);
    const told = await until("the event", async () => {
      const { items } = await (await ask("/api/events?type=hardware.stopped")).json();
      return items[0] ?? null;
    });
    assert.match(told.text, /^hall\/boiler\/temperature gives no values: it is not there/);

    const { detail } = parts.components.all().find(({ name }) => name === "hardware")!;
    assert.equal(detail, "3 sensors at this host, 1 without values");

    // Other settings and another sensor, then none.
    const patched = await ask(path, json("admin", "PATCH", { sensor: "hall/new/temperature" }));
    assert.deepEqual([patched.status, (await input()).sensor], [200, "hall/new/temperature"]);
    const bad = await ask(path, json("admin", "PATCH", { settings: { interval_s: 0 } }));
    assert.equal(bad.status, 400);
    assert.equal((await ask(path, json("admin", "DELETE"))).status, 204);
    assert.equal((await ask(path)).status, 404);
    assert.notEqual(await lastOf(app, "hall/boiler/temperature"), null, "its history stays");
  } finally {
    await app.stop();
  }
  assert.equal(await gpiomon.running(), 0, "nothing stays behind");
});
