/**
 * A restore that is asked for over HTTP: the real process, which checks, ends, swaps and starts again by itself. One
 * process for all of it, because each start takes seconds on a loaded host.
 */
import assert from "node:assert/strict";
import { perch as command, serve, withDir } from "../support/command_line.ts";
import { until } from "../support/until.ts";

const EMAIL = "ann@plant.example";
const PASSWORD = "long enough to be one";

Deno.test("a restore through Perch: proven, checked, swapped, and started again in the same process", () =>
  withDir(async (dataDir) => {
    const add = ["user", "add", "--email", EMAIL, "--role", "admin"];
    assert.equal((await command(dataDir, add, { input: `${PASSWORD}\n` })).code, 0);
    const perch = await serve(dataDir);
    try {
      let token = await signIn(perch.url);
      const ask = (path: string, body?: unknown, bearer = token) =>
        fetch(`${perch.url}${path}`, {
          method: body === undefined ? "GET" : "POST",
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
      const json = async (path: string, body?: unknown) => await (await ask(path, body)).json();
      const count = async () => (await json(SENSOR)).v.length;
      await json("/api/ingest", reading(1));
      await json("/api/backups", {});
      const [backup] = await until("the backup", async () => {
        const { items } = await json("/api/backups");
        return items.length > 0 ? items : null;
      }, 60_000);
      await json("/api/ingest", reading(2));
      const file = backup.id ?? backup.file;

      const plan = await json("/api/restore/check", { file });
      assert.equal(plan.findings?.lost?.readings, 1, JSON.stringify(plan));
      assert.equal(plan.findings.foreign, false);
      const site = plan.manifest.site.name;
      const asked = { file, site, password: PASSWORD };
      const statusOf = async (body: unknown) => {
        const response = await ask("/api/restore", body);
        await response.body?.cancel();
        return response.status;
      };
      assert.equal(await statusOf({ ...asked, password: "another one" }), 403);
      assert.equal(await statusOf({ ...asked, site: "another" }), 400);
      assert.equal(await statusOf({ ...asked, file: "../perch.db" }), 404);
      const key = (await json("/api/keys", { name: "k", role: "admin" })).key;
      const byKey = await ask("/api/restore", asked, key);
      assert.equal(byKey.status, 403, await byKey.text());
      assert.equal(await count(), 2, "nothing was changed");

      // The archive itself may come from elsewhere.
      const bytes = await (await ask(`/api/backups/${file}/file`)).bytes();
      const upload = await json("/api/restore/uploads", { name: file, bytes: bytes.length });
      const sent = await fetch(`${perch.url}/api/restore/uploads/${upload.id}`, {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/offset+octet-stream",
        },
        body: bytes,
      });
      assert.equal(sent.status, 204, await sent.text());
      const begun = await ask("/api/restore", { ...asked, file: upload.id });
      assert.equal(begun.status, 202, await begun.text());
      const pid = perch.pid;
      token = await until("Perch to come back", async () => {
        const old = await ask("/api/users/me").catch(() => null);
        await old?.body?.cancel();
        return old?.status === 401 ? await signIn(perch.url) : null;
      }, 60_000);
      const page = await (await ask("/settings/backups/restore")).text();
      assert.match(page, /The last restore.* was restored on .*replaced-.*perch restore --confirm/);
      assert.equal(await count(), 1, "as in the backup");
      assert.equal((await json("/api/ingest", reading(3))).code, undefined);
      assert.equal(await count(), 2);
      const { items } = await json("/api/audit?action=backup");
      assert.ok(items.some(({ action }: { action: string }) => action === "backup.restore"));
      assert.equal(perch.pid, pid);
      assert.ok([...Deno.readDirSync(dataDir)].some(({ name }) => name.startsWith("replaced-")));
      const undo = await command(dataDir, ["restore", "--undo"]);
      assert.equal(undo.code, 2, "it runs");
      assert.match(undo.err, /is in use by perch serve/);
      assert.equal(await perch.stop(), 0);
      assert.equal((await command(dataDir, ["restore", "--undo"])).code, 0);
    } catch (error) {
      console.error(perch.output());
      throw error;
    } finally {
      await perch.kill();
    }
  }));

const START_MS = Date.UTC(2026, 10, 1);
const SENSOR = `/api/readings?sensor=press/load&points=0&from=${START_MS}&to=${START_MS + 1e6}`;
const reading = (value: number) => ({
  machine: "press",
  sensor: "load",
  value,
  ts: START_MS + value * 1000,
});

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/api/users/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
  });
  return (await response.json()).access_token;
}
