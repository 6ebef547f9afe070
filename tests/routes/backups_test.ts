/** Backups by the API, with the real worker: made, listed, downloaded, encrypted, deleted. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemActor } from "../../lib/access/audit_row.ts";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";

const tester = systemActor("test");
const MIGRATIONS = new URL("../../migrations", import.meta.url).pathname;

interface Site {
  under: AppUnderTest;
  /** As the header `Authorization`. */
  adminKey: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    role?: "admin" | "engineer",
  ): Promise<Response>;
  // deno-lint-ignore no-explicit-any
  json(method: string, path: string, body?: unknown): Promise<any>;
  /** Waits until nothing is under way; gives the job. */
  // deno-lint-ignore no-explicit-any
  settled(): Promise<any>;
}

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    const { access } = under.app.parts();
    const keys: Record<string, string> = {};
    for (const role of ["admin", "engineer"] as const) {
      keys[role] = (await access.keys.add({ name: role, role }, tester)).key;
    }
    const call: Site["call"] = (method, path, body, role = "admin") =>
      fetch(under.url + path, {
        method,
        redirect: "manual",
        headers: {
          authorization: `Bearer ${keys[role]}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    const json: Site["json"] = async (method, path, body) =>
      await (await call(method, path, body)).json();
    const settled = async () => {
      for (;;) {
        const { job } = await json("GET", "/api/backups/state");
        if (job?.state !== "running") return job;
        await new Promise((r) => setTimeout(r, 50));
      }
    };
    await run({ under, adminKey: `Bearer ${keys.admin}`, call, json, settled });
  } finally {
    await under.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test("backups: asked for, followed, listed, downloaded byte for byte, deleted but for the newest; all of it audited", () =>
  withSite(async ({ under, adminKey, call, json, settled }) => {
    assert.deepEqual(await json("GET", "/api/backups"), { items: [], next: null });
    const before = await json("GET", "/api/backups/state");
    assert.deepEqual([before.job, before.newest_ms, before.trouble], [null, null, null]);
    assert.ok(before.next_ms > Date.now());

    const begun = await call("POST", "/api/backups");
    assert.equal(begun.status, 202);
    const again = await call("POST", "/api/backups");
    assert.equal(again.status, 409);
    assert.match((await again.json()).detail, /A backup is being made already/);
    const job = await settled();
    assert.deepEqual([job.state, job.id, job.by, job.share], ["done", 1, "admin", 1]);

    await call("POST", "/api/backups");
    await settled();
    const { items: [newest, older] } = await json("GET", "/api/backups");
    assert.deepEqual([newest.sequence, older.sequence, newest.reason], [2, 1, "asked"]);
    assert.equal(older.id, job.backup);

    const file = await call("GET", `/api/backups/${newest.id}/file`);
    assert.equal(file.headers.get("content-disposition"), `attachment; filename="${newest.id}"`);
    assert.equal(Number(file.headers.get("content-length")), newest.bytes);
    assert.equal(sha256(await file.bytes()), newest.sha256);

    const part = async (range: string) => {
      const answer = await fetch(`${under.url}/api/backups/${newest.id}/file`, {
        headers: { authorization: adminKey, range },
      });
      return [answer.status, answer.headers.get("content-range"), await answer.bytes()] as const;
    };
    const half = Math.floor(newest.bytes / 2);
    const [first, last] = [await part(`bytes=0-${half - 1}`), await part(`bytes=${half}-`)];
    assert.deepEqual([first[0], first[1]], [206, `bytes 0-${half - 1}/${newest.bytes}`]);
    assert.equal(sha256(new Uint8Array([...first[2], ...last[2]])), newest.sha256);
    const beyond = await part(`bytes=${newest.bytes}-`);
    assert.deepEqual([beyond[0], beyond[1]], [416, `bytes */${newest.bytes}`]);

    const stays = await call("DELETE", `/api/backups/${newest.id}`);
    assert.equal(stays.status, 409);
    await stays.body?.cancel();
    assert.equal((await call("DELETE", `/api/backups/${older.id}`)).status, 204);
    for (const id of [older.id, "..%2Fperch.db", "x"]) {
      const gone = await call("GET", `/api/backups/${id}/file`);
      assert.ok([400, 404].includes(gone.status), `${id}: ${gone.status}`);
      await gone.body?.cancel();
    }
    assert.equal((await json("GET", "/api/backups")).items.length, 1);

    const { items } = await under.app.parts().access.audit.list({ action: "backup" });
    assert.deepEqual(
      items.map(({ action, actor }) => `${action} ${actor.name}`).reverse(),
      ["backup.begin", "backup.begin", "backup.download", "backup.download", "backup.delete"].map((
        a,
      ) => `${a} admin`),
    );
    const status = await json("GET", "/api/status");
    assert.deepEqual(
      status.components.filter((c: { name: string }) => c.name === "backup")[0].health,
      "ok",
    );
    for (const path of ["/api/backups", "/api/backups/state", `/api/backups/${newest.id}/file`]) {
      const refused = await call("GET", path, undefined, "engineer");
      assert.equal(refused.status, 403, path);
      await refused.body?.cancel();
    }
  }));

Deno.test("backups: encryption is switched on by whoever has the key, and by nobody else", () =>
  withSite(async ({ under, call, json, settled }) => {
    const pair = await json("POST", "/api/backups/encryption");
    assert.match(pair.identity, /^AGE-SECRET-KEY-1/);
    assert.ok(pair.sheet.includes(pair.identity) && pair.sheet.includes("perch restore"));
    assert.equal((await json("GET", "/api/backups/state")).encrypted_for, null, "not yet");
    const other = await json("POST", "/api/backups/encryption");
    assert.notEqual(other.identity, pair.identity);

    const confirm = "/api/backups/encryption/confirm";
    const last = pair.identity.endsWith("Q") ? "P" : "Q";
    const wrong = [pair.recipient, pair.identity.slice(0, -1), pair.identity.slice(0, -1) + last];
    for (const identity of [...wrong, "", "x".repeat(400)]) {
      const refused = await call("POST", confirm, { identity });
      assert.equal(refused.status, 400);
      const text = await refused.text();
      assert.match(text, /all 74 characters/);
      assert.ok(identity === "" || !text.includes(identity), "the key is not said again");
    }
    // As it is typed from paper.
    const typed = pair.identity.toLowerCase().match(/.{1,10}/g)!.join(" ");
    assert.deepEqual(await json("POST", confirm, { identity: typed }), {
      recipient: pair.recipient,
    });
    assert.equal((await json("GET", "/api/backups/state")).encrypted_for, pair.recipient);

    await call("POST", "/api/backups");
    assert.equal((await settled()).state, "done");
    const { items: [backup] } = await json("GET", "/api/backups");
    assert.ok(backup.encrypted && backup.id.endsWith(".tar.gz.age"));
    const file = `${under.dataDir}/backups/${backup.id}`;
    const target = await Deno.makeTempDir({ prefix: "perch-unpacked-" });
    const unpack = (identity: string | null, into: string) =>
      createBackupWorker().unpack(
        { file, identity, target: into, migrationsFolder: MIGRATIONS, mostBytes: 1e9 },
        () => {},
      );
    const manifest = await unpack(pair.identity, `${target}/right`);
    assert.equal(manifest.sequence, backup.sequence);
    await assert.rejects(unpack(other.identity, `${target}/wrong`));
    await assert.rejects(unpack(null, `${target}/none`));
    await Deno.remove(target, { recursive: true });

    const { rows } = await under.app.parts().storage.db.query({
      sql: "SELECT group_concat(coalesce(before, '') || coalesce(after, '')) FROM audit",
    });
    assert.ok(String(rows[0][0]).includes(pair.recipient));
    assert.ok(!/AGE-SECRET/i.test(String(rows[0][0])));
    for await (const { name, isFile } of Deno.readDir(under.dataDir)) {
      if (!isFile) continue;
      const bytes = await Deno.readTextFile(`${under.dataDir}/${name}`);
      assert.ok(!bytes.toUpperCase().includes(pair.identity), name);
    }

    assert.equal((await call("DELETE", "/api/backups/encryption")).status, 204);
    assert.equal((await json("GET", "/api/backups/state")).encrypted_for, null);
    assert.equal((await json("GET", "/api/backups")).items.length, 1, "what there is stays");
  }));
