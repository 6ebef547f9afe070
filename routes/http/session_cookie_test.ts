import assert from "node:assert/strict";
import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import { sessionCookie, sessionCookieName } from "./session_cookie.ts";

/** Signs in and out with the cookie, and says what it reads of it. */
function app(secure: boolean) {
  const app = new Hono();
  app.post("/sign-in", (c) => {
    c.header("set-cookie", sessionCookie({ secure, base: "" }, "a.secret_Value-1", 3600.9));
    return c.body(null, 204);
  });
  app.post("/sign-out", (c) => {
    c.header("set-cookie", sessionCookie({ secure, base: "" }, null));
    return c.body(null, 204);
  });
  app.get(
    "/",
    (c) => c.json({ session: getCookie(c, sessionCookieName({ secure, base: "" })) ?? null }),
  );
  return app;
}

async function setCookie(secure: boolean, path: string): Promise<string[]> {
  const answer = await app(secure).request(path, { method: "POST" });
  return answer.headers.get("set-cookie")!.split("; ");
}

Deno.test("the cookie of a session is for this host's requests alone, and scripts do not see it", async () => {
  const [pair, ...attributes] = await setCookie(false, "/sign-in");
  assert.equal(pair, "perch=a.secret_Value-1");
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=3600"]);
});

Deno.test("over https it carries the prefix that keeps other hosts and plain http from setting it", async () => {
  const [pair, ...attributes] = await setCookie(true, "/sign-in");
  assert.equal(pair, "__Host-perch=a.secret_Value-1");
  // The prefix demands both, and no Domain.
  assert.ok(attributes.includes("Secure") && attributes.includes("Path=/"));
  assert.ok(!attributes.some((one) => one.startsWith("Domain")));
  const plain = { headers: { cookie: "perch=set-over-http" } };
  assert.deepEqual(await (await app(true).request("/", plain)).json(), { session: null });
});

Deno.test("what is set comes back, and signing out takes it away", async () => {
  for (const secure of [false, true]) {
    const [cookie] = await setCookie(secure, "/sign-in");
    const answer = await app(secure).request("/", { headers: { cookie } });
    assert.deepEqual(await answer.json(), { session: "a.secret_Value-1" });
    const [pair, ...attributes] = await setCookie(secure, "/sign-out");
    assert.equal(pair, `${sessionCookieName({ secure, base: "" })}=`);
    assert.ok(attributes.includes("Max-Age=0") && attributes.includes("Path=/"));
    assert.equal(attributes.includes("Secure"), secure);
  }
});

Deno.test("session cookie: below a path it counts there alone, under a name that allows a path", () => {
  const cookie = sessionCookie({ secure: true, base: "/monitor" }, "secret", 60);
  assert.match(cookie, /^__Secure-perch=secret; Path=\/monitor\/; .*Secure$/);
});
