/**
 * The host application over a real mosquitto, assertion by assertion of the specification's test kit (its tests of
 * hosts; each step is named as there). `SABOTAGE=late_will` leaves the late will of an earlier connection standing, and
 * `SABOTAGE=no_death` leaves without a word: the steps about them must fail.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connectAsync, type MqttClient } from "mqtt";
import { type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { dial } from "../../lib/sources/mqtt/connect.ts";
import { createSparkplug } from "../../lib/sources/sparkplug/dialect.ts";
import type { DialectDeps } from "../../lib/sources/devices/device.ts";
import { decodePayload, type Payload } from "../../lib/sources/sparkplug/payload.ts";
import { createSparkplugSource } from "../../lib/sources/sparkplug/source.ts";
import { fakeDirectory } from "../support/devices/fake_directory.ts";
import { type EdgeMetric, type EdgeNode, edgeNode, edgePayload } from "../support/edge_node.ts";
import { haveMosquitto, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually, recordingIntake } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const ignore = !haveMosquitto();
const STATE = "spBv1.0/STATE/perch-host";
const TEMPERATURE = { name: "Temperature", alias: 1, type: 10, value: 21.5 };
const SPEED = { name: "Speed", alias: 10, type: 3, value: 1_450 };

/** The host application, with every packet that it wrote. */
function startHost(port: number, version: "5" | "3.1.1" = "5", reorderMs = 150) {
  const written: Packet[] = [];
  const intake = recordingIntake();
  const directory = fakeDirectory();
  let cut = () => {};
  const source = createSparkplugSource(
    {
      ...{ intake, directory, clock: systemClock(), log: silentLog() },
      async dial(target, signal) {
        const link = await dial(target, signal);
        const packets = parser({ protocolVersion: version === "5" ? 5 : 4 });
        packets.on("packet", (packet) => written.push(packet));
        cut = () => link.close();
        return {
          ...link,
          write(bytes) {
            packets.parse(Buffer.from(bytes));
            return link.write(bytes);
          },
        };
      },
    },
    {
      ...{ url: `mqtt://127.0.0.1:${port}`, version, connectTimeoutMs: 5_000 },
      ...{ hostId: "perch-host", clientId: "perch-host-test", oldState: true },
      reorderMs: () => reorderMs,
    },
  );
  const published = (topic: string) =>
    written.filter((p): p is IPublishPacket => p.cmd === "publish" && p.topic === topic);
  return {
    ...{ source, written, intake, directory, published, cut: () => cut() },
    connected: () =>
      eventually(() => source.state().state === "connected", () => source.state().detail),
    values: () => intake.taken.flatMap(({ decoded }) => decoded!.drafts.map(({ value }) => value)),
    async [Symbol.asyncDispose]() {
      await source.stop();
    },
  };
}

interface Seen {
  topic: string;
  state: { online: boolean; timestamp: number };
  qos: number;
  retain: boolean;
}

/** What others at the broker see of the host's state. */
async function watchState(port: number): Promise<MqttClient & AsyncDisposable & { seen: Seen[] }> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const seen: Seen[] = [];
  client.on("message", (topic, payload, { qos, retain }) => {
    seen.push({ topic, state: JSON.parse(payload.toString()), qos, retain });
  });
  await client.subscribeAsync(STATE, { qos: 1 });
  return Object.assign(client, { seen, [Symbol.asyncDispose]: () => client.endAsync(true) });
}

function withMosquitto(
  name: string,
  fn: (broker: Mosquitto, step: (ids: string, check: () => void) => Promise<void>) => Promise<void>,
): void {
  Deno.test({
    name: `sparkplug host, ${name}`,
    ignore,
    async fn(t) {
      await using broker = await startMosquitto();
      await fn(broker, async (ids, check) => {
        for (const id of ids.trim().split(/\s+/)) await t.step(id, check);
      });
    },
  });
}

const jsonOf = (payload: string | Buffer) => JSON.parse(payload.toString()) as Seen["state"];

for (const version of ["5", "3.1.1"] as const) {
  withMosquitto(`session establishment, MQTT ${version}`, async (broker, step) => {
    await using host = startHost(broker.port, version);
    await host.source.start();
    await host.connected();
    const connect = host.written[0] as IConnectPacket;
    const order = host.written.map((packet) =>
      packet.cmd === "subscribe"
        ? packet.subscriptions.map(({ topic }) => topic).join()
        : packet.cmd === "publish"
        ? packet.topic
        : packet.cmd
    ).filter((what) => what !== "puback");
    const [birth] = host.published(STATE);

    await step(
      version === "5"
        ? "message-flow-phid-sparkplug-clean-session-50"
        : "message-flow-phid-sparkplug-clean-session-311",
      () => {
        assert.equal(connect.clean, true);
        if (version === "5") assert.equal(connect.properties?.sessionExpiryInterval, 0);
      },
    );
    const will = connect.will!;
    await step(
      `operational-behavior-host-application-connect-will host-topic-phid-death-required
       payloads-state-will-message`,
      () => assert.notEqual(will, undefined),
    );
    await step(
      "operational-behavior-host-application-connect-will-topic host-topic-phid-death-topic",
      () => assert.equal(will.topic, STATE),
    );
    await step(
      `operational-behavior-host-application-connect-will-payload host-topic-phid-death-payload
       payloads-state-will-message-payload host-topic-phid-death-payload-timestamp-connect`,
      () => {
        const { online, timestamp } = jsonOf(will.payload as Buffer);
        assert.equal(online, false);
        assert.ok(Math.abs(timestamp - Date.now()) < 60_000);
        assert.equal(will.payload.toString(), `{"online":false,"timestamp":${timestamp}}`);
      },
    );
    await step(
      `operational-behavior-host-application-connect-will-qos host-topic-phid-death-qos
       payloads-state-will-message-qos`,
      () => assert.equal(will.qos, 1),
    );
    await step(
      `operational-behavior-host-application-connect-will-retained host-topic-phid-death-retain
       payloads-state-will-message-retain`,
      () => assert.equal(will.retain, true),
    );
    await step(
      `message-flow-phid-sparkplug-subscription payloads-state-subscribe principles-birth-certificates-order
       host-topic-phid-birth-sub-required host-topic-phid-birth-required message-flow-phid-sparkplug-state-publish`,
      () => assert.deepEqual(order.slice(0, 4), ["connect", STATE, "spBv1.0/#", STATE]),
    );
    await step(
      `operational-behavior-host-application-connect-birth operational-behavior-host-application-connect-birth-topic
       host-topic-phid-birth-topic host-topic-phid-birth-message payloads-state-birth intro-sparkplug-host-state
       components-ph-state conformance-primary-host`,
      () => assert.equal(birth.topic, STATE),
    );
    await step(
      `operational-behavior-host-application-connect-birth-payload host-topic-phid-birth-payload
       host-topic-phid-birth-payload-timestamp payloads-state-birth-payload
       message-flow-phid-sparkplug-state-publish-payload message-flow-phid-sparkplug-state-publish-payload-timestamp`,
      () => {
        const { timestamp } = jsonOf(will.payload as Buffer);
        assert.equal(birth.payload.toString(), `{"online":true,"timestamp":${timestamp}}`);
      },
    );
    await step(
      "operational-behavior-host-application-connect-birth-qos host-topic-phid-birth-qos",
      () => assert.equal(birth.qos, 1),
    );
    await step(
      "operational-behavior-host-application-connect-birth-retained host-topic-phid-birth-retain",
      () => assert.equal(birth.retain, true),
    );
    // As version 2.2 had it; an option.
    assert.equal(host.published("STATE/perch-host")[0].payload.toString(), "ONLINE");
  });
}

withMosquitto("its state after a late will, a cut and a leave", async (broker, step) => {
  await using others = await watchState(broker.port);
  const last = () => others.seen.at(-1)!;
  const online = (since: number) =>
    eventually(
      () => others.seen.length > since && last().state.online,
      () => JSON.stringify(others.seen),
    );
  await using host = startHost(broker.port);
  await host.source.start();
  await host.connected();
  await online(0);
  const { timestamp } = last().state;

  await step("message-flow-hid-sparkplug-state-message-delivered", async () => {
    const since = others.seen.length;
    if (sabotaged("late_will")) host.cut();
    await others.publishAsync(STATE, '{"online":false,"timestamp":1}', { qos: 1, retain: true });
    await online(since + 1);
    assert.equal(last().state.timestamp, timestamp);
  });

  // Cut off without a DISCONNECT, it comes back by itself, with a time of its own.
  const before = others.seen.length;
  host.cut();
  await eventually(() => others.seen.length > before, () => "its will did not come");
  await step(
    "host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
    () => assert.deepEqual(others.seen[before].state, { online: false, timestamp }),
  );
  await online(before + 1);
  await step(
    `operational-behavior-host-application-multi-server-timestamp
     operational-behavior-primary-application-state-with-multiple-servers-state
     operational-behavior-primary-application-state-with-multiple-servers-state-subs`,
    () => assert.ok(last().state.timestamp > timestamp),
  );

  const leftMs = Date.now();
  if (sabotaged("no_death")) host.cut();
  await host.source.stop();
  await eventually(() => !last().state.online, () => JSON.stringify(others.seen));
  const wrote = host.written.slice(-2);
  const death = host.published(STATE).at(-1)!;
  await step(
    "operational-behavior-host-application-disconnect-intentional",
    () => assert.equal(wrote.at(-1)!.cmd, "disconnect"),
  );
  await step(
    "operational-behavior-host-application-death-topic",
    () => assert.equal(death.topic, STATE),
  );
  await step(
    `operational-behavior-host-application-death-payload
     host-topic-phid-death-payload-timestamp-disconnect-clean`,
    () => {
      const said = jsonOf(death.payload as Buffer);
      assert.equal(said.online, false);
      assert.ok(said.timestamp >= leftMs);
    },
  );
  await step(
    "operational-behavior-host-application-death-qos",
    () => assert.equal(death.qos, 1),
  );
  await step(
    "operational-behavior-host-application-death-retained",
    () => assert.equal(death.retain, true),
  );
});

const asked = (node: EdgeNode) =>
  eventually(() => node.commands.length > 0, () => "nobody asked for a rebirth");

withMosquitto("message ordering and commands", async (broker, step) => {
  await using host = startHost(broker.port);
  await host.source.start();
  await host.connected();
  await using node = await edgeNode(`mqtt://127.0.0.1:${broker.port}`, "Plant", "Press");
  const births = async () => {
    await node.birth([TEMPERATURE]);
    await node.deviceBirth("P1", [SPEED, { name: "Running", alias: 11, type: 11, value: false }]);
  };
  await births();
  await node.data("P1", [{ alias: 10, value: 1_460 }]);
  await eventually(() => host.values().includes(1_460), () => "the reading did not come");

  // What is missing comes within the time.
  const missing = node.skip();
  await node.data("P1", [{ alias: 10, value: 1_462 }]);
  await node.data("P1", [{ alias: 10, value: 1_461 }], missing);
  await eventually(() => host.values().includes(1_461), () => "the late reading did not come");
  // Another node, which is asked, tells that the time is over.
  await using other = await edgeNode(`mqtt://127.0.0.1:${broker.port}`, "Plant", "Other");
  await other.birth([TEMPERATURE]);
  other.skip();
  await other.data(null, [{ alias: 1, value: 22.5 }]);
  await asked(other);
  await step(
    "operational-behavior-host-reordering-success",
    () => assert.deepEqual(node.commands, []),
  );

  node.skip();
  const gapMs = performance.now();
  await node.data("P1", [{ alias: 10, value: 1_463 }]);
  await asked(node);
  const waitedMs = performance.now() - gapMs;
  await step(
    "operational-behavior-host-reordering-start operational-behavior-host-reordering-param",
    () => assert.ok(waitedMs > 140, `asked after ${waitedMs} ms`),
  );
  const [request] = node.commands;
  const written = host.published("spBv1.0/Plant/NCMD/Press")[0];
  const { metrics, seq, tMs } = decodePayload(request.payload) as Payload;
  await step(
    `operational-behavior-host-reordering-rebirth operational-behavior-data-commands-ncmd-rebirth-verb
     operational-behavior-data-commands-ncmd-verb topics-ncmd-topic`,
    () => assert.equal(request.topic, "spBv1.0/Plant/NCMD/Press"),
  );
  await step(
    "operational-behavior-data-commands-ncmd-rebirth-name operational-behavior-data-commands-ncmd-metric-name",
    () =>
      assert.deepEqual(metrics.map(({ name, alias }) => [name, alias]), [[
        "Node Control/Rebirth",
        undefined,
      ]]),
  );
  await step(
    `operational-behavior-data-commands-ncmd-rebirth-value operational-behavior-data-commands-ncmd-metric-value
     topics-ncmd-payload payloads-name-cmd-requirement`,
    () =>
      assert.deepEqual([metrics[0].type, metrics[0].value], [11, { in: "boolean", value: true }]),
  );
  await step("payloads-ncmd-seq", () => assert.equal(seq, undefined));
  await step(
    "payloads-ncmd-timestamp topics-ncmd-timestamp",
    () => assert.ok(Math.abs(tMs! - Date.now()) < 60_000),
  );
  await step(
    "payloads-ncmd-qos payloads-ncmd-retain topics-ncmd-mqtt",
    () => assert.deepEqual([written.qos, written.retain], [0, false]),
  );

  // An order to a device, as the dialect makes it.
  const dialect = createSparkplug({ clock: systemClock() } as DialectDeps);
  const running = [...host.directory.entities.values()]
    .find(({ entity }) => entity.uid === "sp:Plant/Press/P1/Running")!.entity;
  const order = dialect.order!(running.order!.way.to, true);
  const sent = decodePayload(order.payload as Uint8Array) as Payload;
  await step(
    "operational-behavior-data-commands-dcmd-verb topics-dcmd-topic",
    () => assert.equal(order.topic, "spBv1.0/Plant/DCMD/Press/P1"),
  );
  await step(
    "operational-behavior-data-commands-dcmd-metric-name",
    () => assert.equal(sent.metrics[0].name, "Running"),
  );
  await step(
    "operational-behavior-data-commands-dcmd-metric-value topics-dcmd-payload",
    () => assert.deepEqual(sent.metrics[0].value, { in: "boolean", value: true }),
  );
  await step("payloads-dcmd-seq", () => assert.equal(sent.seq, undefined));
  await step("payloads-dcmd-timestamp topics-dcmd-timestamp", () => assert.ok(sent.tMs! > 0));
  await step(
    "payloads-dcmd-qos payloads-dcmd-retain topics-dcmd-mqtt",
    () => assert.deepEqual([order.qos, order.retain], [0, false]),
  );
});

withMosquitto("deaths of devices and nodes", async (broker, step) => {
  await using host = startHost(broker.port);
  await host.source.start();
  await host.connected();
  await using node = await edgeNode(`mqtt://127.0.0.1:${broker.port}`, "Plant", "Press", 3);
  await node.birth([TEMPERATURE]);
  await node.deviceBirth("P1", [SPEED]);
  await node.deviceBirth("P2", [{ ...SPEED, alias: 20 }]);
  const { available } = host.directory;
  const until = (uid: string, reachable: boolean) =>
    eventually(() => available.get(uid) === reachable, () => JSON.stringify([...available]));
  await until("sp:Plant/Press/P2", true);
  await node.deviceDeath("P1");
  await until("sp:Plant/Press/P1", false);
  await step(
    `operational-behavior-edge-node-termination-host-action-ddeath-devices-offline
     operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale`,
    () =>
      assert.deepEqual(Object.fromEntries(available), {
        "sp:Plant/Press": true,
        "sp:Plant/Press/P1": false,
        "sp:Plant/Press/P2": true,
      }),
  );
  node.crash();
  await until("sp:Plant/Press", false);
  await step(
    `operational-behavior-edge-node-termination-host-action-ndeath-node-offline
     operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale
     operational-behavior-edge-node-termination-host-action-ndeath-devices-offline
     operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale`,
    () => assert.deepEqual([...new Set(available.values())], [false]),
  );
  // Reborn, all is well again.
  await using again = await edgeNode(`mqtt://127.0.0.1:${broker.port}`, "Plant", "Press", 4);
  await again.birth([TEMPERATURE]);
  await until("sp:Plant/Press", true);
});

withMosquitto("nothing is acknowledged before it is decided on, nor read twice", async (broker) => {
  await using host = startHost(broker.port);
  await host.source.start();
  await host.connected();
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
  const send = (type: string, metrics: EdgeMetric[], seq: number) =>
    client.publishAsync(`spBv1.0/Plant/${type}/Press`, Buffer.from(edgePayload(metrics, seq)), {
      qos: 1,
    });
  const acknowledged = () => host.written.filter(({ cmd }) => cmd === "puback").length;
  await send("NBIRTH", [TEMPERATURE], 0);
  await host.intake.until(1);
  const before = acknowledged();
  host.intake.atOnce = null;
  for (const seq of [1, 2]) await send("NDATA", [{ alias: 1, value: 20.5 + seq }], seq);
  await host.intake.until(3);
  // Decided on the other way round, and acknowledged in the order in which they came.
  host.intake.open[1].done("stored");
  assert.equal(acknowledged(), before);
  host.intake.open[0].done("stored");
  await eventually(() => acknowledged() === before + 2, () => `${acknowledged()} of ${before + 2}`);
  // Without room it waits, and is understood once: its number is not taken for one that came again.
  host.intake.atOnce = "stored";
  host.intake.setFull(true);
  await send("NDATA", [{ alias: 1, value: 23.5 }], 3);
  await send("NDATA", [{ alias: 1, value: 24.5 }], 4);
  await eventually(() => host.intake.refused > 0, () => "nothing was offered");
  host.intake.setFull(false);
  await eventually(() => host.values().includes(24.5), () => String(host.values()));
  assert.deepEqual(host.values(), [21.5, 21.5, 22.5, 23.5, 24.5]);
  await client.endAsync();
});
