import assert from "node:assert/strict";
import type { Role } from "../../lib/access/identity.ts";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

interface Asked extends RunningApp {
  call(method: string, path: string, body?: unknown, role?: Role): Promise<[number, Json]>;
}

function withApp(run: (app: Asked) => Promise<void>): () => Promise<void> {
  return async () => {
    const app = await runApp();
    const call: Asked["call"] = async (method, path, body, role = "engineer") => {
      const answer = await app.ask(path, {
        method,
        role,
        headers: { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      return [answer.status, text === "" ? null : JSON.parse(text)];
    };
    try {
      await run({ ...app, call });
    } finally {
      await app.stop();
    }
  };
}

const TEMP = "hall-1/press-3/temperature";
const reading = (value: number, sensor = "temperature") => ({
  machine: "hall-1/press-3",
  sensor,
  value,
});
const messages = (problem: Json) =>
  Object.fromEntries(problem.errors.map((e: Json) => [e.path, e.message]));

Deno.test(
  "machines: one appears with its first reading, is new, and confirming it confirms its sensors",
  withApp(async ({ call, ingest, parts }) => {
    await ingest([reading(61)]);
    const [, list] = await call("GET", "/api/machines?review=new", undefined, "viewer");
    assert.deepEqual(list.items.map((m: Json) => [m.path, m.area, m.status, m.review]), [
      ["hall-1/press-3", "hall-1", "normal", "new"],
    ]);
    assert.equal((await call("PATCH", "/api/machines/hall-1/press-3", {}, "viewer"))[0], 403);
    const [status, machine] = await call("PATCH", "/api/machines/hall-1/press-3", {
      name: "Press 3",
      tags: ["hydraulic"],
      review: "confirmed",
    });
    assert.deepEqual([status, machine.name, machine.review], [200, "Press 3", "confirmed"]);
    assert.equal((await call("GET", `/api/sensors/${TEMP}`))[1].review, "confirmed");
    assert.equal(
      (await call("GET", "/api/machines?tag=hydraulic&under=hall-1"))[1].items.length,
      1,
    );
    assert.equal((await call("GET", "/api/machines?under=hall"))[1].items.length, 0);
    const { items } = await parts.access.audit.list({ action: "machine" });
    assert.deepEqual([items[0].action, items[0].before, items[0].after], [
      "machine.update",
      { name: null, tags: [], notes: "", review: "new" },
      { name: "Press 3", tags: ["hydraulic"], notes: "", review: "confirmed" },
    ]);
  }),
);

Deno.test(
  "machines: a deleted one refuses readings with the reason and comes back with its sensors and history",
  withApp(async ({ call, ingest, parts }) => {
    await ingest([reading(61), reading(5, "pressure")]);
    await call("DELETE", "/api/sensors/hall-1/press-3/pressure");
    const [status, gone] = await call("DELETE", "/api/machines/hall-1/press-3");
    assert.deepEqual([status, gone.deleted !== null], [200, true]);
    assert.equal((await call("GET", "/api/machines/hall-1/press-3"))[0], 404);
    assert.equal((await call("GET", `/api/sensors/${TEMP}`))[0], 404);
    for (const sensor of ["temperature", "pressure", "brand-new"]) {
      const [refused, problem] = await call("POST", "/api/ingest", reading(62, sensor));
      assert.equal(refused, 400);
      assert.match(problem.detail, /was deleted at .*restore it, or stop its device/);
    }
    const [, deleted] = await call("GET", "/api/machines?deleted=true");
    assert.deepEqual(deleted.items.map((m: Json) => m.path), ["hall-1/press-3"]);
    assert.equal((await call("POST", "/api/machines", { path: "hall-1/press-3" }))[0], 409);
    assert.equal((await call("POST", `/api/machines/${gone.id}/restore`))[0], 200);
    assert.equal((await call("GET", `/api/sensors/${TEMP}`))[1].last.value, 61);
    // Deleted by itself before: it stays so until it is restored by itself.
    assert.equal((await call("GET", "/api/sensors/hall-1/press-3/pressure"))[0], 404);
    const encoded = encodeURIComponent("hall-1/press-3/pressure");
    assert.equal((await call("POST", `/api/sensors/${encoded}/restore`))[0], 200);
    await ingest([reading(63), reading(6, "pressure")]);
    assert.equal((await call("GET", `/api/readings?sensor=${TEMP}&points=0`))[1].v.length, 2);
    const { items } = await parts.access.audit.list({ action: "machine" });
    assert.deepEqual(items.map((i) => i.action), ["machine.restore", "machine.delete"]);
  }),
);

Deno.test(
  "sensors: contradicting or impossible settings are refused by field, with what is allowed",
  withApp(async ({ call, ingest }) => {
    await ingest([reading(61), { machine: "hall-1/press-3", sensor: "mode", value: "idle" }]);
    const refused = async (body: Json, sensor = TEMP) => {
      const [status, problem] = await call("PATCH", `/api/sensors/${sensor}`, body);
      assert.equal(status, 400, JSON.stringify(problem));
      return messages(problem);
    };
    assert.deepEqual(await refused({ warning_high: 95, critical_high: 90 }), {
      warning_high: "must not be above critical high (90)",
    });
    assert.deepEqual(await refused({ warning_low: 1, critical_low: 2 }), {
      warning_low: "must not be below critical low (2)",
    });
    assert.deepEqual(await refused({ warning_low: 10, warning_high: 20, hysteresis: 10 }), {
      hysteresis: "must be smaller than the band between the limits (10)",
    });
    assert.ok("warning_low" in await refused({ warning_low: 30, warning_high: 20 }));
    assert.deepEqual(await refused({ scale: 0 }), { scale: "must not be 0" });
    assert.ok("decimals" in await refused({ decimals: 10 }));
    assert.ok("expected_interval_ms" in await refused({ expected_interval_ms: 1 }));
    assert.ok("max_per_minute" in await refused({ max_per_minute: 0 }));
    assert.ok("name" in await refused({ name: "no-machine" }));
    assert.ok("kind" in await refused({ kind: "text" }));
    const mode = await refused(
      { warning_high: 1, scale: 2, max_per_minute: 5 },
      "hall-1/press-3/mode",
    );
    assert.deepEqual(Object.keys(mode).sort(), ["max_per_minute", "scale", "warning_high"]);
    // Against what is set already, too; and what was refused changed nothing.
    await call("PATCH", `/api/sensors/${TEMP}`, { critical_high: 90 });
    assert.ok("warning_high" in await refused({ warning_high: 91 }));
    const [, sensor] = await call("GET", `/api/sensors/${TEMP}`);
    assert.deepEqual([sensor.warning_high, sensor.critical_high, sensor.scale], [null, 90, 1]);
  }),
);

Deno.test(
  "sensors: limits give the status of sensor and machine, in lists and filters",
  withApp(async ({ call, ingest }) => {
    await ingest([reading(85)]);
    await call("PATCH", `/api/sensors/${TEMP}`, { warning_high: 80, critical_high: 90 });
    assert.equal((await call("GET", `/api/sensors/${TEMP}`))[1].status, "warning");
    await ingest([reading(95)]);
    assert.equal((await call("GET", "/api/sensors?status=critical"))[1].items.length, 1);
    await call("PATCH", `/api/sensors/${TEMP}`, { display_name: "Oil" });
    assert.equal((await call("GET", "/api/machines?status=critical"))[1].items.length, 1);
    const title = "Oil change";
    const timing = { kind: "once", from: Date.now() - 1000, to: Date.now() + 60_000 };
    const [, window] = await call("POST", "/api/maintenance", { path: "hall-1", title, timing });
    assert.equal(window.open, true);
    await call("PATCH", `/api/sensors/${TEMP}`, { decimals: 1 });
    const [, machine] = await call("GET", "/api/machines/hall-1/press-3");
    assert.deepEqual([machine.status, machine.worst, machine.maintenance.title], [
      "maintenance",
      "critical",
      title,
    ]);
    assert.equal((await call("DELETE", `/api/maintenance/${window.id}`))[0], 204);
    assert.equal((await call("GET", "/api/maintenance"))[1].items.length, 0);
    const bad = { kind: "weekly", days: [], start: "25:00", end: "06:00" };
    const [status, problem] = await call("POST", "/api/maintenance", {
      path: "",
      title,
      timing: bad,
    });
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(messages(problem)).sort(), ["timing.days", "timing.start"]);
  }),
);

Deno.test(
  "sensors: a new name keeps id and history, readings of the new name continue it",
  withApp(async ({ call, ingest }) => {
    await ingest([reading(61), reading(1, "other")]);
    const [, before] = await call("GET", `/api/sensors/${TEMP}`);
    const taken = { name: "hall-1/press-3/other" };
    assert.equal((await call("PATCH", `/api/sensors/${TEMP}`, taken))[0], 409);
    const [, after] = await call("PATCH", `/api/sensors/${TEMP}`, { name: "hall-2/press-9/oil" });
    assert.deepEqual([after.id, after.machine, after.sensor], [before.id, "hall-2/press-9", "oil"]);
    await ingest([{ machine: "hall-2/press-9", sensor: "oil", value: 62 }]);
    assert.deepEqual((await call("GET", `/api/readings?sensor=${before.id}&points=0`))[1].v, [
      61,
      62,
    ]);
    assert.equal((await call("GET", "/api/machines/hall-2/press-9"))[0], 200);
    // The old name is free: a reading of it is a new sensor.
    await ingest([reading(5)]);
    assert.notEqual((await call("GET", `/api/sensors/${TEMP}`))[1].id, before.id);
  }),
);

Deno.test(
  "sensors: calibration counts for what arrives from then on; added ones wait for readings",
  withApp(async ({ call, ingest }) => {
    await ingest([reading(10)]);
    await call("PATCH", `/api/sensors/${TEMP}`, { scale: 2, offset: -1 });
    await ingest([reading(10)]);
    assert.deepEqual((await call("GET", `/api/readings?sensor=${TEMP}&points=0`))[1].v, [10, 19]);
    const [status, added] = await call("POST", "/api/sensors", {
      name: "hall-3/pump/flow",
      unit: "l/min",
      warning_low: 2,
    });
    assert.deepEqual([status, added.review, added.status, added.last], [
      201,
      "confirmed",
      "offline",
      null,
    ]);
    await ingest([{ machine: "hall-3/pump", sensor: "flow", value: 1 }]);
    const [, flow] = await call("GET", "/api/sensors/hall-3/pump/flow");
    assert.deepEqual([flow.id, flow.status, flow.last.value], [added.id, "warning", 1]);
  }),
);

Deno.test("machines: everything that was set is there after a restart", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-machines-" });
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
  });
  const build = () => buildApp({ config, version: "0.0.0-test", log: silentLog() });
  const note = () => ({ sql: "select 1" });
  try {
    const first = build();
    const { machines, registry } = await first.open();
    await machines.addMachine({ path: "a/m", name: "M", tags: ["t"], notes: "n" }, note);
    await machines.addSensor({ name: "a/m/x", warning_high: 5 }, note);
    await machines.addSensor({ name: "a/m/y" }, note);
    await machines.patchSensor("a/m/x", { name: "a/m/z", expected_interval_ms: 5000 }, note);
    await machines.removeSensor("a/m/y", note);
    const timing = { kind: "weekly", days: ["mon"], start: "10:00", end: "11:00" } as const;
    await machines.addWindow({ path: "a", title: "w", timing: { ...timing, days: ["mon"] } }, note);
    const { id } = registry.find("a/m/z")!;
    await first.stop();
    const second = build();
    const again = await second.open();
    const machine = again.registry.machines.find("a/m")!;
    assert.deepEqual([machine.name, machine.tags, machine.notes], ["M", ["t"], "n"]);
    const sensor = again.registry.find("a/m/z")!;
    assert.deepEqual(
      [sensor.id, sensor.settings.warning_high, sensor.settings.expected_interval_ms],
      [id, 5, 5000],
    );
    assert.equal(again.registry.find("a/m/y"), undefined);
    assert.deepEqual(again.machines.windows().map((w) => w.timing), [timing]);
    await again.machines.restoreSensor("a/m/y", note);
    assert.ok(again.registry.find("a/m/y"));
    await second.stop();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
