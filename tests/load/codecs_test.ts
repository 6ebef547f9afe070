/**
 * Codecs that do not work, and what they do to other topics: nothing that is seen. `CODEC_LOAD_N` sets how many
 * messages a paused topic gets, and hostile codecs (1 000; the soak 10 000). A host that does something else
 * meanwhile has up to three tries.
 * `SABOTAGE=codec_spool` leaves the messages of a paused codec unacknowledged: they fill the window of the session.
 * `SABOTAGE=codec_here` stops the main thread as if a codec ran there. The tests must fail.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type MqttClient } from "mqtt";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const N = Number(Deno.env.get("CODEC_LOAD_N") ?? 1_000);
const PER_S = 1_000;
const TRIES = 3;
const CALM_MS = 700;
const PROBE_MS = 10;
/** A commit interval and half of one: what a reading takes on a host that does nothing else. */
const LEAST_BASE_MS = 75;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes codecs, then starts Perch; all of them are loaded. */
async function startWith(codecs: Record<string, string>, env: Record<string, string> = {}) {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-codecs-" });
  await Deno.mkdir(`${dataDir}/codecs`);
  for (const [name, source] of Object.entries(codecs)) {
    await Deno.writeTextFile(`${dataDir}/codecs/${name}.js`, source);
  }
  const under = await startApp({ PERCH_DATA: dataDir, ...env });
  await under.app.parts().codecs.loaded();
  return under;
}

/** How long readings of another topic take from their publisher to everybody who listens, in ms. */
function startProbe({ app }: AppUnderTest, client: MqttClient) {
  const { hub, registry } = app.parts();
  const publish = hub.publishReadings.bind(hub);
  const sentMs: number[] = [];
  let tookMs: number[] = [];
  hub.publishReadings = (group) => {
    const nowMs = performance.now();
    for (let i = 0; i < group.n; i++) {
      const name = registry.byNum(group.sensor[i])?.name;
      if (name === "probe/p/n") tookMs.push(nowMs - sentMs[group.value[i]]);
    }
    publish(group);
  };
  const timer = setInterval(() => {
    client.publish("factory/probe/p/n", String(sentMs.length), { qos: 1 });
    sentMs.push(performance.now());
  }, PROBE_MS);
  return {
    /** The 99th percentile while `work` is done. */
    async during(work: () => Promise<unknown>): Promise<number> {
      tookMs = [];
      await work();
      const sent = sentMs.length;
      await eventually(() => tookMs.length > 0 && lag(sent) === 0, () => `${lag(sent)} of ${sent}`);
      return p99(tookMs);
    },
    stop: () => clearInterval(timer),
  };
  /** Probes that have not come. */
  function lag(sent: number): number {
    return Math.max(0, sent - 1 - (app.parts().registry.find("probe/p/n")?.last?.value ?? 0));
  }
}

function stall(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

function p99(tookMs: number[]): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * 0.99)];
}

/** Other topics are as fast while `work` is done as they are before and after. */
async function assertUndisturbed(
  under: AppUnderTest,
  port: number,
  work: () => Promise<void>,
): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const probe = startProbe(under, client);
  try {
    for (let left = TRIES; left > 0; left--) {
      const before = await probe.during(() => sleep(CALM_MS));
      const during = await probe.during(work);
      const after = await probe.during(() => sleep(CALM_MS));
      const baseMs = Math.max(before, after);
      const text = `p99 ${during.toFixed(1)} ms, ${baseMs.toFixed(1)} ms without`;
      console.log(`  ${text}`);
      if (during < 1.5 * Math.max(baseMs, LEAST_BASE_MS)) return;
      assert.ok(left > 1, text);
    }
  } finally {
    probe.stop();
    await client.endAsync(true);
  }
}

/** So many messages a second, evenly. */
async function publishPaced(
  client: MqttClient,
  n: number,
  perS: number,
  topicOf: (i: number) => string,
) {
  const startMs = performance.now();
  for (let i = 0; i < n;) {
    const due = Math.min(n, Math.floor((performance.now() - startMs) * perS / 1000));
    for (; i < due; i++) client.publish(topicOf(i), String(i), { qos: 1 });
    await sleep(5);
  }
}

Deno.test({
  name:
    `codecs: ${N} messages for one that is paused, in a window of 20, leave other topics as they are`,
  ignore: !haveMosquitto(),
}, async () => {
  await using broker = await startMosquitto({ config: ["max_queued_messages 0"] });
  const under = await startWith(
    {
      broken:
        `export const topics = ["raw/#"];\nexport function decode() { throw new Error("no"); }`,
    },
    { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_VERSION: "3.1.1" },
  );
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  try {
    const { codecs, sources } = under.app.parts();
    await eventually(
      () => sources[0].state().state === "connected",
      () => sources[0].state().detail,
    );
    const view = () => codecs.views()[0];
    for (let i = 0; i < 5; i++) client.publish("raw/x", String(i), { qos: 1 });
    await eventually(() => view().pause !== null, () => "it is not paused");
    if (sabotaged("codec_spool")) {
      // deno-lint-ignore no-explicit-any
      const offer = codecs.offer as any;
      codecs.offer = (message) =>
        message.topic.startsWith("raw/") ? message.packet !== undefined : offer(message);
    }
    let sent = 5;
    await assertUndisturbed(under, broker.port, async () => {
      await publishPaced(client, N, PER_S, () => "raw/x");
      sent += N;
      await eventually(() => view().waiting === sent, () => `${view().waiting} of ${sent} wait`);
    });
  } finally {
    await client.endAsync(true);
    await under.close();
  }
});

const HOSTILE: Record<string, string> = {
  loops: "for (;;);",
  allocates: "const all = []; for (;;) all.push(new Array(1000).fill(Math.random()));",
  throws:
    `if (Number(text) === 502) throw new Error("once"); return [{ sensor: "v", value: Number(text) }];`,
  shapes: `return { sensor: "v", value: 1 };`,
  floods:
    `return Array.from({ length: 10000 }, (_, i) => ({ sensor: "v" + i % 100, value: i, ts_ms: received_ms - i }));`,
};

Deno.test("codecs: hostile ones are bounded and counted, and leave other topics as they are", async () => {
  const under = await startWith(Object.fromEntries(
    Object.entries(HOSTILE).map(([name, body]) => [
      name,
      `export const topics = ["${name}/+"];\nexport function decode({ text, received_ms }) { ${body} }`,
    ]),
  ));
  const { codecs, broker } = under.app.parts();
  const view = (of: string) => codecs.views().find(({ name }) => name === of)!;
  const port = broker!.port();
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  try {
    const names = Object.keys(HOSTILE).filter((name) => name !== "floods");
    // A hundred new sensors cost what they cost by any way in.
    await client.publishAsync("floods/x", "0", { qos: 1 });
    await eventually(() => view("floods").waiting === 0, () => "the flood waits");
    let sent = 0;
    await assertUndisturbed(under, port, async () => {
      const stalls = sabotaged("codec_here") ? setInterval(() => stall(300), 400) : undefined;
      client.publish("floods/x", "1", { qos: 1 });
      await publishPaced(client, N, PER_S, (i) => `${names[i % names.length]}/x`);
      client.publish("floods/x", "2", { qos: 1 });
      sent += N / names.length;
      const counted = () => names.every((name) => view(name).messages === sent);
      await eventually(counted, () => `${names.map((name) => view(name).messages)} of ${sent}`);
      clearInterval(stalls);
    });
    await eventually(() => view("floods").waiting === 0, () => "the flood waits");
    const paused = () => ["loops", "allocates", "shapes"].every((name) => view(name).pause);
    await eventually(paused, () => JSON.stringify(codecs.views()));
    assert.equal(view("loops").pause?.fault?.type, "time");
    assert.equal(view("allocates").pause?.fault?.type, "memory");
    assert.equal(view("shapes").pause?.fault?.type, "shape");
    assert.equal(view("throws").pause, null);
    assert.ok(view("throws").errors > 0);
    assert.equal(view("floods").errors, 0);
  } finally {
    await client.endAsync(true);
    await under.close();
  }
});
