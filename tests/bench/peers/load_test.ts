import assert from "node:assert/strict";
import { bodiesOf } from "./lines.ts";
import { startGenerator } from "./load.ts";
import type { Peer } from "./peer.ts";

const SET = { sensors: 3, readings: 70, startMs: 1_700_000_000_000, batch: 10 };

Deno.test("the load generator sends each of its requests once, over so many connections", async () => {
  const bodies: string[] = [];
  let most = 0, open = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      most = Math.max(most, ++open);
      bodies.push(`${request.headers.get("x-key")} ${await request.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      open--;
      return new Response(null, { status: 204 });
    },
  );
  const write = { path: "/write?precision=ms", headers: ["x-key: canary"] };
  const peer = { port: server.addr.port, write } as unknown as Peer;
  await using generator = await startGenerator({ set: SET });
  const { seconds, cpuS } = await generator.send(peer, { set: "set", from: 1, connections: 2 });
  const decoder = new TextDecoder();
  const expected = bodiesOf(SET).slice(1).map((body) => `canary ${decoder.decode(body)}`);
  assert.equal(expected.length, 6);
  assert.deepEqual(bodies.toSorted(), expected.toSorted());
  assert.equal(most, 2);
  assert.ok(seconds > 0 && cpuS > 0);
});

Deno.test("a request that is not acknowledged ends the load", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("full", { status: 507 }),
  );
  const peer = { port: server.addr.port, write: { path: "/", headers: [] } } as unknown as Peer;
  await using generator = await startGenerator({ set: SET });
  await assert.rejects(generator.send(peer, { set: "set", connections: 1 }), /generator ended/);
});

Deno.test("the lines of a set have a reading of each sensor a second, two decimals", () => {
  const lines = bodiesOf(SET).map((body) => new TextDecoder().decode(body)).join("").trim().split(
    "\n",
  );
  assert.equal(lines.length, SET.readings);
  assert.match(lines[4], /^m,machine=bench\/m s1=20\.\d\d 1700000001000$/);
});
