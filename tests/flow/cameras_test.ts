/**
 * A camera from the form to its end, with a real ffmpeg: added, seen, asked, changed, removed, over the API and by
 * the command line. What gets pictures over a network has its tests in lib/cameras and faults/cameras_test.ts.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import { haveCommands } from "../support/commands.ts";
import { perchHere } from "../support/command_here.ts";
import { startCommandedApp } from "../support/commanded_app.ts";
import { EventReader } from "../support/sse.ts";
import { until } from "../support/until.ts";

const ignore = !haveCommands({ ffmpeg: "ffmpeg" });

interface Site {
  dataDir: string;
  parts: ReturnType<Awaited<ReturnType<typeof startCommandedApp>>["app"]["parts"]>;
  ask(role: Role, method: string, path: string, body?: unknown): Promise<Response>;
  // deno-lint-ignore no-explicit-any
  json(role: Role, method: string, path: string, body?: unknown): Promise<any>;
  /** Everything that was answered as text. */
  answered: string[];
}

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const under = await startCommandedApp();
  const parts = under.app.parts();
  const keys = new Map<Role, string>();
  for (const role of ["viewer", "engineer", "admin"] as const) {
    keys.set(role, (await parts.access.keys.add({ name: role, role }, systemActor("test"))).key);
  }
  const answered: string[] = [];
  const ask: Site["ask"] = (role, method, path, body) =>
    fetch(under.url + path, {
      method,
      headers: {
        authorization: `Bearer ${keys.get(role)}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  try {
    await work({
      ...{ dataDir: under.dataDir, parts, ask, answered },
      async json(role, method, path, body) {
        const answer = await ask(role, method, path, body);
        const text = await answer.text();
        answered.push(text);
        return text === "" ? null : JSON.parse(text);
      },
    });
  } finally {
    await under.close();
  }
}

const LIVE = ({ json }: Site, id: string) =>
  until("a live picture", async () => {
    const status = await json("viewer", "GET", `/api/cameras/${id}/status`);
    return status.state === "live" ? status : null;
  });

/** The first parts of a live picture, and what follows each. */
async function partsOf(answer: Response, count: number): Promise<string[]> {
  const boundary = /boundary=(\S+)/.exec(answer.headers.get("content-type")!)![1];
  const latin1 = new TextDecoder("latin1");
  let text = "";
  const parts = () => text.split(`--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`);
  for await (const chunk of answer.body!) {
    text += latin1.decode(chunk);
    // The last one is not over yet: its head came ahead.
    if (parts().length > count + 1) break;
  }
  return parts().slice(1, count + 1);
}

Deno.test({
  name: "cameras: one is added, seen, tested, started anew, changed and removed",
  ignore,
  fn: () =>
    withSite(async (site) => {
      const { ask, json, parts, dataDir } = site;
      const refused = await ask("engineer", "POST", "/api/cameras", {
        name: "A",
        kind: "test_pattern",
      });
      assert.equal(refused.status, 403, await refused.text());
      const { id, ...made } = await json("admin", "POST", "/api/cameras", {
        name: "Hall",
        kind: "test_pattern",
        options: { size: "320x180" },
        settings: { fps: 10 },
      });
      assert.ok(id !== undefined, made.detail);
      const events = new EventReader(
        (await ask("viewer", "GET", "/api/stream?types=camera")).body!,
      );
      await LIVE(site, id);

      const snapshot = await ask("viewer", "GET", `/api/cameras/${id}/snapshot?fresh=true`);
      assert.equal(snapshot.headers.get("content-type"), "image/jpeg");
      assert.deepEqual([...new Uint8Array(await snapshot.arrayBuffer()).subarray(0, 2)], [
        0xff,
        0xd8,
      ]);
      const stream = await ask("viewer", "GET", `/api/cameras/${id}/stream`);
      assert.equal(stream.headers.get("x-accel-buffering"), "no");
      await json("admin", "PATCH", "/api/settings/cameras.most_viewers", { value: 1 });
      const second = await ask("viewer", "GET", `/api/cameras/${id}/stream`);
      assert.deepEqual([second.status, second.headers.get("retry-after")], [503, "30"]);
      assert.match((await second.json()).detail, /1 look at Hall already/);
      for (const part of await partsOf(stream, 3)) {
        assert.match(part, /^\xff\xd8[\s\S]*\xff\xd9\r\n$/);
      }
      await until("no viewer", () => parts.cameras.find(id).health.viewers === 0 ? true : null);

      const event = await until("an event with its picture's time", async () => {
        const next = await events.next();
        return next!.type === "camera" && JSON.parse(next!.data).frame_ms !== null ? next : null;
      });
      assert.equal(JSON.parse(event.data).id, id);
      await events.cancel();

      const status = await perchHere(dataDir, ["camera", "status"]);
      assert.match(status.out, /^NAME .*\nHall +Live/, status.err);
      assert.equal(status.code, 0);
      const recovered = await perchHere(dataDir, ["camera", "recover", "Hall", "--json"]);
      const { ok, width } = JSON.parse(recovered.out);
      assert.deepEqual([recovered.code, ok, width], [0, true, 320], recovered.out);
      const unknown = await perchHere(dataDir, ["camera", "test", "Yard"]);
      assert.deepEqual([unknown.code, unknown.err], [2, 'there is no camera "Yard"']);

      const part = parts.components.all().find(({ name }) => name === "camera Hall");
      assert.deepEqual([part?.health, part?.detail], ["ok", "Hall gives pictures."]);
      assert.match(
        await (await ask("viewer", "GET", "/metrics")).text(),
        /perch_camera_ok\{.*\} 1/,
      );
      parts.cameras.rest(true);
      await until("it ended", () => parts.cameras.runnerOf(id) === null ? true : null);
      assert.match((await json("viewer", "GET", "/api/camera/status")).text, /host .* is in need/);
      parts.cameras.rest(false);
      await until("it goes on", () => parts.cameras.runnerOf(id) === null ? null : true);
      const off = await json("admin", "PATCH", `/api/cameras/${id}`, {
        enabled: false,
        name: "Yard",
      });
      assert.deepEqual([off.name, off.status.state], ["Yard", "off"]);
      const gone = await json("viewer", "GET", `/api/cameras/${id}/snapshot`);
      assert.match(gone.detail, /Yard is switched off/);
      await json("admin", "DELETE", `/api/cameras/${id}`);
      assert.deepEqual((await json("viewer", "GET", "/api/cameras")).items, []);
      const { items } = await json("admin", "GET", "/api/audit?limit=50");
      const done = items.map(({ action }: { action: string }) => action)
        .filter((action: string) => action.startsWith("camera."));
      assert.deepEqual(done, ["camera.delete", "camera.update", "camera.recover", "camera.create"]);
    }),
});

Deno.test({
  name:
    "cameras: an address in the local network waits for an admin; its password is never answered",
  ignore,
  fn: () =>
    withSite(async (site) => {
      const { json, parts, answered } = site;
      const { id, options } = await json("admin", "POST", "/api/cameras", {
        name: "Gate",
        kind: "rtsp",
        options: { url: "rtsp://admin:canary@192.168.77.20/live" },
      });
      assert.deepEqual(options, {
        url: "rtsp://192.168.77.20/live",
        user: "admin",
        password: "***",
      });
      assert.equal((await json("viewer", "GET", `/api/cameras/${id}`)).options, null);
      const asks = await json("admin", "GET", `/api/cameras/${id}/allow`);
      assert.deepEqual(asks, { address: "192.168.77.20:554" });
      const lost = await until("why it gives none", async () => {
        const { last_error } = await json("viewer", "GET", `/api/cameras/${id}/status`);
        return last_error;
      });
      assert.match(lost, /allow/);
      const other = await json("admin", "POST", `/api/cameras/${id}/allow`, {
        address: "10.0.0.1:554",
      });
      assert.equal(other.status, 409);
      const allowed = await json("admin", "POST", `/api/cameras/${id}/allow`, asks);
      assert.equal(allowed.allowed, "192.168.77.20:554");
      await json("admin", "DELETE", `/api/cameras/${id}`);
      for (const list of ["audit", "events"]) await json("admin", "GET", `/api/${list}?limit=200`);
      assert.doesNotMatch(answered.join("\n"), /canary/);
      assert.equal(parts.cameras.all().length, 0);
    }),
});

Deno.test("cameras: without ffmpeg each says what to install, and nothing else stops", () =>
  withSite(async ({ json, ask, dataDir }) => {
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", "/nowhere");
    try {
      const { id } = await json("admin", "POST", "/api/cameras", {
        name: "A",
        kind: "test_pattern",
      });
      const status = await until("what is missing", async () => {
        const now = await json("viewer", "GET", `/api/cameras/${id}/status`);
        return now.state === "lost" ? now : null;
      });
      assert.match(status.text, /A gives no pictures\. .*ffmpeg.*apt install ffmpeg/);
      const test = await json("engineer", "POST", `/api/cameras/${id}/test`);
      assert.match(test.detail, /apt install ffmpeg/);
      const said = await perchHere(dataDir, ["camera", "status"]);
      assert.deepEqual([said.code, said.out.includes("apt install ffmpeg")], [1, true], said.out);
      const ready = await ask("viewer", "GET", "/health/ready");
      assert.equal(ready.status, 200, await ready.text());
    } finally {
      Deno.env.set("PATH", path);
    }
  }));

Deno.test("cameras: the page of one whose address is closed by now shows it, to be corrected", () =>
  withSite(async ({ parts, ask, json }) => {
    const given = {
      ...{ name: "Gate", kind: "http_mjpeg", enabled: false },
      options: { url: "http://192.168.1.20/video" },
    };
    const { id } = await json("admin", "POST", "/api/cameras", given);
    // As when Perch was started with less that is open than before.
    const url = "http://127.0.0.1:9/video";
    await parts.storage.db.write([{
      sql: "update cameras set options = json_set(options, '$.url', ?) where id = ?",
      args: [url, id],
    }]);
    await parts.cameras.load();
    const page = await ask("admin", "GET", `/cameras/${id}`);
    assert.equal(page.status, 200);
    assert.ok((await page.text()).includes(url));
  }));
