/**
 * The MQTT client against a real mosquitto. `SABOTAGE=early_ack` acknowledges before the commit: the tests of
 * the order of acknowledgement and of redelivery must fail.
 */
import "../../lib/base/denied_env.ts";
import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { connectAsync, type MqttClient } from "mqtt";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { Secret } from "../../lib/base/secret.ts";
import { createBroker } from "../../lib/sources/broker/broker.ts";
import { PAYLOAD_BYTES_MOST } from "../../lib/sources/dialects/mod.ts";
import { createMqttSource } from "../../lib/sources/mqtt/client.ts";
import { dial } from "../../lib/sources/mqtt/connect.ts";
import type { MqttOptionsInput } from "../../lib/sources/mqtt/options.ts";
import type { Dial } from "../../lib/sources/mqtt/target.ts";
import type { Source } from "../../lib/sources/source.ts";
import { isForwardTopic } from "../../lib/upstream/topics.ts";
import { haveMosquitto, makeCertificates, startMosquitto } from "../support/mosquitto.ts";
import { startLoad, valueOf } from "../support/mqtt_load.ts";
import { freePort } from "../support/port.ts";
import {
  eventually,
  type RecordingIntake,
  recordingIntake,
  textOf,
} from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";
import { spyDial } from "../support/spy_dial.ts";

const ignore = !haveMosquitto();

function flow(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** A source that is stopped at the end of its scope. */
function source(
  intake: RecordingIntake,
  options: Partial<MqttOptionsInput> & { url: string },
  dialWith: Dial = dial,
  isForOthers?: (topic: string) => boolean,
): Source & AsyncDisposable {
  const made = createMqttSource(
    { intake, clock: systemClock(), log: silentLog(), dial: dialWith, isForOthers },
    { clientId: "perch-test", ...options },
  );
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.stop() });
}

function connected(of: Source, timeoutMs = 10_000): Promise<void> {
  return eventually(() => of.state().state === "connected", () => of.state().detail, timeoutMs);
}

function says(of: Source, pattern: RegExp): Promise<void> {
  return eventually(() => pattern.test(of.state().detail), () => of.state().detail);
}

async function publisher(port: number): Promise<MqttClient & AsyncDisposable> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.endAsync(true) });
}

const url = (port: number) => `mqtt://127.0.0.1:${port}`;

flow("MQTT client leaves alone what is for others, and the broker is rid of it", async () => {
  await using broker = await startMosquitto();
  const intake = recordingIntake();
  const options = { url: url(broker.port), topics: ["#"], stateTopic: null };
  await using perch = source(intake, { ...options, version: "3.1.1" }, dial, isForwardTopic);
  await using other = await publisher(broker.port);
  await perch.start();
  await connected(perch);
  // More than the broker sends before the first is acknowledged.
  for (let n = 0; n < 60; n++) {
    await other.publishAsync("perch/north/fwd", Buffer.from([1, n]), { qos: 1 });
    await other.publishAsync("perch/north/fwd/answer", Buffer.from([1, n]), { qos: 1 });
  }
  await other.publishAsync("edge/press/fwd", "1", { qos: 1 });
  await intake.until(1);
  assert.deepEqual(intake.taken.map(({ topic }) => topic), ["edge/press/fwd"]);
  assert.equal(perch.state().received, 1);
});

for (const version of ["5", "3.1.1"] as const) {
  flow(`MQTT client takes messages with MQTT ${version} and says that it is online`, async () => {
    await using broker = await startMosquitto();
    const intake = recordingIntake();
    await using perch = source(intake, { url: url(broker.port), version });
    await using other = await publisher(broker.port);
    const states: string[] = [];
    other.on("message", (_, payload) => states.push(payload.toString()));
    await other.subscribeAsync("perch/perch-test/state", { qos: 1 });
    await perch.start();
    await connected(perch);
    assert.match(perch.state().detail, new RegExp(`with MQTT ${version.replaceAll(".", "\\.")}`));

    await other.publishAsync("factory/hall1/press3/temperature", "21.5", { qos: 1 });
    await other.publishAsync("edge/gateway/rpm", "900", { qos: 0 });
    await other.publishAsync("sensors/boiler/telemetry", "60", { qos: 2 });
    await other.publishAsync("elsewhere/x/y", "1", { qos: 1 });
    await intake.until(3);
    assert.deepEqual(intake.taken.map((m) => [m.topic, textOf(m)]), [
      ["factory/hall1/press3/temperature", "21.5"],
      ["edge/gateway/rpm", "900"],
      ["sensors/boiler/telemetry", "60"],
    ]);
    assert.deepEqual(intake.taken.map((m) => m.packet === undefined), [false, true, false]);
    assert.equal(perch.state().received, 3);
    await perch.stop();
    await eventually(() => states.at(-1) === "offline", () => states.join());
    assert.deepEqual(states, ["online", "offline"]);
  });

  flow(`MQTT client acknowledges nothing before done and then in order, ${version}`, async () => {
    await using broker = await startMosquitto();
    const intake = recordingIntake(sabotaged("early_ack") ? "stored" : null);
    const spy = spyDial();
    await using perch = source(intake, { url: url(broker.port), version }, spy.dial);
    await perch.start();
    await connected(perch);
    const load = startLoad({ port: broker.port, devices: 4, messages: 60, window: 15 });
    await intake.until(20);
    const arrived = intake.taken.map((m) => m.packet!.packetId);
    assert.deepEqual(spy.packetIds(), []);
    intake.settle(7);
    await eventually(() => spy.packetIds().length === 7, () => `${spy.packetIds()}`);
    assert.deepEqual(spy.packetIds(), arrived.slice(0, 7));
    intake.settle(6, "rejected");
    await eventually(() => spy.packetIds().length === 13, () => `${spy.packetIds()}`);
    intake.atOnce = "stored";
    intake.settle();
    await intake.until(60);
    await eventually(() => spy.packetIds().length === 60, () => `${spy.packetIds()}`);
    assert.deepEqual(spy.packetIds(), intake.taken.map((m) => m.packet!.packetId));
    await load.done;
    assert.equal(perch.state().rejected, 6);
  });
}

flow("MQTT client asks for a commit when the broker's window is full", async () => {
  await using broker = await startMosquitto({ config: ["max_inflight_messages 20"] });
  const intake = recordingIntake(null);
  await using perch = source(intake, { url: url(broker.port), version: "3.1.1" });
  await perch.start();
  await connected(perch);
  const load = startLoad({ port: broker.port, devices: 4, messages: 100 });
  await intake.until(20);
  await eventually(() => intake.commitsAsked > 0, () => "no commit was asked for");
  intake.atOnce = "stored";
  intake.settle();
  await intake.until(100);
  await load.done;
});

flow("MQTT client speaks TLS, checks the authority and shows its certificate", async () => {
  const directory = await Deno.makeTempDir();
  const otherDirectory = await Deno.makeTempDir();
  try {
    const tls = await makeCertificates(directory);
    const foreign = await makeCertificates(otherDirectory);
    await using broker = await startMosquitto({ tls: { ...tls, requireClient: true } });
    const address = `mqtts://localhost:${broker.tlsPort}`;
    const client = { certFile: tls.clientCert, keyFile: tls.clientKey };

    const intake = recordingIntake();
    await using good = source(intake, { url: address, caFile: tls.ca, ...client });
    await good.start();
    await connected(good);
    await using other = await publisher(broker.port);
    await other.publishAsync("factory/a/b", "1", { qos: 1 });
    await intake.until(1);
    await good.stop();

    const tries: [Partial<MqttOptionsInput>, RegExp][] = [
      [{ caFile: foreign.ca, ...client }, /not signed by an authority.*MQTT_CA/],
      [{ ...client }, /not signed by an authority/],
      [{ caFile: tls.ca }, /client certificate|closed the connection/],
      [{ caFile: `${directory}/missing.pem` }, /missing\.pem cannot be read/],
    ];
    for (const [options, expected] of tries) {
      await using bad = source(recordingIntake(), { url: address, ...options });
      await bad.start();
      await says(bad, expected);
      assert.match(bad.state().detail, /Readings already stored are safe\. Trying again/);
    }
    await using plain = source(recordingIntake(), { url: `mqtts://localhost:${broker.port}` });
    await plain.start();
    await says(plain, /there is no TLS at this port|closed the connection/);
  } finally {
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(otherDirectory, { recursive: true });
  }
});

flow("MQTT client works over WebSocket", async () => {
  await using broker = await startMosquitto({ webSocket: true });
  const intake = recordingIntake();
  await using perch = source(intake, { url: `ws://127.0.0.1:${broker.wsPort}/mqtt` });
  await perch.start();
  await connected(perch);
  const load = startLoad({ port: broker.port, devices: 5, messages: 500 });
  await intake.until(500);
  await load.done;
});

flow("MQTT client says in words why it cannot connect", async () => {
  await using broker = await startMosquitto({ users: { perch: "right" } });
  const password = new Secret("wrong");
  await using refused = source(recordingIntake(), {
    url: url(broker.port),
    user: "perch",
    password,
  });
  await refused.start();
  await says(refused, /(user name or password are wrong|not allowed to connect)/);
  await using right = source(recordingIntake(), {
    url: `mqtt://perch:right@127.0.0.1:${broker.port}`,
  });
  await right.start();
  await connected(right);
  const port = freePort();
  await using nobody = source(recordingIntake(), { url: url(port) });
  await nobody.start();
  await says(nobody, /^Could not reach the broker at 127\.0\.0\.1:\d+ \(connection refused\)\./);
  await using unknown = source(recordingIntake(), { url: "mqtt://broker.invalid" });
  await unknown.start();
  await says(unknown, /its name cannot be resolved/);
});

flow("MQTT client comes back after the broker was killed, and goes on", async () => {
  await using broker = await startMosquitto({ persistence: true });
  const intake = recordingIntake();
  await using perch = source(intake, { url: url(broker.port) });
  await perch.start();
  await connected(perch);
  for (let round = 0; round < 3; round++) {
    await broker.kill();
    await eventually(() => perch.state().state === "reconnecting", () => perch.state().detail);
    await broker.restart();
    await connected(perch);
    await using other = await publisher(broker.port);
    await other.publishAsync("factory/a/b", String(round), { qos: 1 });
    await eventually(
      () => intake.taken.some((m) => textOf(m) === String(round)),
      () => `message ${round} did not come`,
    );
  }
});

flow("MQTT client gets again what it had not acknowledged when it crashed", async () => {
  await using broker = await startMosquitto();
  const before = recordingIntake(sabotaged("early_ack") ? "stored" : null);
  const spy = spyDial();
  const options = { url: url(broker.port), version: "5" as const };
  const crashing = source(before, options, spy.dial);
  await crashing.start();
  await connected(crashing);
  await using other = await publisher(broker.port);
  for (let i = 0; i < 10; i++) await other.publishAsync("factory/a/b", `${i}`, { qos: 1 });
  await before.until(10);
  before.settle(4);
  await eventually(() => spy.packetIds().length === 4, () => `${spy.packetIds()}`);
  spy.cut();
  await crashing.stop();
  await other.publishAsync("factory/a/b", "while away", { qos: 1 });

  const after = recordingIntake();
  await using perch = source(after, options);
  await perch.start();
  await after.until(7);
  assert.deepEqual(after.taken.map(textOf), ["4", "5", "6", "7", "8", "9", "while away"]);
  assert.deepEqual(after.taken.map((m) => m.packet!.again), [...Array(6).fill(true), false]);
  const deliveries = (messages: typeof after.taken) =>
    messages.map(({ packet }) => [packet!.session, packet!.packetId]);
  assert.deepEqual(deliveries(after.taken.slice(0, 6)), deliveries(before.taken.slice(4)));
});

flow("MQTT client gets again what could not be stored", async () => {
  await using broker = await startMosquitto();
  const intake = recordingIntake(null);
  const spy = spyDial();
  await using perch = source(intake, { url: url(broker.port) }, spy.dial);
  await perch.start();
  await connected(perch);
  await using other = await publisher(broker.port);
  for (let i = 0; i < 5; i++) await other.publishAsync("factory/a/b", `${i}`, { qos: 1 });
  await intake.until(5);
  intake.settle(1);
  await eventually(() => spy.packetIds().length === 1, () => `${spy.packetIds()}`);
  intake.settle(4, "failed");
  await says(perch, /could not be stored, so they stay with the broker/);
  intake.atOnce = "stored";
  await intake.until(9);
  assert.deepEqual(intake.taken.slice(5).map(textOf), ["1", "2", "3", "4"]);
});

flow("MQTT client reads nothing while the intake is full, and stays connected", async () => {
  await using broker = await startMosquitto({ config: ["max_queued_messages 0"] });
  const intake = recordingIntake();
  await using perch = source(intake, { url: url(broker.port), keepaliveS: 1 });
  await perch.start();
  await connected(perch);
  intake.setFull(true);
  const messages = 30_000;
  const load = startLoad({ port: broker.port, messages });
  await load.done;
  // Longer than two keep-alive periods: neither side may take the silence for a dead connection.
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  assert.equal(perch.state().state, "connected");
  assert.equal(intake.taken.length, 0);
  assert.equal(intake.refused, 1);
  intake.setFull(false);
  await intake.until(messages);
  const next = new Map<string, number>();
  for (const message of intake.taken) {
    const device = message.topic.split("/")[2];
    const seq = next.get(device) ?? 0;
    next.set(device, seq + 1);
    const json = JSON.parse(textOf(message)) as { value: number; seq: number };
    assert.deepEqual([json.seq, json.value], [seq, valueOf(Number(device.slice(1)), seq)]);
  }
  assert.ok(intake.taken.every((m) => !m.packet!.again), "the connection was lost meanwhile");
});

flow("MQTT client loses nothing with the limits that mosquitto has by default", async () => {
  await using broker = await startMosquitto();
  const intake = recordingIntake(null);
  // A commit every 50 ms, or at once when it is asked for.
  let soon = false;
  const timer = setInterval(() => intake.settle(), 50);
  intake.commitSoon = () => {
    if (soon) return;
    soon = true;
    setTimeout(() => {
      soon = false;
      intake.settle();
    }, 1);
  };
  try {
    await using perch = source(intake, { url: url(broker.port), version: "3.1.1" });
    await perch.start();
    await connected(perch);
    const load = startLoad({ port: broker.port, messages: 6_000, ratePerS: 3_000 });
    await load.done;
    await intake.until(6_000);
  } finally {
    clearInterval(timer);
  }
});

flow("MQTT client cuts a payload of 10 MB and takes what follows", async () => {
  await using broker = await startMosquitto();
  const intake = recordingIntake();
  await using perch = source(intake, { url: url(broker.port) });
  await perch.start();
  await connected(perch);
  await using other = await publisher(broker.port);
  await other.publishAsync("factory/a/b", Buffer.alloc(10_000_000, 0x20), { qos: 1 });
  await other.publishAsync("factory/a/b", "after", { qos: 1 });
  await intake.until(2);
  assert.equal(intake.taken[0].payload.length, PAYLOAD_BYTES_MOST + 1);
  assert.equal(textOf(intake.taken[1]), "after");
});

flow("MQTT clients of one share group get each message once", async () => {
  await using broker = await startMosquitto();
  const intake = recordingIntake();
  const options = { url: url(broker.port), shareGroup: "perches" };
  await using one = source(intake, { ...options, clientId: "perch-1" });
  await using two = source(intake, { ...options, clientId: "perch-2" });
  await Promise.all([one.start(), two.start()]);
  await Promise.all([connected(one), connected(two)]);
  const load = startLoad({ port: broker.port, devices: 4, messages: 200 });
  await load.done;
  await intake.until(200);
  assert.equal(new Set(intake.taken.map((m) => m.topic + textOf(m))).size, 200);
  assert.equal(intake.taken.length, 200);
  assert.ok(one.state().received > 0 && two.state().received > 0);
});

Deno.test("MQTT client falls back to MQTT 3.1.1 when the broker refuses MQTT 5", async () => {
  const inner = recordingIntake();
  const broker = createBroker({
    intake: inner,
    clock: systemClock(),
    log: silentLog(),
    rejects: { add: () => {} },
    authenticate: () => ({ name: "anonymous", may: () => true }),
  }, { port: 0 });
  await broker.start();
  try {
    const intake = recordingIntake();
    await using perch = source(intake, { url: url(broker.port()) });
    await perch.start();
    await connected(perch);
    assert.match(perch.state().detail, /MQTT 3\.1\.1/);
    const load = startLoad({ port: broker.port(), devices: 3, messages: 300 });
    await load.done;
    await intake.until(300);
  } finally {
    await broker.stop();
  }
});
