/**
 * Guessing passwords: most guesses are refused without hashing, the right person still gets in, a restart
 * forgets nothing. `SABOTAGE=brute_force` takes the limits away.
 */
import assert from "node:assert/strict";
import { sabotaged } from "../support/sabotage.ts";
import { form, PASSWORD, people, type Site, startSite } from "../support/site.ts";

const start = () =>
  startSite({
    access: sabotaged("brute_force")
      ? { attemptLimits: () => ({ perAccount: Infinity, perAddress: Infinity }) }
      : {},
  });

const guess = (site: Site, password: string, from = "192.168.1.66", email: string = people.admin) =>
  site.ask("/api/users/login", {
    from,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });

Deno.test("sign-in: of a thousand guesses at most thirty are hashed; from elsewhere the right one enters", async () => {
  const site = await start();
  try {
    const before = site.hasher.count();
    const statuses = new Map<number, number>();
    for (let i = 0; i < 20; i++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => guess(site, `guess ${i} ${n}`)),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.ok(site.hasher.count() - before <= 30, `${site.hasher.count() - before} hashed`);
    assert.deepEqual([...statuses.keys()].sort(), [401, 429]);
    const refused = await guess(site, PASSWORD);
    assert.equal(refused.status, 429);
    const wait = Number(refused.headers.get("retry-after"));
    assert.ok(wait > 0 && wait <= 300);
    assert.equal((await guess(site, PASSWORD, "192.168.1.5")).status, 200);
    site.clock.jump((wait + 1) * 1000);
    assert.equal((await guess(site, PASSWORD)).status, 200, "a delay, no lock-out");
  } finally {
    await site.close();
  }
});

Deno.test("sign-in: many accounts from one address are limited too", async () => {
  const site = await start();
  try {
    const before = site.hasher.count();
    for (let i = 0; i < 200; i++) await guess(site, "spray", "192.168.1.66", `u${i}@example.org`);
    assert.ok(site.hasher.count() - before <= 30);
  } finally {
    await site.close();
  }
});

Deno.test("sign-in: addresses of one IPv6 network count as one", async () => {
  const site = await start();
  try {
    const before = site.hasher.count();
    for (let i = 0; i < 50; i++) await guess(site, "guess", `2001:db8:1:2::${i.toString(16)}`);
    assert.equal(site.hasher.count() - before, 5);
    assert.equal((await guess(site, PASSWORD, "2001:db8:1:3::1")).status, 200);
  } finally {
    await site.close();
  }
});

Deno.test("sign-in: the limit survives a restart and holds on the page as well", async () => {
  const site = await start();
  let closed = false;
  try {
    for (let i = 0; i < 5; i++) assert.equal((await guess(site, "wrong")).status, 401);
    const page = await site.ask("/sign-in", {
      ...form({ email: people.admin, password: PASSWORD }),
      from: "192.168.1.66",
    });
    assert.equal(page.status, 429);
    assert.ok(page.headers.has("retry-after"));
    const again = await site.restart();
    closed = true;
    try {
      await assert.rejects(
        again.access.signIn.api({
          email: people.admin,
          password: PASSWORD,
          from: { kind: "system", id: null, name: "", address: "192.168.1.66", agent: null },
        }),
        { code: "rate_limited" },
      );
    } finally {
      await again.close();
    }
  } finally {
    if (!closed) await site.close();
  }
});
