import assert from "node:assert/strict";
import { quickHasher, tester } from "../../tests/support/access.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { type FailingWrites, failingWrites } from "../../tests/support/failing_writes.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { createEventLog } from "../events/events_store.ts";
import { type Access, createAccess } from "./access.ts";

const EMAIL = "ada@example.org";
const PASSWORD = "long enough", NEXT = "another one that is long";

interface World {
  access: Access;
  real: Database;
  clock: FakeClock;
  disk: FailingWrites;
  /** What a start would read from the disk. */
  fresh(): Promise<Access>;
}

async function withAccess(run: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-access-" });
  const real = await openTestDatabase(dataDir);
  const disk = failingWrites(real);
  const clock = fakeClock();
  const open = async (db: Database) => {
    const events = createEventLog(db);
    const hasher = quickHasher();
    const access = createAccess({ db, clock, log: silentLog(), dataDir, events, hasher });
    await access.load();
    return access;
  };
  try {
    await run({ access: await open(disk.db), real, clock, disk, fresh: () => open(real) });
  } finally {
    await real.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

const addAda = (access: Access) =>
  access.users.add({ email: EMAIL, role: "engineer", password: PASSWORD }, tester);
const signIn = (access: Access, password = PASSWORD) =>
  access.signIn.browser({ email: EMAIL, password, from: tester });
const isSignedIn = async (access: Access, session: string) =>
  await access.resolve({ authorization: null, session }) !== null;
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

Deno.test("access: a new password ends the sign-ins in its own transaction, whichever write fails", async () => {
  for (const writes of [0, 1]) {
    await withAccess(async ({ access, disk, fresh }) => {
      const { id } = await addAda(access);
      const { secret } = await signIn(access);
      disk.failAfter(writes);
      await access.users.setPassword(id, NEXT, tester).catch(() => {});
      const after = await fresh();
      disk.failAfter(Infinity);
      const renewed = await signIn(after, NEXT).then(() => true, () => false);
      assert.equal(renewed, writes > 0);
      assert.equal(await isSignedIn(after, secret), !renewed, "on the disk");
      assert.equal(await isSignedIn(access, secret), !renewed, "in memory");
    });
  }
});

Deno.test("access: who was disabled and is enabled again is not signed in by it", () =>
  withAccess(async ({ access, disk, fresh }) => {
    const { id } = await addAda(access);
    const { secret } = await signIn(access);
    disk.failAfter(1);
    await access.users.change(id, { state: "disabled" }, tester).catch(() => {});
    disk.failAfter(Infinity);
    await access.users.change(id, { state: "active" }, tester);
    assert.equal(await isSignedIn(access, secret), false);
    assert.equal(await isSignedIn(await fresh(), secret), false);
  }));

Deno.test("access: a sign-out that is not written leaves memory as the disk", () =>
  withAccess(async ({ access, disk, fresh }) => {
    await addAda(access);
    const { secret } = await signIn(access);
    const who = await access.resolve({ authorization: null, session: secret });
    disk.failAfter(0);
    await assert.rejects(access.sessions.end(who!.session!), /does not answer/);
    assert.equal(await isSignedIn(access, secret), await isSignedIn(await fresh(), secret));
    await access.sessions.end(who!.session!);
    assert.equal(await isSignedIn(access, secret), false);
    assert.equal(await isSignedIn(await fresh(), secret), false);
  }));

Deno.test("access: a sign-in that is not written is not in the list of people", () =>
  withAccess(async ({ access, disk }) => {
    const { id } = await addAda(access);
    disk.failAfter(0);
    await assert.rejects(signIn(access), /does not answer/);
    assert.equal(access.users.find(id)!.lastSignInMs, null);
    await signIn(access);
    assert.notEqual(access.users.find(id)!.lastSignInMs, null);
  }));

Deno.test("access: a refresh token that comes back ends its session and says so in one transaction", async () => {
  for (const writes of [0, 1]) {
    await withAccess(async ({ access, clock, disk, real, fresh }) => {
      await addAda(access);
      const from = { ...tester };
      const first = await access.signIn.api({ email: EMAIL, password: PASSWORD, from });
      await access.tokens.refresh(first.refresh_token, tester);
      clock.jump(60_000);
      disk.failAfter(writes);
      await access.tokens.refresh(first.refresh_token, tester).catch(() => {});
      disk.failAfter(Infinity);
      const { rows: [[said]] } = await real.query({
        sql: "select count(*) from audit where action = 'session.reuse'",
      });
      const open = (await fresh()).sessions.ofUser(access.users.byEmail(EMAIL)!.id).length;
      assert.equal(open, said === 0 ? 1 : 0);
    });
  }
});

Deno.test("access: a key counts when it is written, and of two with one name at once there is one", () =>
  withAccess(async ({ access, disk, fresh }) => {
    const release = disk.holdNext();
    const key = { name: "press", role: "viewer" } as const;
    const both = Promise.allSettled([access.keys.add(key, tester), access.keys.add(key, tester)]);
    await pause();
    assert.deepEqual(access.keys.list(), [], "under way");
    release(false);
    assert.deepEqual((await both).map(({ status }) => status), ["fulfilled", "rejected"]);
    assert.equal((await fresh()).keys.list().length, 1);
  }));

Deno.test("access: last-used times that could not be written are written with the next", () =>
  withAccess(async ({ access, clock, disk, fresh }) => {
    await addAda(access);
    const { secret } = await signIn(access);
    const { key } = await access.keys.add({ name: "press", role: "viewer" }, tester);
    clock.jump(60_000);
    await isSignedIn(access, secret);
    await access.resolve({ authorization: `Bearer ${key}`, session: null });
    disk.failAfter(0);
    await assert.rejects(access.stop(), /does not answer/);
    await access.stop();
    const after = await fresh();
    const { id } = access.users.byEmail(EMAIL)!;
    assert.equal(after.sessions.ofUser(id)[0].lastUsedMs, clock.now());
    assert.equal(after.keys.list()[0].lastUsedMs, clock.now());
  }));

Deno.test("access: forgotten passwords asked for at once write as many mails as are allowed in an hour", () =>
  withAccess(async ({ access, real }) => {
    await addAda(access);
    await Promise.all(
      Array.from(
        { length: 12 },
        (_, i) => access.mailed.forgot(EMAIL, { ...tester, address: `192.168.1.${i + 1}` }),
      ),
    );
    for (let i = 0; i < 10; i++) await pause();
    const { rows: [[mails]] } = await real.query({
      sql: "select count(*) from events where type = 'access.password_reset'",
    });
    assert.equal(mails, 3);
  }));
