import assert from "node:assert/strict";
import { Hono } from "hono";
import { hostAllowed, type HostRules, originAllowed } from "./origin.ts";

const PUBLIC = new URL("https://perch.example");

/** 421 under a strange name, 403 for a write from elsewhere, else 204. A cookie asks for proof. */
function app(rules: HostRules) {
  const app = new Hono();
  app.post("/", (c) => {
    const host = c.req.header("host")!;
    if (!hostAllowed(host, rules)) return c.body(null, 421);
    const allowed = originAllowed({
      origin: c.req.header("origin") ?? null,
      fetchSite: c.req.header("sec-fetch-site") ?? null,
      host,
      publicUrl: rules.publicUrl,
      proofNeeded: c.req.header("cookie") !== undefined,
    });
    return c.body(null, allowed ? 204 : 403);
  });
  return app;
}

async function status(headers: Record<string, string>, publicUrl: URL | null = null) {
  const rules = { hostName: "plant.lan", publicUrl };
  return (await app(rules).request("/", { method: "POST", headers })).status;
}

Deno.test("hostAllowed: addresses, this host's names and the public one, and no other", async () => {
  for (
    const host of [
      "localhost:8080",
      "127.0.0.1",
      "192.168.1.7:8080",
      "[::1]:8080",
      "[fe80::1]",
      "plant.lan:8080",
      "PLANT.lan",
      "plant.lan.",
      "plant.local",
    ]
  ) assert.equal(await status({ host }), 204, host);
  for (
    const host of [
      "evil.example",
      "plant.lan.evil.example",
      "notplant.local",
      "perch.example",
      // Spellings of 127.0.0.1 that no browser sends.
      "2130706433",
      "0x7f.1",
      "127.1",
      "user@localhost",
      "localhost:8080:80",
      "localhost/x",
      "",
    ]
  ) assert.equal(await status({ host }), 421, host);
  assert.equal(await status({ host: "perch.example" }, PUBLIC), 204);
});

Deno.test("originAllowed: a page of ours may write, whatever ends TLS in front", async () => {
  const host = "192.168.1.7:8080";
  const cookie = "perch=x";
  for (const origin of ["http://192.168.1.7:8080", "https://192.168.1.7:8080"]) {
    assert.equal(await status({ host, cookie, origin }), 204, origin);
  }
  assert.equal(await status({ host, cookie, "sec-fetch-site": "same-origin" }), 204);
  // Behind a proxy that rewrites Host, the public address counts.
  const origin = "https://perch.example";
  assert.equal(await status({ host: "127.0.0.1:8080", cookie, origin }, PUBLIC), 204);
  assert.equal(await status({ host: "127.0.0.1:8080", cookie, origin }), 403);
});

Deno.test("originAllowed: a page from elsewhere may not, nor one that hides where it is from", async () => {
  const host = "192.168.1.7:8080";
  const cookie = "perch=x";
  for (
    const origin of [
      "http://evil.example",
      "http://192.168.1.7",
      "http://192.168.1.7:8081",
      "null",
      "file://",
      "chrome-extension://192.168.1.7:8080",
      "http://192.168.1.7:8080.evil.example",
    ]
  ) {
    assert.equal(await status({ host, cookie, origin }), 403, origin);
    assert.equal(await status({ host, origin }), 403, `${origin}, no cookie`);
  }
  for (const site of ["cross-site", "same-site"]) {
    assert.equal(await status({ host, cookie, "sec-fetch-site": site }), 403, site);
    const origin = `http://${host}`;
    assert.equal(await status({ host, cookie, origin, "sec-fetch-site": site }), 403, site);
  }
});

Deno.test("originAllowed: without both headers a cookie is not enough; a program needs neither", async () => {
  const host = "192.168.1.7:8080";
  assert.equal(await status({ host, cookie: "perch=x" }), 403);
  assert.equal(await status({ host }), 204);
});
