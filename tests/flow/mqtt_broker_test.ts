import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { connectAsync, type IConnackPacket, type MqttClient } from "mqtt";
import type { BrokerDeps, BrokerIdentity, MqttAction } from "../../lib/sources/broker/broker.ts";
import { PAYLOAD_BYTES_MOST } from "../../lib/sources/dialects/mod.ts";
import { sabotaged } from "../support/sabotage.ts";
import { startBroker } from "../support/broker.ts";
import { connectPacket } from "../support/hostile.ts";
import { haveMosquitto } from "../support/mosquitto.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { eventually, recordingIntake, textOf } from "../support/recording_intake.ts";

function inbox(client: MqttClient): string[] {
  const got: string[] = [];
  client.on("message", (topic, payload) => got.push(`${topic} ${payload}`));
  return got;
}

Deno.test("broker acknowledges and passes on only after commit, in order", async () => {
  const intake = recordingIntake(null);
  await using site = await startBroker({ intake });
  const subscriber = await site.connect();
  const got = inbox(subscriber);
  await subscriber.subscribeAsync("factory/#", { qos: 1 });
  const device = await site.connect();
  const acknowledged: number[] = [];
  for (let i = 0; i < 10; i++) {
    device.publish("factory/a/b", `${i}`, { qos: 1 }, () => acknowledged.push(i));
  }
  device.publish("factory/a/b", "zero", { qos: 0 });
  await intake.until(11);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([acknowledged, got], [[], []]);
  intake.settle(4);
  await eventually(() => acknowledged.length === 4, () => `${acknowledged}`);
  intake.settle();
  await eventually(() => got.length === 11, () => got.join());
  assert.deepEqual(acknowledged, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(got.includes("factory/a/b zero"));
  const atQos1 = got.filter((text) => !text.endsWith("zero"));
  assert.deepEqual(atQos1, acknowledged.map((i) => `factory/a/b ${i}`));
});

Deno.test("broker drops the connection of a client whose message could not be stored", async () => {
  const intake = recordingIntake(null);
  await using site = await startBroker({ intake });
  const device = await site.connect();
  let closed = false;
  let acknowledged = false;
  device.on("close", () => closed = true);
  device.publish("factory/a/b", "1", { qos: 1 }, (error) => acknowledged = !error);
  await intake.until(1);
  intake.settle(1, "failed");
  await eventually(() => closed, () => "the connection stayed");
  assert.equal(acknowledged, false);
});

Deno.test("broker acknowledges what was refused, counts it, and takes what follows", async () => {
  const intake = recordingIntake("rejected");
  await using site = await startBroker({ intake });
  const device = await site.connect();
  await device.publishAsync("$SYS/fake", "1", { qos: 1 });
  await device.publishAsync("unknown/topic", "{", { qos: 1 });
  await device.publishAsync("factory/a/b", Buffer.alloc(10_000_000, 0x20), { qos: 1 });
  intake.atOnce = "stored";
  await device.publishAsync("factory/a/b", "1", { qos: 1 });
  assert.deepEqual(intake.taken.map((m) => [m.topic, m.payload.length]), [
    ["$SYS/fake", 1],
    ["unknown/topic", 1],
    ["factory/a/b", PAYLOAD_BYTES_MOST + 1],
    ["factory/a/b", 1],
  ]);
  assert.equal(site.broker.state().rejected, 3);
});

Deno.test("broker gives $ topics of clients to no subscriber", async () => {
  const intake = recordingIntake("rejected");
  await using site = await startBroker({ intake });
  const subscriber = await site.connect();
  const got = inbox(subscriber);
  await subscriber.subscribeAsync(["$SYS/fake", "$", "factory/a"], { qos: 1 });
  const device = await site.connect();
  await device.publishAsync("$SYS/fake", "1", { qos: 1, retain: true });
  await device.publishAsync("$", "1", { qos: 2 });
  await device.publishAsync("factory/a", "seen", { qos: 1 });
  await eventually(() => got.length > 0, () => "nothing came");
  assert.deepEqual(got, ["factory/a seen"]);
});

Deno.test("broker reads nothing while the intake is full and loses nothing", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake });
  intake.setFull(true);
  const load = startLoad({ port: site.port, messages: 5_000 });
  await eventually(() => intake.refused > 0, () => "nothing was offered");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(load.acknowledged(), 0);
  intake.setFull(false);
  await load.done;
  assert.equal(intake.taken.length, 5_000);
  assert.equal(load.reconnects(), 0);
});

Deno.test("broker asks for a commit when a device's window is full", async () => {
  const intake = recordingIntake(null);
  await using site = await startBroker({ intake });
  const load = startLoad({ port: site.port, devices: 2, messages: 100, window: 20 });
  await intake.until(40);
  await eventually(() => intake.commitsAsked > 0, () => "no commit was asked for");
  intake.atOnce = "stored";
  intake.settle();
  await load.done;
});

// Z20. Its control: SABOTAGE=mqtt_identity lets every device publish everywhere.
const below = (prefix: string) => (_: MqttAction, topic: string) =>
  sabotaged("mqtt_identity") || topic === "" || topic.startsWith(prefix);
const devices: Record<string, BrokerIdentity> = {
  press3: { name: "press3", may: below("factory/hall1/press3/") },
  press4: { name: "press4", may: below("factory/hall1/press4/") },
};
const authenticate: BrokerDeps["authenticate"] = (credentials) =>
  credentials?.password === "right" ? devices[credentials.user] ?? null : null;

Deno.test("broker limits a device to its own topics and counts what it may not", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake, authenticate });
  const device = await site.connect({ username: "press3", password: "right" });
  await device.publishAsync("factory/hall1/press3/t", "1", { qos: 1 });
  const granted = await device.subscribeAsync("factory/hall1/press3/#", { qos: 1 });
  assert.equal(granted[0].qos, 1);
  await assert.rejects(device.subscribeAsync("#", { qos: 1 }));
  let closed = false;
  device.on("close", () => closed = true);
  device.publish("factory/hall1/press4/t", "1", { qos: 1 });
  await eventually(() => closed, () => "the connection stayed");
  assert.equal(intake.taken.length, 1);
  assert.deepEqual(site.refused.map((r) => [r.code, r.topic]), [
    ["forbidden_topic", "factory/hall1/press4/t"],
  ]);
});

Deno.test("broker refuses wrong credentials, and a client id that is another user's", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake, authenticate });
  await assert.rejects(
    site.connect({ username: "press3", password: "wrong" }),
    /Bad username or password/,
  );
  await assert.rejects(site.connect({ username: "nobody", password: "right" }));
  await site.connect({ username: "press3", password: "right", clientId: "c", clean: false });
  await assert.rejects(
    site.connect({ username: "press4", password: "right", clientId: "c", clean: false }),
    /Identifier rejected/,
  );
});

Deno.test("broker lets nobody in without a user beyond loopback", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake, authenticate }, {}, {
    address: "192.168.1.7",
    loopback: false,
  });
  const address = `ws://127.0.0.1:${site.wsPort}/mqtt`;
  const options = { protocolVersion: 4 as const, reconnectPeriod: 0 };
  await assert.rejects(connectAsync(address, options), /Not authorized/);
  const client = await connectAsync(address, { ...options, username: "press3", password: "right" });
  await client.publishAsync("factory/hall1/press3/t", "1", { qos: 1 });
  await client.endAsync();
  assert.equal(intake.taken.length, 1);
});

Deno.test("broker works over WebSocket and refuses pages of other sites", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake });
  const client = await connectAsync(`ws://127.0.0.1:${site.wsPort}/mqtt`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
  });
  const got = inbox(client);
  await client.subscribeAsync("factory/#", { qos: 1 });
  const payload = "x".repeat(300_000);
  await client.publishAsync("factory/a/b", payload, { qos: 1 });
  await eventually(() => got.length === 1, () => "nothing came back");
  assert.equal(got[0].length, "factory/a/b ".length + payload.length);
  await client.endAsync();

  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${site.wsPort}/mqtt`, { headers }).then(async (response) => {
      await response.body?.cancel();
      return response.status;
    });
  assert.equal(await ask({ origin: "https://evil.example" }), 403);
  assert.equal(await ask({ origin: `http://127.0.0.1:${site.wsPort}` }), 426);
});

Deno.test("broker keeps a session's messages within the limits of its queue", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake }, { queuedMost: 5 });
  const options = { clientId: "away", clean: false };
  const subscriber = await site.connect(options);
  await subscriber.subscribeAsync("factory/#", { qos: 1 });
  await subscriber.endAsync();
  const device = await site.connect();
  for (let i = 0; i < 20; i++) await device.publishAsync("factory/a/b", `${i}`, { qos: 1 });
  const again = site.open(options);
  const got = inbox(again);
  await eventually(() => got.length >= 5, () => `${got.length} came`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(got, [0, 1, 2, 3, 4].map((i) => `factory/a/b ${i}`));
  await device.publishAsync("factory/a/b", "room again", { qos: 1 });
  await eventually(() => got.length === 6, () => got.join());
});

Deno.test("broker keeps a limited number of retained messages and sessions", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake }, { retainedMost: 2, sessionsMost: 2 });
  const device = await site.connect();
  for (const topic of ["factory/a/1", "factory/a/2", "factory/a/3"]) {
    await device.publishAsync(topic, "kept", { qos: 1, retain: true });
  }
  for (const clientId of ["s1", "s2", "s3"]) {
    const client = await site.connect({ clientId, clean: false });
    await client.subscribeAsync("factory/x/y", { qos: 1 });
    await client.endAsync();
  }
  const present = async (clientId: string) => {
    const client = site.open({ clientId, clean: false });
    const { sessionPresent } = await new Promise<IConnackPacket>((resolve) => {
      client.once("connect", resolve);
    });
    await client.endAsync();
    return sessionPresent;
  };
  assert.deepEqual([await present("s3"), await present("s1")], [true, false]);
  const subscriber = await site.connect();
  const got = inbox(subscriber);
  await subscriber.subscribeAsync("factory/a/+", { qos: 1 });
  await eventually(() => got.length >= 2, () => got.join());
  assert.deepEqual(got.sort(), ["factory/a/1 kept", "factory/a/2 kept"]);
});

Deno.test("broker offers a last will when its client is lost", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake });
  const device = await site.connect({
    will: { topic: "factory/a/state", payload: Buffer.from("offline"), qos: 1, retain: false },
  });
  device.stream.destroy();
  await intake.until(1);
  assert.deepEqual([intake.taken[0].topic, textOf(intake.taken[0])], [
    "factory/a/state",
    "offline",
  ]);
});

Deno.test("broker cuts half-open connections and refuses more than are allowed", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake }, { connectTimeoutMs: 200, connectionsMost: 5 });
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: site.port });
  const half = await Promise.all(Array.from({ length: 5 }, open));
  await half[0].write(new Uint8Array([0x10, 0x20, 0x00]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const sixth = await open();
  assert.equal(await sixth.read(new Uint8Array(1)).catch(() => null), null);
  sixth.close();
  for (const conn of half) {
    assert.equal(await conn.read(new Uint8Array(1)).catch(() => null), null);
    conn.close();
  }
  const device = await site.connect();
  await device.publishAsync("factory/a/b", "1", { qos: 1 });
});

Deno.test("broker refuses more connections of one address than are allowed", async () => {
  const intake = recordingIntake();
  const options = { connectionsPerAddressMost: 3, connectTimeoutMs: 5_000 };
  const peer = { address: "192.168.1.7", loopback: false };
  await using site = await startBroker({ intake }, options, peer);
  const sockets = Array.from({ length: 5 }, () => {
    return new WebSocket(`ws://127.0.0.1:${site.wsPort}/mqtt`, "mqtt");
  });
  const opened = await Promise.all(sockets.map((socket) =>
    new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    })
  ));
  assert.equal(opened.filter((open) => open).length, 3);
  const closed = sockets.map((socket) =>
    socket.readyState === WebSocket.CLOSED
      ? null
      : new Promise((resolve) => socket.onclose = resolve)
  );
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
});

Deno.test("broker drops a subscriber that does not read, and nobody else notices", async () => {
  const intake = recordingIntake();
  await using site = await startBroker({ intake });
  const stuck = await Deno.connect({ hostname: "127.0.0.1", port: site.port });
  await stuck.write(connectPacket("stuck"));
  await stuck.write(
    new Uint8Array([0x82, 14, 0, 1, 0, 9, ...new TextEncoder().encode("factory/#"), 0]),
  );
  const device = await site.connect();
  const payload = Buffer.alloc(100_000, 0x61);
  for (let i = 0; i < 200; i++) await device.publishAsync("factory/a/b", payload, { qos: 1 });
  assert.equal(intake.taken.length, 200);
  assert.match(site.broker.state().detail, / 1 client /);
  stuck.close();
});

Deno.test({
  name: "broker serves mosquitto's own clients, at every QoS",
  ignore: !haveMosquitto(),
  async fn() {
    const intake = recordingIntake();
    await using site = await startBroker({ intake });
    const port = String(site.port);
    const subscriber = new Deno.Command("mosquitto_sub", {
      args: ["-p", port, "-t", "factory/#", "-q", "2", "-C", "3", "-W", "10"],
      stdout: "piped",
    }).spawn();
    await eventually(() => / 1 client /.test(site.broker.state().detail), () => "nobody came");
    for (const qos of ["0", "1", "2"]) {
      const { success } = await new Deno.Command("mosquitto_pub", {
        args: ["-p", port, "-t", "factory/a/b", "-m", `at ${qos}`, "-q", qos],
      }).output();
      assert.ok(success);
    }
    const { stdout } = await subscriber.output();
    assert.equal(new TextDecoder().decode(stdout), "at 0\nat 1\nat 2\n");
    assert.equal(intake.taken.length, 3);
  },
});
