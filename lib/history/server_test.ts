import assert from "node:assert/strict";
import { authorizationOf } from "./server.ts";

Deno.test("authorizationOf: a token before user and password, which may hold any letters; nothing where neither is set", () => {
  const none = { token: "", user: "", password: "" };
  assert.equal(authorizationOf(none), null);
  assert.equal(authorizationOf({ ...none, token: "t", user: "u" }), "Bearer t");
  // The example of RFC 7617, and "u:€" in UTF-8.
  const named = { ...none, user: "Aladdin", password: "open sesame" };
  assert.equal(authorizationOf(named), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  assert.equal(authorizationOf({ ...none, user: "u", password: "€" }), "Basic dTrigqw=");
});
