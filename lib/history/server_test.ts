import assert from "node:assert/strict";
import { OutgoingError, type OutgoingFault } from "../base/outgoing.ts";
import { authorizationOf, createHistoryServer } from "./server.ts";

/** A server whose first answers are what is given, by their faults; what it was asked for, in order. */
function failing(...faults: OutgoingFault[]) {
  const asked: string[] = [];
  const server = createHistoryServer({
    place: { url: "http://history:8428", authorization: null, trusted: true },
    outgoing: {
      fetch: (url) => {
        asked.push(new URL(url).pathname);
        const fault = faults.shift();
        if (fault !== undefined) throw new OutgoingError(fault, "history: it is so");
        const text = JSON.stringify({ status: "success", data: { result: [] } });
        return Promise.resolve({ status: 200, text, truncated: false, headers: {} });
      },
    },
  });
  return { server, asked };
}
const ALL = { fromMs: 0, toMs: 60_000 };
const COUNT = "/api/v1/query";

Deno.test("a question whose connection broke is asked once more at once, and no more often", async () => {
  const once = failing("unreachable");
  assert.equal(await once.server.count({}, ALL), 0);
  assert.deepEqual(once.asked, [COUNT, COUNT]);
  const twice = failing("unreachable", "unreachable");
  await assert.rejects(twice.server.count({}, ALL), /^HistoryError: history:8428 does not answer/);
  assert.deepEqual(twice.asked, [COUNT, COUNT]);
});

Deno.test("a question that is not answered in time, and what writes, is sent once", async () => {
  for (const fault of ["timeout", "forbidden", "tls"] as const) {
    const { server, asked } = failing(fault);
    await assert.rejects(server.count({}, ALL));
    assert.deepEqual(asked, [COUNT], fault);
  }
  const { server, asked } = failing("unreachable", "unreachable");
  await assert.rejects(server.write([]), /does not answer/);
  await assert.rejects(server.remove({}), /does not answer/);
  assert.deepEqual(asked, ["/api/v1/write", "/api/v1/admin/tsdb/delete_series"]);
});

Deno.test("authorizationOf: a token before user and password, which may hold any letters; nothing where neither is set", () => {
  const none = { token: "", user: "", password: "" };
  assert.equal(authorizationOf(none), null);
  assert.equal(authorizationOf({ ...none, token: "t", user: "u" }), "Bearer t");
  // The example of RFC 7617, and "u:€" in UTF-8.
  const named = { ...none, user: "Aladdin", password: "open sesame" };
  assert.equal(authorizationOf(named), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  assert.equal(authorizationOf({ ...none, user: "u", password: "€" }), "Basic dTrigqw=");
});
