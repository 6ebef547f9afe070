/**
 * Corrections over the API, by everybody who could ask: a codec breaks, its correction is proposed by rules, and
 * applied by an admin who signed in, by exactly its hash. Z18's control: `SABOTAGE=correction_byte` (the hash that is
 * sent is the right one after all).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import type { CorrectionJson } from "../../lib/faults/corrections/correction.ts";
import { startApp } from "../support/app.ts";
import { sabotaged } from "../support/sabotage.ts";
import { BROKEN } from "../support/script_faults/site.ts";
import { until } from "../support/until.ts";

const PASSWORD = "long enough";
const tester = systemActor("test");

Deno.test("corrections: proposed without a key, approved by who may, by the hash of what they were shown", async () => {
  const under = await startApp();
  try {
    const { access, faults, scripts } = under.app.parts();
    const file = join(under.dataDir, "codecs/pump.js");
    await Deno.mkdir(join(under.dataDir, "codecs"), { recursive: true });
    await Deno.writeTextFile(file, BROKEN);
    await scripts.look();
    const fault = await until("the fault", async () => {
      await faults.look();
      return faults.open().find(({ component }) => component === "codec:pump") ?? null;
    });

    const tokens = new Map<string, string>();
    for (const role of ["viewer", "engineer", "admin"] as Role[]) {
      const email = `${role}@example.org`;
      await access.users.add({ email, role, password: PASSWORD }, tester);
      const from = { ...tester, address: "127.0.0.1" };
      tokens.set(role, (await access.signIn.api({ email, password: PASSWORD, from })).access_token);
    }
    tokens.set("key", (await access.keys.add({ name: "k", role: "admin" }, tester)).key);
    const ask = async (path: string, body?: unknown, who = "admin") => {
      const answer = await fetch(`${under.url}/api/faults/${fault.id}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${tokens.get(who)}`,
          "content-type": "application/json",
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { status: answer.status, json: await answer.json() };
    };

    for (const who of ["viewer", "engineer"]) {
      for (const path of ["/propose", "/approve", "/rollback"]) {
        const body = path === "/approve" ? { diff_hash: "" } : path === "/propose" ? {} : undefined;
        assert.equal((await ask(path, body ?? {}, who)).status, 403, `${who} ${path}`);
      }
      assert.equal((await ask("/corrections", undefined, who)).status, 403, who);
    }
    const { json } = await ask("/propose", {}, "key");
    const one: CorrectionJson = json.correction;
    assert.equal(one.state, "proposed");
    assert.match(one.author, /^rule: /);
    assert.match(one.diff, /^\+.*value: p \}\];$/m);
    assert.equal(await Deno.readTextFile(file), BROKEN, "a proposal changes nothing");
    const approval = { diff_hash: one.diff_hash };
    assert.equal((await ask("/approve", approval, "key")).status, 403, "no key approves");
    assert.equal((await ask("/approve", approval)).status, 409, "it was not shown to this admin");
    assert.equal((await ask("/corrections")).json.items[0].diff_hash, one.diff_hash);

    const last = one.diff_hash.at(-1) === "0" ? "1" : "0";
    const byte = sabotaged("correction_byte") ? one.diff_hash : one.diff_hash.slice(0, -1) + last;
    const refused = await ask("/approve", { diff_hash: byte });
    assert.deepEqual([refused.status, refused.json.detail], [
      409,
      "this is not the change that was shown: look at it again",
    ]);
    const wrong = await ask("/approve", { ...approval, password: "wrong password" });
    assert.equal(wrong.status, 403, "a wrong password is worse than none");
    const applied = await ask("/approve", { ...approval, password: PASSWORD });
    assert.deepEqual([applied.status, applied.json.state], [200, "watching"], applied.json.detail);
    assert.equal(applied.json.approver, "admin@example.org");
    assert.equal(await Deno.readTextFile(file), one.after);
    assert.equal((await ask("/approve", approval)).status, 409, "it counts once");
    await until("the codec runs", () => {
      const known = under.app.parts().codecs.views().find(({ name }) => name === "pump");
      return Promise.resolve(known?.broken === null || null);
    });

    assert.equal((await ask("/rollback", {}, "key")).status, 403);
    const back = await ask("/rollback", {});
    assert.deepEqual([back.status, back.json.state], [200, "rolled_back"], back.json.detail);
    assert.equal(await Deno.readTextFile(file), BROKEN);
    const { items } = await access.audit.list({ action: "correction", limit: 20 });
    const rows = items.map(({ action, actor }) => `${action} ${actor.name}`).toReversed();
    // Perch may have looked for it before it was asked.
    assert.match(rows[0], /^correction\.proposed (k|corrections)$/);
    assert.deepEqual(rows.slice(1), [
      "correction.approved admin@example.org",
      "correction.applied admin@example.org",
      "correction.rolled_back admin@example.org",
    ]);
  } finally {
    await under.close();
  }
});
