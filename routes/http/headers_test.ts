import assert from "node:assert/strict";
import { Hono } from "hono";
import { CONTENT_SECURITY_POLICY, setSecurityHeaders } from "./headers.ts";

/** Sets the headers on every answer; the routes answer with headers of their own. */
function app() {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    setSecurityHeaders(c.res.headers, c.req.path);
  });
  app.get("/page", (c) => c.html("<p>hello</p>"));
  app.get("/api/list", (c) => c.json([]));
  app.get("/api/cached", (c) => c.json([], 200, { "cache-control": "public, max-age=60" }));
  app.get("/api/stream", (c) => c.body(null, 200, { "cache-control": "no-transform" }));
  app.get(
    "/static/a.css",
    (c) => c.body("", 200, { "cache-control": "public, max-age=31536000, immutable" }),
  );
  app.get(
    "/photos/a.png",
    (c) => c.body("", 200, { "content-security-policy": "default-src 'none'; sandbox" }),
  );
  return app;
}

const headersOf = async (path: string) => (await app().request(path)).headers;

Deno.test("setSecurityHeaders stands on pages, on the API and on what is not there", async () => {
  for (const path of ["/page", "/api/list", "/nothing"]) {
    const headers = await headersOf(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("x-frame-options"), "DENY", path);
    assert.equal(headers.get("referrer-policy"), "same-origin", path);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", path);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assert.equal(headers.get("content-security-policy"), CONTENT_SECURITY_POLICY, path);
    assert.match(headers.get("permissions-policy")!, /camera=\(\)/, path);
  }
});

Deno.test("the policy of pages lets nothing in from elsewhere and nothing inline", () => {
  const rules = new Map(
    CONTENT_SECURITY_POLICY.split("; ").map((rule) => {
      const [name, ...sources] = rule.split(" ");
      return [name, sources] as const;
    }),
  );
  assert.deepEqual(rules.get("default-src"), ["'none'"]);
  for (const name of ["script-src", "style-src", "connect-src", "form-action"]) {
    assert.deepEqual(rules.get(name), ["'self'"], name);
  }
  assert.deepEqual(rules.get("frame-ancestors"), ["'none'"]);
  assert.deepEqual(rules.get("base-uri"), ["'none'"]);
});

Deno.test("a route's stricter policy stays", async () => {
  const headers = await headersOf("/photos/a.png");
  assert.equal(headers.get("content-security-policy"), "default-src 'none'; sandbox");
});

Deno.test("the API is never cached; other answers only when their route said so", async () => {
  assert.equal((await headersOf("/page")).get("cache-control"), "no-store");
  assert.equal((await headersOf("/api/list")).get("cache-control"), "no-store");
  assert.equal((await headersOf("/api/cached")).get("cache-control"), "no-store");
  // A proxy that compresses would hold events back.
  assert.equal((await headersOf("/api/stream")).get("cache-control"), "no-store, no-transform");
  assert.match((await headersOf("/static/a.css")).get("cache-control")!, /immutable/);
});
