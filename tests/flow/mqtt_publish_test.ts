/** What Perch publishes itself: at a real mosquitto, and at its own broker. */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type MqttClient } from "mqtt";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { messageOf } from "../../lib/notify/message_of.ts";
import type { SendContext } from "../../lib/notify/channel.ts";
import { mqtt } from "../../lib/notify/channels/mqtt.ts";
import { createMqttSource } from "../../lib/sources/mqtt/client.ts";
import type { MqttOptionsInput } from "../../lib/sources/mqtt/options.ts";
import type { MqttPublisher } from "../../lib/sources/source.ts";
import { startBroker } from "../support/broker.ts";
import { alarmEvent } from "../support/events.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually, recordingIntake } from "../support/recording_intake.ts";

const ignore = !haveMosquitto();
const MESSAGE = messageOf(alarmEvent(), { zone: "UTC", publicUrl: null });
const TOPIC = "perch/hall/events/alarm.raised";

function source(options: Partial<MqttOptionsInput> & { url: string }) {
  const made = createMqttSource(
    { intake: recordingIntake(), clock: systemClock(), log: silentLog() },
    { clientId: "perch-test", ...options },
  );
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.stop() });
}

const connected = (of: ReturnType<typeof source>) =>
  eventually(() => of.state().state === "connected", () => of.state().detail);

/** What a subscriber of the topic gets. */
async function listen(port: number, topic: string) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const got: { topic: string; body: Record<string, unknown>; retain: boolean }[] = [];
  client.on("message", (topic, payload, { retain }) => {
    got.push({ topic, body: JSON.parse(payload.toString()), retain });
  });
  await client.subscribeAsync(topic, { qos: 1 });
  return Object.assign(client as MqttClient, {
    got,
    [Symbol.asyncDispose]: () => client.endAsync(true),
  });
}

const sendThrough = (publisher: MqttPublisher, options = {}, signal = AbortSignal.timeout(5000)) =>
  mqtt.send(options, MESSAGE, {
    signal,
    site: "hall",
    publishMqtt: publisher.publish.bind(publisher),
    environment: {},
  } as unknown as SendContext);

for (const version of ["5", "3.1.1"] as const) {
  Deno.test({
    name: `mqtt channel: a message at mosquitto, MQTT ${version}; retained when asked`,
    ignore,
    async fn() {
      await using broker = await startMosquitto();
      await using perch = source({ url: `mqtt://127.0.0.1:${broker.port}`, version });
      await perch.start();
      await connected(perch);
      await using before = await listen(broker.port, "perch/hall/#");
      assert.deepEqual(await sendThrough(perch), {
        state: "delivered",
        answer: `acknowledged on ${TOPIC}`,
      });
      await sendThrough(perch, { retain: true });
      const mine = () => before.got.filter((one) => one.topic === TOPIC);
      await eventually(() => mine().length === 2, () => "two messages");
      assert.equal(mine()[0].body.id, MESSAGE.uid);
      assert.equal(mine()[0].body.type, "alarm.raised");
      await using after = await listen(broker.port, TOPIC);
      await eventually(() => after.got.length === 1, () => "the retained one");
      assert.deepEqual([after.got[0].retain, after.got[0].body.id], [true, MESSAGE.uid]);
    },
  });
}

Deno.test({
  name: "mqtt channel: no connection and a lost one are tried again, with the reason",
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using perch = source({ url: `mqtt://127.0.0.1:${broker.port}` });
    const early = await sendThrough(perch);
    assert.equal(early.state, "retry");
    assert.match(early.answer, /Not connected to the broker/);
    await perch.start();
    await connected(perch);
    await broker.kill();
    await eventually(() => perch.state().state !== "connected", () => perch.state().detail);
    const lost = await sendThrough(perch);
    assert.equal(lost.state, "retry");
    assert.match(lost.answer, /Lost the broker|Could not reach the broker/);
    await broker.restart();
    await connected(perch);
    assert.equal((await sendThrough(perch)).state, "delivered");
  },
});

Deno.test({
  name:
    "mqtt channel: a topic that the broker forbids (MQTT 5) is tried again, with the broker's reason",
  ignore,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "perch-acl-" });
    await Deno.writeTextFile(`${directory}/acl`, "topic read #\ntopic write perch/perch-test/#\n");
    await Deno.chmod(directory, 0o755);
    try {
      await using broker = await startMosquitto({ config: [`acl_file ${directory}/acl`] });
      await using perch = source({ url: `mqtt://127.0.0.1:${broker.port}` });
      await perch.start();
      await connected(perch);
      const outcome = await sendThrough(perch);
      assert.equal(outcome.state, "retry");
      assert.match(outcome.answer, /not authorized/i);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("mqtt channel: at the embedded broker subscribers get it, and it is not taken for a reading", async () => {
  const intake = recordingIntake();
  await using under = await startBroker({ intake });
  await using listener = await listen(under.port, "factory/#");
  const outcome = await sendThrough(under.broker, { topic: "factory/{subject}/{severity}" });
  assert.deepEqual(outcome, {
    state: "delivered",
    answer: "acknowledged on factory/alarm:a1/critical",
  });
  await eventually(() => listener.got.length === 1, () => "the message");
  assert.equal(listener.got[0].topic, "factory/alarm:a1/critical");
  assert.deepEqual(intake.taken, []);
});

Deno.test("mqtt channel: topics that cannot be published on are refused when they are set", () => {
  for (const topic of ["a/+/b", "a/#", "$SYS/x", "", "a/{nothing}"]) {
    assert.ok(!mqtt.options.safeParse({ topic }).success, topic);
  }
  assert.equal((mqtt.options.parse({}) as { topic: string }).topic, "perch/{site}/events/{type}");
});
