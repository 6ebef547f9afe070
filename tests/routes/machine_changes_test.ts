/** Photos, moving machines, undo of maintenance windows, and what is removed for good after 30 days. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Parts } from "../../lib/app/parts.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import type { Role } from "../../lib/access/identity.ts";
import { picture } from "../support/pictures.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

interface Asked extends Pick<AppUnderTest, "dataDir" | "url"> {
  parts: Parts;
  ask(path: string, init?: RequestInit, role?: Role): Promise<Response>;
  call(method: string, path: string, body?: unknown, role?: Role): Promise<[number, Json]>;
  ingest(machine: string, sensor: string, value: unknown): Promise<void>;
}

function withApp(run: (app: Asked) => Promise<void>): () => Promise<void> {
  return async () => {
    const { app, dataDir, url, close } = await startApp();
    const parts = app.parts();
    const keyOf = async (role: Role) =>
      (await parts.access.keys.add({ name: role, role }, systemActor("test"))).key;
    const keys = { viewer: await keyOf("viewer"), engineer: await keyOf("engineer") };
    const ask: Asked["ask"] = (path, init = {}, role = "engineer") =>
      fetch(url + path, {
        ...init,
        headers: { authorization: `Bearer ${keys[role as "viewer"]}`, ...init.headers },
      });
    const call: Asked["call"] = async (method, path, body, role) => {
      const headers = { "content-type": "application/json" };
      const json = body === undefined ? undefined : JSON.stringify(body);
      const answer = await ask(path, { method, headers, body: json }, role);
      const text = await answer.text();
      return [answer.status, text === "" ? null : JSON.parse(text)];
    };
    const ingest: Asked["ingest"] = async (machine, sensor, value) => {
      const [status, problem] = await call("POST", "/api/ingest", { machine, sensor, value });
      assert.equal(status, 200, JSON.stringify(problem));
    };
    try {
      await run({ parts, dataDir, url, ask, call, ingest });
    } finally {
      await close();
    }
  };
}

const PRESS = "hall-1/press-3";
const files = (dataDir: string) =>
  [...Deno.readDirSync(join(dataDir, "files", "photos"))].map(({ name }) => name);

Deno.test(
  "photos: given, replaced, served so that nothing in them can run, and removed with their file",
  withApp(async ({ ask, call, ingest, dataDir, parts }) => {
    await ingest(PRESS, "temperature", 61);
    const encoded = encodeURIComponent(PRESS);
    const put = (kind: "png" | "jpg" | "gif", alt = "", role?: Role) =>
      ask(
        `/api/machines/${encoded}/photo?alt=${encodeURIComponent(alt)}`,
        // What the sender says counts for nothing.
        { method: "PUT", headers: { "content-type": "text/html" }, body: picture(kind) },
        role,
      );
    assert.equal((await put("png", "", "viewer")).status, 403);
    const first = await (await put("png", "The press from the left")).json();
    assert.deepEqual(
      { ...first.photo, url: null },
      {
        url: null,
        type: "image/png",
        bytes: 98,
        width: 16,
        height: 8,
        alt: "The press from the left",
      },
    );
    const shown = await ask(first.photo.url, {}, "viewer");
    assert.deepEqual(new Uint8Array(await shown.arrayBuffer()), picture("png"));
    assert.equal(shown.headers.get("content-type"), "image/png");
    assert.match(
      shown.headers.get("content-disposition")!,
      /^attachment; filename="[0-9a-z]{32}\.png"$/,
    );
    assert.equal(shown.headers.get("x-content-type-options"), "nosniff");
    assert.match(shown.headers.get("content-security-policy")!, /default-src 'none'; sandbox/);
    assert.equal((await fetch(new URL(first.photo.url, shown.url))).status, 401);

    const wrong = await put("gif");
    assert.equal(wrong.status, 400);
    assert.match((await wrong.json()).detail, /a gif file by its content; allowed: image\/png/);
    const large = await ask(`/api/machines/${encoded}/photo`, {
      method: "PUT",
      body: new Uint8Array(8_000_001),
    });
    assert.equal(large.status, 413);
    await large.body?.cancel();

    const second = await (await put("jpg")).json();
    assert.equal((await ask(first.photo.url)).status, 404);
    assert.deepEqual(files(dataDir), [second.photo.url.slice("/photos/".length)]);
    const [status, none] = await call("DELETE", `/api/machines/${encoded}/photo`);
    assert.deepEqual([status, none.photo, files(dataDir)], [200, null, []]);
    assert.equal((await call("DELETE", `/api/machines/${encoded}/photo`))[0], 404);
    const { items } = await parts.access.audit.list({ action: "machine" });
    assert.equal(items.length, 3, "each change is in the audit log");
  }),
);

Deno.test(
  "photos: more than there is room for is refused with the reason, and nothing is kept of it",
  withApp(async ({ ask, call, dataDir, parts }) => {
    await call("POST", "/api/machines", { path: PRESS });
    await parts.settings.set("machines.photos_mb", 0, "test", () => []);
    const answer = await ask(`/api/machines/${encodeURIComponent(PRESS)}/photo`, {
      method: "PUT",
      body: picture("png"),
    });
    assert.equal(answer.status, 507);
    assert.match((await answer.json()).detail, /remove some first/);
    assert.throws(() => files(dataDir), Deno.errors.NotFound);
  }),
);

Deno.test(
  "machines: moved with sensors, readings, limits, models and windows; devices of the former path are heard",
  withApp(async ({ call, ingest, parts }) => {
    await ingest(PRESS, "temperature", 61);
    await ingest(PRESS, "mode", "idle");
    const [, press] = await call("GET", `/api/machines/${PRESS}`);
    const [, temperature] = await call("GET", `/api/sensors/${PRESS}/temperature`);
    await call("PATCH", `/api/sensors/${temperature.id}`, { warning_high: 80 });
    await call("DELETE", `/api/sensors/${PRESS}/mode`);
    const once = { kind: "once", from: Date.now() - 1000, to: Date.now() + 3_600_000 };
    await call("POST", "/api/maintenance", { path: PRESS, title: "Oil", timing: once });
    await parts.predictions.look({ all: true });
    const current = parts.predictions.current();
    assert.equal(current.length, 1);

    const to = "hall-2/line-1/press-3";
    const [status, moved] = await call("PATCH", `/api/machines/${press.id}`, { path: to });
    assert.deepEqual(
      [status, moved.id, moved.path, moved.area, moved.former_paths],
      [200, press.id, to, "hall-2/line-1", [PRESS]],
    );
    assert.equal((await call("GET", `/api/machines/${PRESS}`))[0], 404);
    await ingest(PRESS, "temperature", 85);
    await ingest(to, "temperature", 86);
    await ingest(PRESS, "pressure", 5);
    const [, after] = await call("GET", `/api/sensors/${to}/temperature`);
    assert.deepEqual(
      [after.id, after.last.value, after.warning_high],
      [temperature.id, 86, 80],
    );
    const [, { v }] = await call("GET", `/api/readings?sensor=${after.id}&points=0`);
    assert.deepEqual(v, [61, 85, 86]);
    assert.equal((await call("GET", `/api/sensors/${PRESS}/temperature`))[1].id, temperature.id);
    assert.equal((await call("GET", `/api/sensors/${to}/pressure`))[0], 200);
    const [, list] = await call("GET", "/api/machines");
    assert.deepEqual(list.items.map((m: Json) => m.path), [to], "no second machine appeared");
    const [, { items: windows }] = await call("GET", `/api/maintenance?machine=${to}`);
    assert.deepEqual(windows.map((w: Json) => w.path), [to]);
    const [, predictions] = await call("GET", `/api/predictions?machine=${to}`);
    // The task of every second may have looked at it again meanwhile.
    assert.equal(predictions.items.at(-1).id, String(current[0].id));
    const encoded = encodeURIComponent(`${to}/mode`);
    assert.equal((await call("POST", `/api/sensors/${encoded}/restore`))[0], 200);

    for (const [path, why] of [[PRESS, /former path of hall-2/], [to, /exists already/]] as const) {
      const [taken, problem] = await call("POST", "/api/machines", { path });
      assert.equal(taken, 409);
      assert.match(problem.detail, why);
    }
    await call("POST", "/api/machines", { path: "hall-9/other" });
    for (const path of [PRESS, to, "hall-9/other"]) {
      const own = path === to;
      const [code] = await call("PATCH", "/api/machines/hall-9/other", { path });
      assert.equal(code, own || path === PRESS ? 409 : 200, path);
    }
    const [bad, problem] = await call("PATCH", `/api/machines/${press.id}`, { path: "a//b" });
    assert.deepEqual([bad, problem.errors[0].path], [400, "path"]);
    assert.equal(
      (await call("PATCH", `/api/machines/${press.id}`, { former_paths: ["x"] }))[0],
      400,
    );
    await call("PATCH", `/api/machines/${press.id}`, { former_paths: [] });
    await ingest(PRESS, "temperature", 1);
    assert.equal((await call("GET", `/api/machines/${PRESS}`))[0], 200, "it makes a new machine");
  }),
);

Deno.test(
  "maintenance: a removed window counts for nothing, and can be restored",
  withApp(async ({ call, ingest, parts }) => {
    await ingest(PRESS, "temperature", 61);
    const timing = { kind: "once", from: Date.now() - 1000, to: Date.now() + 3_600_000 };
    const [, { id }] = await call("POST", "/api/maintenance", {
      path: "hall-1",
      title: "Oil",
      timing,
    });
    const status = async () => {
      parts.statuses.tick();
      return (await call("GET", `/api/machines/${PRESS}`))[1].status;
    };
    assert.equal(await status(), "maintenance");
    assert.equal((await call("DELETE", `/api/maintenance/${id}`))[0], 204);
    assert.equal(await status(), "normal");
    assert.deepEqual((await call("GET", "/api/maintenance"))[1].items, []);
    assert.equal((await call("DELETE", `/api/maintenance/${id}`))[0], 404);
    const [code, back] = await call("POST", `/api/maintenance/${id}/restore`);
    assert.deepEqual([code, back.open, await status()], [200, true, "maintenance"]);
    assert.equal((await call("POST", "/api/maintenance/nothing/restore"))[0], 404);
    const { items } = await parts.access.audit.list({ action: "maintenance" });
    assert.deepEqual(
      items.map((i) => i.action),
      ["maintenance.restore", "maintenance.delete", "maintenance.create"],
    );
  }),
);

Deno.test(
  "purge: what was deleted long enough ago goes for good with its readings, audited; the rest stays",
  withApp(async ({ call, ingest, parts }) => {
    const { storage, registry, machines, access } = parts;
    await ingest(PRESS, "temperature", 61);
    await ingest(PRESS, "mode", "idle");
    await ingest("hall-1/mixer", "rpm", 420);
    await call("DELETE", `/api/machines/${PRESS}`);
    await call("DELETE", "/api/sensors/hall-1/mixer/rpm");
    const timing = { kind: "once", from: 1, to: 2 };
    const [, { id }] = await call("POST", "/api/maintenance", { path: "", title: "Old", timing });
    await call("DELETE", `/api/maintenance/${id}`);
    const note = (change: { action: string; resource: string }) =>
      access.audit.statement({ actor: systemActor("purge"), ...change });
    assert.deepEqual(
      await machines.purge(Date.now() - 30 * 86_400_000, note),
      { machines: 0, sensors: 0, windows: 0 },
    );
    // Readings that are in the journal only wait until they are sealed.
    assert.deepEqual(
      await machines.purge(Date.now() + 1, note),
      { machines: 0, sensors: 0, windows: 1 },
    );
    assert.equal((await call("POST", `/api/maintenance/${id}/restore`))[0], 404);
    assert.equal(registry.changes.deletedSensors().length, 3);
    assert.equal((await storage.readings.stats()).readings, 3);
  }),
);
