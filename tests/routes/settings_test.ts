import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";

const tester = systemActor("test");

Deno.test("settings: seen and changed by role, audited, in force at once and after a restart", async () => {
  const under = await startApp({ NEW_SENSORS_PER_HOUR: "7" });
  try {
    const { access } = under.app.parts();
    const keys: Record<string, string> = {};
    for (const role of ["viewer", "engineer", "admin"] as const) {
      keys[role] = (await access.keys.add({ name: role, role }, tester)).key;
    }
    const call = (role: string, method: string, path: string, body?: unknown) =>
      fetch(`${under.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${keys[role]}`, "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    const list = async (role: string) =>
      (await (await call(role, "GET", "/api/settings")).json()).items;
    const viewer = await list("viewer");
    assert.ok(viewer.every((s: { key: string }) => !s.key.startsWith("access.")));
    assert.ok((await list("admin")).length > viewer.length);
    const hour = viewer.find((s: { key: string }) => s.key === "intake.new_sensors_per_hour");
    assert.deepEqual([hour.value, hour.default, hour.changed], [7, 7, false]);

    const closed = "/api/settings/intake.new_sensors";
    assert.equal((await call("engineer", "PATCH", closed, { value: false })).status, 403);
    assert.equal((await call("admin", "PATCH", closed, { value: "off" })).status, 400);
    assert.equal((await call("admin", "PATCH", closed, {})).status, 400);
    assert.equal((await call("admin", "PATCH", closed, { value: false, key: "x" })).status, 400);
    assert.equal((await call("admin", "PATCH", "/api/settings/nothing", { value: 1 })).status, 404);
    const changed = await (await call("admin", "PATCH", closed, { value: false })).json();
    assert.deepEqual([changed.value, changed.changed, changed.changed_by], [false, true, "admin"]);

    const reading = { machine: "hall/press", sensor: "temp", value: 1 };
    assert.equal((await call("engineer", "POST", "/api/ingest", reading)).status, 400);
    await call("admin", "PATCH", closed, { value: null });
    assert.equal((await call("engineer", "POST", "/api/ingest", reading)).status, 200);

    const { items } = await access.audit.list({ action: "setting" });
    assert.deepEqual(items.map((i) => [i.resource, i.before, i.after]), [
      ["setting:intake.new_sensors", false, true],
      ["setting:intake.new_sensors", true, false],
    ]);
  } finally {
    await under.close();
  }
});
