/**
 * First start: nobody has an account, the setup token makes exactly one admin, demonstration accounts exist in
 * the simulator alone. `SABOTAGE=setup` lets `users.add` forget that it was to make the first one only.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sabotaged } from "../support/sabotage.ts";
import { form, type Site, startSite } from "../support/site.ts";
import { startAccess } from "../support/access.ts";

const DEMO = [
  ["admin@example.com", "admin123"],
  ["engineer@example.com", "engineer123"],
  ["viewer@example.com", "viewer123"],
];

async function firstStart(run: (site: Site, token: string) => Promise<void>): Promise<void> {
  const site = await startSite({ empty: true });
  try {
    if (sabotaged("setup")) {
      const { add } = site.access.users;
      site.access.users.add = (user, actor) => add(user, actor);
    }
    await run(site, site.started.setupToken!);
  } finally {
    await site.close();
  }
}

const setup = (site: Site, token: string, email = "me@example.org") =>
  site.ask("/setup", form({ token, email, password: "my own words" }));

Deno.test("first start: no account, and a token of 128 bits in a file of its owner", () =>
  firstStart(async (site, token) => {
    assert.equal(site.access.users.list().length, 0);
    const path = join(site.dataDir, "setup-token");
    assert.equal(Deno.readTextFileSync(path).trim(), token);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    assert.match(token, /^[\w-]{22}$/);
    const page = await site.ask("/sign-in");
    assert.equal(page.headers.get("location"), "/setup");
    for (const [email, password] of DEMO) {
      assert.equal(
        (await site.api(null, "POST", "/api/users/login", { email, password })).status,
        401,
      );
    }
  }));

Deno.test("first start: fifty clients race with the token, one becomes admin", () =>
  firstStart(async (site, token) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => setup(site, token, `racer${i}@example.org`)),
    );
    const won = answers.filter((a) => a.status === 303);
    assert.equal(site.access.users.list().length, 1);
    assert.equal(won.length, 1);
    assert.match(won[0].headers.get("set-cookie")!, /^perch=/);
    assert.equal(site.access.users.list()[0].role, "admin");
    assert.ok(answers.every((a) => [303, 401, 409].includes(a.status)));
    assert.throws(() => Deno.statSync(join(site.dataDir, "setup-token")));
    assert.equal((await setup(site, token, "late@example.org")).status, 401);
    assert.equal((await site.ask("/setup")).headers.get("location"), "/sign-in");
  }));

Deno.test("first start: wrong and old tokens make nothing", () =>
  firstStart(async (site, token) => {
    for (const wrong of ["", "x", token.slice(1), `${token}x`, token.toLowerCase() + "0"]) {
      assert.equal((await setup(site, wrong)).status, 401);
    }
    const bad = await site.ask(
      "/setup",
      form({ token, email: "no address", password: "short" }),
    );
    assert.equal(bad.status, 400);
    await site.clock.advance(30 * 60_000 + 1);
    assert.equal((await setup(site, token)).status, 401);
    assert.equal(site.access.users.list().length, 0);
    assert.match(await (await site.ask("/setup")).text(), /Start Perch again/);
  }));

Deno.test("demonstration accounts: documented on loopback, random when open, gone outside the simulator", async () => {
  const signIn = async (
    under: Awaited<ReturnType<typeof startAccess>>,
    [email, password]: string[],
  ) => {
    const from = { kind: "system", id: null, name: "", address: "127.0.0.1", agent: null } as const;
    try {
      return (await under.access.signIn.browser({ email, password, from })).user.role;
    } catch {
      return null;
    }
  };
  let under = await startAccess({ demo: "loopback" });
  try {
    assert.deepEqual(
      await Promise.all(DEMO.map((pair) => signIn(under, pair))),
      ["admin", "engineer", "viewer"],
    );
    assert.equal(under.started.setupToken, null);
    under = await under.restart({ demo: "lan" });
    assert.equal(await signIn(under, DEMO[0]), null);
    const random = under.started.demoUsers[0];
    assert.ok(random.password.length >= 12);
    assert.equal(await signIn(under, [random.email, random.password]), "admin");
    under = await under.restart({ demo: "loopback" });
    assert.equal(await signIn(under, DEMO[0]), "admin");
    under = await under.restart({ demo: null });
    assert.equal(await signIn(under, DEMO[0]), null);
    assert.equal(under.access.users.list().length, 0);
    assert.ok(under.started.setupToken);
  } finally {
    await under.close();
  }
});

Deno.test("demonstration accounts: the simulator does not start on real accounts", async () => {
  const site = await startSite();
  let closed = false;
  try {
    const again = site.restart({ demo: "loopback" });
    closed = true;
    await assert.rejects(again, /real accounts/);
  } finally {
    if (!closed) await site.close();
    else await Deno.remove(site.dataDir, { recursive: true });
  }
});
