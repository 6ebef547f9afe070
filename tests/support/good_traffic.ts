/** Good traffic beside which something bad happens, and what it may suffer by it. */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type MqttClient } from "mqtt";
import { type AppUnderTest, startApp } from "./app.ts";
import { type Random, seeded } from "./hostile.ts";
import { type Load, startLoad } from "./mqtt_load.ts";
import { sabotaged } from "./sabotage.ts";

const LEAST_BASE_MS = 75;

/** A Perch with good traffic: devices with a ledger, and a probe that measures how long a PUBACK takes. */
export interface GoodTraffic {
  under: AppUnderTest;
  port: number;
  random: Random;
  rejected(): number;
  /** Runs while good traffic does; then looks at what became of the good traffic. */
  during(hostile: () => Promise<void>): Promise<void>;
}

/** Runs with a Perch, at its own broker or at the one whose port is given. */
export async function withGoodTraffic(
  seed: number,
  run: (site: GoodTraffic) => Promise<void>,
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
