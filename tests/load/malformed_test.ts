/**
 * T11: malformed MQTT payloads and topics, raw frames at every listener, malformed HTTP. Nothing crashes, each
 * bad message is one counted reject, good traffic goes on. Seeded: `MALFORMED_SEED` repeats a run,
 * `MALFORMED_N` sets how many of each kind (400; the soak 10 000).
 * `SABOTAGE=malformed` makes a Perch that loses one reject in a hundred without a word and whose main thread
 * stands still now and then, as a parser of quadratic cost would make it: the tests must fail.
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import {
  hostileFrames,
  hostileHttpBytes,
  type HostileMessage,
  hostileMessage,
  hostileRequest,
  type Random,
} from "../support/hostile.ts";
import { withGoodTraffic as withSite } from "../support/good_traffic.ts";
import { publishAll, throwAt } from "../support/hostile_wire.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";

const N = Number(Deno.env.get("MALFORMED_N") ?? 400);
const SEED = Number(Deno.env.get("MALFORMED_SEED") ?? 1_811);
const AT_ONCE = 10;

/** Does `n` times `what`, some at the same time. */
async function many(n: number, what: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < n) await what(next++);
  }));
}

Deno.test(`malformed MQTT messages at the embedded broker are one reject each (${N})`, () =>
  withSite(SEED, async ({ port, random, rejected, during }) => {
    const messages = Array.from({ length: N }, () => hostileMessage(random));
    await during(() => publishAll(port, messages));
    assert.equal(rejected(), N);
  }));

Deno.test({
  name: `malformed MQTT payloads through mosquitto are one reject each (${N})`,
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto({ config: ["max_queued_messages 0"] });
    const env = { MQTT_URL: `mqtt://127.0.0.1:${broker.port}` };
    await withSite(
      SEED + 1,
      async ({ under, port, random, rejected, during }) => {
        const { sources } = under.app.parts();
        await eventually(() => sources[0].state().state === "connected", () => "not connected");
        const messages: HostileMessage[] = [];
        while (messages.length < N) {
          const message = hostileMessage(random);
          // Other topics are none that Perch subscribes to, or that mosquitto lets pass.
          if (message.topic.startsWith("factory/hostile/")) messages.push(message);
        }
        await during(() => publishAll(port, messages));
        await eventually(() => rejected() >= N, () => `${rejected()} rejects`);
        assert.equal(rejected(), N);
      },
      env,
      broker.port,
    );
  },
});

Deno.test(`malformed frames at the broker's TCP listener close one connection each (${N})`, () =>
  withSite(SEED + 2, async ({ port, random, during }) => {
    await during(() => many(N, () => throwAt(port, hostileFrames(random)).then(() => {})));
  }));

Deno.test(`malformed frames at the broker's WebSocket close one connection each (${N})`, () =>
  withSite(SEED + 3, async ({ under, random, during }) => {
    const address = `${under.url.replace("http", "ws")}/mqtt`;
    await during(() => many(N, () => throwAtSocket(address, random)));
  }));

Deno.test(`malformed bytes at the HTTP listener harm nobody (${N})`, () =>
  withSite(SEED + 4, async ({ under, random, during }) => {
    const port = Number(new URL(under.url).port);
    await during(() =>
      many(N, async () => {
        const answer = await throwAt(port, hostileHttpBytes(random));
        assert.doesNotMatch(answer, /^HTTP\/1\.[01] 5/);
      })
    );
    const health = await fetch(`${under.url}/health/ready`);
    assert.equal(health.status, 200);
    await health.body?.cancel();
  }));

Deno.test(`malformed HTTP requests are answered with a clear 4xx (${N})`, () =>
  withSite(SEED + 5, async ({ under, random, during }) => {
    const { access } = under.app.parts();
    const { key } = await access.keys.add({ name: "hostile", role: "admin" }, systemActor("test"));
    const seen = new Map<number, number>();
    await during(() =>
      many(N, async () => {
        const { what, path, method, headers, body } = hostileRequest(random);
        const response = await fetch(under.url + path, {
          method,
          headers: { ...headers, authorization: `Bearer ${key}` },
          body,
        });
        const text = await response.text();
        const { status } = response;
        seen.set(status, (seen.get(status) ?? 0) + 1);
        assert.ok(status < 500, `${what} at ${path}: ${status} ${text}`);
        if (status < 400) return assertRefusedInside(what, path, status, text);
        const problem = JSON.parse(text) as { detail: string; status: number };
        assert.ok(problem.status === status && problem.detail.length > 10, text);
        assert.doesNotMatch(text, /\bat .*\.ts:\d+/);
      })
    );
    assert.ok((seen.get(400) ?? 0) > N / 2, JSON.stringify([...seen]));
  }));

/** A batch may be taken as such with every item refused; an empty text of line protocol is no fault. */
function assertRefusedInside(what: string, path: string, status: number, text: string): void {
  if (status === 204) return;
  const answer = JSON.parse(text) as { accepted: number; rejected: unknown[] };
  assert.equal(answer.accepted, 0, `${what} at ${path}: ${text}`);
}

async function throwAtSocket(address: string, random: Random): Promise<void> {
  const socket = new WebSocket(address, ["mqtt"]);
  socket.binaryType = "arraybuffer";
  await new Promise<void>((resolve) => {
    socket.onopen = () => {
      const bytes = hostileFrames(random);
      if (random.below(20) === 0) socket.send("text");
      else if (random.below(4) === 0) {
        for (const byte of bytes.subarray(0, 40)) socket.send(new Uint8Array([byte]));
      } else socket.send(new Uint8Array(bytes));
      setTimeout(() => socket.close(), 20);
    };
    socket.onclose = () => resolve();
    socket.onerror = () => resolve();
  });
}
