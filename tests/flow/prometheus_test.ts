import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/clock.ts";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { prometheus } from "../../lib/sources/polls/kinds/prometheus.ts";

const outgoing = createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] });
const never = new AbortController().signal;

/** Asks an address once. @param path of the server below */
async function ask(answer: (request: Request) => Response, options: object = {}) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}/metrics`;
  const session = prometheus.open({ url, ...options }, {
    ...{ outgoing, clock: systemClock(), allowed: null },
  });
  try {
    return await session.ask(never);
  } finally {
    await session.close();
    await server.shutdown();
  }
}

Deno.test("prometheus: values of an address, with the sign-in and the time that it states", async () => {
  let heard: Headers | null = null;
  const { values, faults, detail } = await ask((request) => {
    heard = request.headers;
    return new Response("a_celsius 21.5 1767225600.25\nb 2\nc 3\n# EOF\n", {
      headers: { "content-type": "application/openmetrics-text; version=1.0.0" },
    });
  }, { choose: "a_celsius as Hall\nb", user: "ü", password: "p:w" });
  assert.deepEqual(values, [
    { sensor: "Hall", value: 21.5, unit: "°C", tMs: 1767225600250 },
    { sensor: "b", value: 2 },
  ]);
  assert.deepEqual([faults, detail], [[], "2 of 3 values kept"]);
  assert.equal(heard!.get("authorization"), "Basic w7w6cDp3");
});

Deno.test("prometheus: an answer that is none is one clear sentence", async () => {
  const cases: [() => Response, RegExp][] = [
    [() => new Response("no", { status: 401 }), /answers 401: user, password or token/],
    [() => Response.redirect("http://169.254.169.254/"), /answers 302 and leads elsewhere/],
    [() => new Response("", { status: 500 }), /answers 500 instead of 200/],
    [() => new Response("<html><body>hi</body></html>"), /is no metrics; is the path right/],
    [() => new Response(""), /is no metrics/],
  ];
  for (const [answer, expected] of cases) await assert.rejects(ask(answer), expected);
  const { faults } = await ask(() => new Response("a 1\n"), { choose: "b" });
  assert.deepEqual(faults, ["nothing of its 1 values is chosen"]);
});
