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
import { connectAsync, type MqttClient } from "mqtt";
import { type AppUnderTest, startApp } from "../support/app.ts";
import {
  hostileFrames,
  hostileHttpBytes,
  type HostileMessage,
  hostileMessage,
  hostileRequest,
  type Random,
  seeded,
} from "../support/hostile.ts";
import { publishAll, throwAt } from "../support/hostile_wire.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { type Load, startLoad } from "../support/mqtt_load.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const N = Number(Deno.env.get("MALFORMED_N") ?? 400);
const SEED = Number(Deno.env.get("MALFORMED_SEED") ?? 1_811);
const AT_ONCE = 10;
const LEAST_BASE_MS = 75;

/** A Perch with good traffic: devices with a ledger, and a probe that measures how long a PUBACK takes. */
interface Site {
  under: AppUnderTest;
  port: number;
  random: Random;
  rejected(): number;
  /** Runs while good traffic does; then looks at what became of the good traffic. */
  during(hostile: () => Promise<void>): Promise<void>;
}

async function withSite(
  seed: number,
  run: (site: Site) => Promise<void>,
  env: Record<string, string> = {},
  brokerPort?: number,
): Promise<void> {
  const under = await startApp(env);
  try {
    const { broker, rejects } = under.app.parts();
    const port = brokerPort ?? broker!.port();
    const add = rejects.add.bind(rejects);
    let seen = 0;
    if (sabotaged("malformed")) {
      rejects.add = (record) => ++seen % 100 === 0 ? undefined : add(record);
    }
    await run({
      under,
      port,
      random: seeded(seed),
      rejected: () => rejects.counts().reduce((sum, { count }) => sum + count, 0),
      during: (hostile) => goodTraffic(under, port, hostile),
    });
  } finally {
    await under.close();
  }
}

function stall(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

async function goodTraffic(
  under: AppUnderTest,
  port: number,
  hostile: () => Promise<void>,
): Promise<void> {
  const load = startLoad({ port, devices: 5, ratePerS: 200, topic: "factory/good" });
  const prober = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
  });
  try {
    const base = await probe(prober, () => true, 40);
    let over = false;
    const stalls = sabotaged("malformed") ? setInterval(() => stall(300), 400) : undefined;
    const [during] = await Promise.all([
      probe(prober, () => over, 20),
      hostile().finally(() => over = true),
    ]).finally(() => clearInterval(stalls));
    // What else the host does comes and goes: the calm is measured on both sides.
    const after = await probe(prober, () => true, 40);
    const [baseMs, duringMs] = [Math.max(p99(base), p99(after)), p99(during)];
    const allowedMs = 2 * Math.max(baseMs, LEAST_BASE_MS);
    assert.ok(duringMs < allowedMs, `PUBACK p99 ${duringMs} ms, ${baseMs} ms without`);
    assert.ok(prober.connected, "the probe lost its connection");
  } finally {
    await prober.endAsync(true);
    await load.stop();
  }
  assert.equal(load.reconnects(), 0, "a good device lost its connection");
  await assertLedger(under, load);
}

/** Publishes every 20 ms until `over` and at least `least` times; how long each PUBACK took, in ms. */
async function probe(client: MqttClient, over: () => boolean, least: number): Promise<number[]> {
  const tookMs: number[] = [];
  while (!over() || tookMs.length < least) {
    const startedMs = performance.now();
    await client.publishAsync("factory/good/probe/n", `${tookMs.length}`, { qos: 1 });
    tookMs.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return tookMs;
}

function p99(tookMs: number[]): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * 0.99)];
}

/**
 * Every message that a device got acknowledged is stored, once; nothing that it did not send is. A broker
 * in between may have acknowledged what is still on its way to Perch.
 */
async function assertLedger(under: AppUnderTest, load: Load): Promise<void> {
  const { registry } = under.app.parts();
  for (const { device, sent, acknowledged, open } of load.ledger()) {
    assert.equal(acknowledged + open.length, sent);
    let times: number[] = [];
    for (let tries = 0; tries < 100 && times.length < acknowledged; tries++) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 100));
      times = await storedTimes(under, registry.find(`good/${device}/value`)!.num);
    }
    assert.equal(new Set(times).size, times.length, `${device} has readings twice`);
    const counts = `${device}: ${times.length} stored, ${acknowledged} acknowledged, ${sent} sent`;
    assert.ok(times.length >= acknowledged && times.length <= sent, counts);
  }
}

async function storedTimes(under: AppUnderTest, sensor: number): Promise<number[]> {
  const { readings } = under.app.parts().storage;
  const times: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await readings.raw({ sensor, fromMs: 0, toMs: 4e12, limit: 10_000, cursor });
    times.push(...page.tMs);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return times;
}

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
