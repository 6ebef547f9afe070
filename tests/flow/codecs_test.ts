/**
 * Codecs between MQTT and the readings: with a real mosquitto, and with the embedded broker and the real sandbox.
 * `SABOTAGE=codec_order` acknowledges each message as soon as it is decided on: the test of the order must fail.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { parseLetter } from "../../lib/intake/replay.ts";
import { AckOrder } from "../../lib/sources/codecs/order.ts";
import { createMqttSource } from "../../lib/sources/mqtt/client.ts";
import { startApp } from "../support/app.ts";
import { type GateUnderTest, numbers, startGate } from "../support/codec_gate.ts";
import { WHOLE } from "../support/device_site.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually, textOf } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";
import { spyDial } from "../support/spy_dial.ts";

/** A client of mosquitto whose messages go through the gate. */
async function startClient(t: GateUnderTest, port: number) {
  const spy = spyDial();
  const perch = createMqttSource({
    ...{ intake: t.gate, clock: systemClock(), log: silentLog(), dial: spy.dial },
    extraTopics: t.gate.topics,
  }, { clientId: "perch-test", url: `mqtt://127.0.0.1:${port}` });
  t.gate.onTopics(() => perch.topicsChanged());
  await perch.start();
  await eventually(() => perch.state().state === "connected", () => perch.state().detail);
  const other = await connectAsync(`mqtt://127.0.0.1:${port}`);
  return {
    spy,
    perch,
    send: (topic: string, text: string) => other.publishAsync(topic, text, { qos: 1 }),
    async [Symbol.asyncDispose]() {
      await other.endAsync(true);
      await perch.stop();
    },
  };
}

const flow = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: !haveMosquitto(), fn });

flow(
  "MQTT client is subscribed to the topics of codecs as long as there are any, on one connection",
  async () => {
    await using broker = await startMosquitto();
    await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
    await using client = await startClient(t, broker.port);
    await client.send("codec/m1", "1");
    await t.intake.until(1);
    assert.equal(t.intake.taken[0].decoded!.drafts[0].value, 1);
    await t.put("two", { ...numbers(), topics: ["other/+/x"] });
    /** A subscription takes a moment. */
    const sent = async (topic: string, payload: string) => {
      const came = () => t.intake.taken.some((one) => textOf(one) === payload);
      for (let i = 0; i < 50 && !came(); i++) {
        await client.send(topic, payload);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return came();
    };
    assert.ok(await sent("other/m/x", "2"));
    await t.put("two", null);
    await eventually(() => t.gate.topics().length === 1, () => `${t.gate.topics()}`);
    await client.send("codec/m1", "3");
    const before = t.intake.taken.length;
    await client.send("other/m/x", "4");
    await client.send("codec/m1", "5");
    await eventually(
      () => t.intake.taken.some((one) => textOf(one) === "5"),
      () => "5 did not come",
    );
    assert.ok(!t.intake.taken.slice(before).some((one) => textOf(one) === "4"), "it is left");
    assert.equal(client.spy.dials(), 1);
  },
);

flow("MQTT client acknowledges in the order of arrival, whatever a codec takes", async () => {
  if (sabotaged("codec_order")) AckOrder.prototype.enter = (message) => message;
  await using broker = await startMosquitto();
  await using t = await startGate({ one: numbers() });
  await using client = await startClient(t, broker.port);
  t.hold(true);
  await client.send("codec/m1", "1");
  await client.send("factory/a/b", "2");
  await client.send("codec/m1", "3");
  await client.send("factory/a/b", "4");
  await t.intake.until(2);
  t.intake.settle();
  // They may well be acknowledged from the disk, as the codec is slow; the first one is in it.
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(client.spy.packetIds(), []);
  t.intake.atOnce = "stored";
  t.hold(false);
  await eventually(() => client.spy.packetIds().length === 4, () => `${client.spy.packetIds()}`);
  assert.deepEqual(client.spy.packetIds(), [1, 2, 3, 4]);
});

flow(
  "MQTT client has each message of a paused codec once, also if its acknowledgement was lost",
  async () => {
    await using broker = await startMosquitto();
    await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
    await using client = await startClient(t, broker.port);
    await t.gate.pause("one", "Anna");
    const { views } = t.gate;
    const { syncData } = Deno.FsFile.prototype;
    const cut = Promise.withResolvers<void>();
    Deno.FsFile.prototype.syncData = async function () {
      await cut.promise;
      await syncData.call(this);
    };
    try {
      await client.send("codec/m1", "1");
      await eventually(() => views()[0].waiting === 1, () => "it does not wait");
      // What reaches the disk now is acknowledged on a connection that is gone.
      client.spy.cut();
      cut.resolve();
      await eventually(() => client.spy.dials() === 2, () => "no other connection");
      await eventually(() => client.spy.packetIds().length === 1, () => "it was not acknowledged");
    } finally {
      Deno.FsFile.prototype.syncData = syncData;
    }
    assert.equal(views()[0].waiting, 1);
    await t.gate.resume("one", "Anna");
    await eventually(() => views()[0].waiting === 0, () => "it waits");
    assert.deepEqual(t.intake.taken.map(textOf), ["1"]);
  },
);

Deno.test("codecs: what one could not read is replayed; what came while it was broken comes in order, others went on", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-codecs-" });
  await Deno.mkdir(`${dataDir}/codecs`);
  const write = (body: string) =>
    Deno.writeTextFile(
      `${dataDir}/codecs/meter.js`,
      `export const topics = ["meters/+/raw"];\nexport function decode({ text }) {\n${body}\n}\n`,
    );
  await write(
    `const [flow, on] = text.split(";");
     if (on === undefined) throw new Error("one part");
     return [{ sensor: "flow", value: Number(flow), unit: "l/min" }, { sensor: "on", value: on === "1" }];`,
  );
  const under = await startApp({ PERCH_DATA: dataDir });
  try {
    const { codecs, broker, registry, storage, scripts, replay } = under.app.parts();
    await codecs.loaded();
    const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`);
    // Acknowledged, and so stored or refused; the second one once the third has worked.
    for (const text of ["1.5;1", "2", "3;0"]) {
      await client.publishAsync("meters/m1/raw", text, { qos: 1 });
    }
    const values = async (name: string) => {
      const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 100 };
      const sensor = registry.find(name)!;
      return [...(await storage.readings.raw({ sensor: sensor.num, ...range })).value];
    };
    assert.deepEqual(await values("m1/raw/flow"), [1.5, 3]);
    assert.deepEqual(await values("m1/raw/on"), [1, 0]);
    assert.equal(registry.find("m1/raw/flow")!.unit, "l/min");
    const [line] = (await Deno.readTextFile(`${dataDir}/rejected.jsonl`)).split("\n");
    const letter = parseLetter(line);
    assert.deepEqual(
      [letter.topic, letter.payload, letter.message],
      ["meters/m1/raw", "2", "the codec: one part (line 4)"],
    );
    await write(`return [{ sensor: "flow", value: Number(text.split(";")[0]) }];`);
    await scripts.look();
    await codecs.loaded();
    assert.deepEqual(await replay(letter), { outcome: "stored" });
    assert.deepEqual(await replay(letter), { outcome: "duplicate" });
    assert.deepEqual((await values("m1/raw/flow")).toSorted(), [1.5, 2, 3]);
    await write("return [;");
    await scripts.look();
    await codecs.loaded();
    const broken = codecs.views()[0].broken!;
    assert.deepEqual([broken.type, broken.line], ["syntax", 3]);
    const sent = Array.from({ length: 50 }, (_, i) => 100 + i);
    for (const n of sent) await client.publishAsync("meters/m2/raw", `${n}`, { qos: 1 });
    await client.publishAsync("factory/a/b/c", "7", { qos: 1 });
    assert.deepEqual(await values("a/b/c"), [7]);
    const repairedMs = Date.now();
    await write(`return [{ sensor: "flow", value: Number(text) }];`);
    await scripts.look();
    await eventually(() => codecs.views()[0].waiting === 0, () => "they wait");
    assert.deepEqual(await values("m2/raw/flow"), sent);
    assert.ok(registry.find("m2/raw/flow")!.last!.tMs < repairedMs, "they keep their time");
    await client.endAsync();
  } finally {
    await under.close();
  }
});
