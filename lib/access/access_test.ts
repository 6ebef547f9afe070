import assert from "node:assert/strict";
import { PerchError } from "../base/errors.ts";
import { startAccess, tester } from "../../tests/support/access.ts";
import type { AccessUnderTest } from "../../tests/support/access.ts";
import { IDLE_MS, LIFE_MS } from "./sessions.ts";

const EMAIL = "ada@example.org";
const PASSWORD = "long enough";

async function withAccess(
  run: (t: AccessUnderTest) => Promise<AccessUnderTest | void>,
): Promise<void> {
  const t = await startAccess();
  let last = t;
  try {
    last = await run(t) ?? t;
  } finally {
    await last.close();
  }
}

const code = (wanted: string) => (error: unknown) =>
  error instanceof PerchError && error.code === wanted;

async function addAda(t: AccessUnderTest, role: "admin" | "engineer" = "engineer") {
  return await t.access.users.add({ email: EMAIL, role, password: PASSWORD }, tester);
}
const signIn = (t: AccessUnderTest, password = PASSWORD, address = "192.168.1.7") =>
  t.access.signIn.browser({ email: EMAIL, password, from: { ...tester, address } });
const bySession = (t: AccessUnderTest, session: string) =>
  t.access.resolve({ authorization: null, session });
const byToken = (t: AccessUnderTest, token: string) =>
  t.access.resolve({ authorization: `Bearer ${token}`, session: null });

Deno.test("access: a browser session identifies, survives a restart, ends by signing out", () =>
  withAccess(async (t) => {
    const user = await addAda(t);
    const { secret } = await signIn(t);
    const who = await bySession(t, secret);
    assert.deepEqual([who?.kind, who?.id, who?.role, who?.via], [
      "user",
      user.id,
      "engineer",
      "session",
    ]);
    const again = await t.restart();
    const after = await bySession(again, secret);
    assert.equal(after?.id, user.id);
    await again.access.sessions.end(after!.session!);
    assert.equal(await bySession(again, secret), null);
    const third = await again.restart();
    assert.equal(await bySession(third, secret), null);
    return third;
  }));

Deno.test("access: a browser session ends by disuse and at the end of its life", () =>
  withAccess(async (t) => {
    await addAda(t);
    const { secret } = await signIn(t);
    t.clock.jump(IDLE_MS - 1000);
    assert.ok(await bySession(t, secret));
    t.clock.jump(IDLE_MS - 1000);
    assert.ok(await bySession(t, secret), "use prolongs");
    t.clock.jump(IDLE_MS + 1000);
    assert.equal(await bySession(t, secret), null);
    const other = await signIn(t);
    for (let ms = 0; ms < LIFE_MS; ms += IDLE_MS / 2) {
      await bySession(t, other.secret);
      t.clock.jump(IDLE_MS / 2);
    }
    assert.equal(await bySession(t, other.secret), null);
  }));

Deno.test("access: what is stored gives no way in", () =>
  withAccess(async (t) => {
    await addAda(t);
    const { secret } = await signIn(t);
    const pair = await t.access.signIn.api({ email: EMAIL, password: PASSWORD, from: tester });
    const { key } = await t.access.keys.add({ name: "k", role: "viewer" }, tester);
    const tables = ["users", "sessions", "refresh_tokens", "access_keys", "audit"];
    let stored = "";
    for (const table of tables) {
      const result = await t.db.query({ sql: `select * from ${table}` });
      stored += JSON.stringify(result.rows);
    }
    assert.ok(stored.includes(EMAIL));
    for (const it of [secret, pair.access_token, pair.refresh_token, key, PASSWORD]) {
      assert.ok(!stored.includes(it));
    }
  }));

Deno.test("access: disabling a person ends sessions, tokens and streams at once, for good", () =>
  withAccess(async (t) => {
    const user = await addAda(t);
    const { secret } = await signIn(t);
    const pair = await t.access.signIn.api({ email: EMAIL, password: PASSWORD, from: tester });
    let ended = 0;
    t.access.watch((await bySession(t, secret))!, () => ended++);
    t.access.watch((await byToken(t, pair.access_token))!, () => ended++);
    await t.access.users.change(user.id, { state: "disabled" }, tester);
    assert.equal(ended, 2);
    assert.equal(await bySession(t, secret), null);
    assert.equal(await byToken(t, pair.access_token), null);
    await assert.rejects(
      t.access.tokens.refresh(pair.refresh_token, tester),
      code("unauthenticated"),
    );
    await assert.rejects(signIn(t), code("unauthenticated"));
    await t.access.users.change(user.id, { state: "active" }, tester);
    assert.equal(await bySession(t, secret), null, "enabling brings no old session back");
    assert.ok(await bySession(t, (await signIn(t)).secret));
  }));

Deno.test("access: a changed role counts from the next request", () =>
  withAccess(async (t) => {
    const user = await addAda(t);
    const pair = await t.access.signIn.api({ email: EMAIL, password: PASSWORD, from: tester });
    await t.access.users.change(user.id, { role: "viewer" }, tester);
    assert.equal((await byToken(t, pair.access_token))?.role, "viewer");
  }));

Deno.test("access: the last active admin stays", () =>
  withAccess(async (t) => {
    const user = await addAda(t, "admin");
    for (
      const change of [{ role: "viewer" }, { state: "disabled" }, { state: "deleted" }] as const
    ) {
      await assert.rejects(t.access.users.change(user.id, change, tester), code("conflict"));
    }
    const bob = await t.access.users.add(
      { email: "bob@example.org", role: "admin", password: PASSWORD },
      tester,
    );
    const both = await Promise.allSettled([
      t.access.users.change(user.id, { role: "viewer" }, tester),
      t.access.users.change(bob.id, { role: "viewer" }, tester),
    ]);
    assert.equal(both.filter((r) => r.status === "fulfilled").length, 1);
  }));

Deno.test("access: a deleted person's address is free again, the name stays in history", () =>
  withAccess(async (t) => {
    const user = await addAda(t);
    await t.access.users.change(user.id, { state: "deleted" }, tester);
    const next = await addAda(t);
    assert.notEqual(next.id, user.id);
    assert.equal(t.access.users.find(user.id)?.email, EMAIL);
    assert.deepEqual(t.access.users.list().map((u) => u.id), [next.id]);
  }));

Deno.test("access: bad new people are refused with the field's name", () =>
  withAccess(async (t) => {
    const field = (path: string) => (e: unknown) =>
      e instanceof PerchError && e.errors[0]?.path === path;
    const add = (change: Record<string, unknown>) =>
      (async () =>
        await t.access.users.add(
          { email: EMAIL, role: "viewer", password: PASSWORD, ...change } as never,
          tester,
        ))();
    await assert.rejects(add({ email: "nobody" }), field("email"));
    await assert.rejects(add({ role: "root" }), field("role"));
    await assert.rejects(add({ password: "short" }), field("password"));
    await assert.rejects(add({ name: "a\u202eb" }), field("name"));
    await add({});
    await assert.rejects(add({ email: " ADA@example.org " }), field("email"));
  }));

Deno.test("keys: shown once, limited in time, ended by removal", () =>
  withAccess(async (t) => {
    const expiresMs = t.clock.now() + 60_000;
    const { key, entry } = await t.access.keys.add(
      { name: "telegraf", role: "engineer", scopes: ["ingest"], expiresMs },
      tester,
    );
    const who = await t.access.resolve({ authorization: `Token ${key}`, session: null });
    assert.deepEqual([who?.kind, who?.role, who?.scopes], ["key", "engineer", ["ingest"]]);
    assert.ok(!JSON.stringify(t.access.keys.list()).includes(key));
    assert.equal(await byToken(t, key.slice(0, -1) + "x"), null);
    const again = await t.restart();
    assert.ok(await byToken(again, key));
    t.clock.jump(61_000);
    assert.equal(await byToken(again, key), null);
    const other = await again.access.keys.add({ name: "other", role: "viewer" }, tester);
    let ended = false;
    again.access.watch((await byToken(again, other.key))!, () => ended = true);
    await again.access.keys.remove(other.entry.id, tester);
    assert.equal(await byToken(again, other.key), null);
    assert.ok(ended);
    await assert.rejects(
      again.access.keys.add({ name: "telegraf", role: "viewer" }, tester),
      code("conflict"),
    );
    assert.ok(entry.hint.length < 15);
    return again;
  }));

Deno.test("keys: a device key is MQTT user and password and names its machine", () =>
  withAccess(async (t) => {
    const { key, entry } = await t.access.keys.add(
      { name: "press", machine: "hall/press-3" },
      tester,
    );
    for (const user of ["press", entry.id]) {
      const who = t.access.authenticateMqtt(user, key);
      assert.deepEqual([who?.kind, who?.machine, who?.via], ["device", "hall/press-3", "mqtt"]);
    }
    assert.equal(t.access.authenticateMqtt("other", key), null);
    assert.equal(t.access.authenticateMqtt("press", "perch_guess"), null);
    for (const machine of ["", "/x", "a//b", "a/#", "+", "$SYS/x"]) {
      await assert.rejects(t.access.keys.add({ name: "bad", machine }, tester), code("validation"));
    }
  }));

Deno.test("audit: every change is there with before and after, and nothing removes it", () =>
  withAccess(async (t) => {
    const user = await addAda(t);
    await t.access.users.change(user.id, { role: "viewer" }, tester);
    await signIn(t);
    await assert.rejects(signIn(t, "wrong password"));
    const { items } = await t.access.audit.list({});
    assert.deepEqual(items.map((i) => i.action), [
      "sign_in.failed",
      "sign_in",
      "user.update",
      "user.add",
    ]);
    assert.deepEqual(
      [(items[2].before as { role: string }).role, (items[2].after as { role: string }).role],
      ["engineer", "viewer"],
    );
    assert.equal(items[1].actor.name, EMAIL);
    assert.equal(items[1].address, "192.168.1.7");
    await assert.rejects(t.db.write([{ sql: "delete from audit" }]), /append-only/);
    await assert.rejects(t.db.write([{ sql: "update audit set action = 'x'" }]), /append-only/);
    const page = await t.access.audit.list({ limit: 3 });
    assert.equal((await t.access.audit.list({ cursor: page.next! })).items[0].action, "user.add");
    assert.equal((await t.access.audit.list({ action: "user" })).items.length, 2);
    assert.equal((await t.access.audit.list({ search: "%" })).items.length, 0);
  }));

Deno.test("links: an invitation sets the password once", () =>
  withAccess(async (t) => {
    const user = await t.access.users.add({ email: EMAIL, role: "viewer" }, tester);
    assert.equal(user.state, "invited");
    await assert.rejects(signIn(t, ""), code("unauthenticated"));
    const first = await t.access.links.create(user.id, "invite", tester);
    const { secret } = await t.access.links.create(user.id, "invite", tester);
    assert.ok(await t.access.links.find(first.secret), "a mail that was sent twice has two");
    const race = await Promise.allSettled(
      ["password one", "password two"].map((p) => t.access.links.use(secret, p, tester)),
    );
    assert.deepEqual(race.map((r) => r.status), ["fulfilled", "rejected"]);
    assert.equal(await t.access.links.find(first.secret), null, "the first use ends them all");
    await signIn(t, "password one");
    const late = await t.access.links.create(user.id, "reset", tester);
    t.clock.jump(3 * 3_600_000);
    await assert.rejects(
      t.access.links.use(late.secret, PASSWORD, tester),
      code("unauthenticated"),
    );
  }));
