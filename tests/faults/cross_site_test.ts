/**
 * Other sites cannot write with a visitor's cookie, and names that are not ours are not answered.
 * `SABOTAGE=cross_site` makes the evil site our own public address.
 */
import assert from "node:assert/strict";
import { sabotaged } from "../support/sabotage.ts";
import { people, type Site, startSite } from "../support/site.ts";

const EVIL: Record<string, string>[] = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "" },
  { origin: "http://localhost:8081" },
  { origin: "http://localhost.evil.example" },
  { origin: "http://evil.example", "sec-fetch-site": "same-origin" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  {},
];

async function withCookie(run: (site: Site, cookie: string) => Promise<void>): Promise<void> {
  const site = await startSite(
    sabotaged("cross_site")
      ? { mount: { publicUrl: new URL("https://evil.example"), hostName: "evil.example" } }
      : {},
  );
  try {
    await run(site, await site.cookie(people.admin));
  } finally {
    await site.close();
  }
}

const count = (site: Site) => site.db.query({ sql: "select count(*) from audit" });

Deno.test("cross-site: no write with a cookie passes from elsewhere, whatever the route", () =>
  withCookie(async (site, cookie) => {
    const before = await count(site);
    const writes = site.routes.filter((r) => r.method !== "get");
    assert.ok(writes.length > 10);
    for (const route of writes) {
      for (const headers of EVIL) {
        for (
          const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]
        ) {
          const answer = await site.ask(route.path.replace(/:\w+/g, "x"), {
            method: route.method.toUpperCase(),
            headers: { cookie, "content-type": type, host: "localhost", ...headers },
            body: "{}",
          });
          const what = `${route.method} ${route.path} ${JSON.stringify(headers)} ${type}`;
          assert.equal(answer.status, 403, what);
        }
      }
    }
    assert.deepEqual((await count(site)).rows, before.rows, "nothing was done");
    const own = await site.ask("/api/users/me", {
      method: "PATCH",
      headers: {
        cookie,
        "content-type": "application/json",
        host: "localhost",
        origin: "http://localhost",
      },
      body: JSON.stringify({ name: "Ada" }),
    });
    assert.equal(own.status, 200);
  }));

Deno.test("cross-site: a foreign site cannot sign a visitor in either", () =>
  withCookie(async (site) => {
    for (const headers of EVIL.filter((h) => Object.keys(h).length > 0)) {
      const answer = await site.ask("/sign-in", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams({ email: people.viewer, password: "long enough" }).toString(),
      });
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.equal(answer.headers.get("set-cookie"), null);
    }
  }));

Deno.test("cross-site: every route answers 421 under a foreign name", () =>
  withCookie(async (site, cookie) => {
    for (const route of site.routes) {
      for (const host of ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"]) {
        const answer = await site.ask(route.path.replace(/:\w+/g, "x"), {
          method: route.method.toUpperCase(),
          headers: { cookie, host },
        });
        assert.equal(answer.status, 421, `${route.method} ${route.path} ${host}`);
      }
    }
  }));
