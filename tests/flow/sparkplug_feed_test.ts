/**
 * Perch as an edge node of Sparkplug B, with mosquitto: another Perch, as a host, has each reading once, also those from
 * while the broker was away; what a client sees keeps the rules of the specification. Control:
 * `SABOTAGE=sparkplug_feed_lost` lets the place move while nothing reaches the broker.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connectAsync } from "mqtt";
import { bdSeqIn } from "../../lib/sources/sparkplug/birth.ts";
import { encodeRebirth } from "../../lib/sources/sparkplug/encode.ts";
import { decodePayload, type Payload } from "../../lib/sources/sparkplug/payload.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { startCuttable } from "../support/cuttable.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const SENSOR = "hall/press/load";
const WITHIN_MS = 90_000;
const NODE = "spBv1.0/plant/NBIRTH/north";
const DEATH = "spBv1.0/plant/NDEATH/north";
const DATA = "spBv1.0/plant/DDATA/north/hall:press";
const COMMAND = "spBv1.0/plant/NCMD/north";

async function startWatcher(url: string) {
  const client = await connectAsync(url, { reconnectPeriod: 200, clientId: "watcher" });
  const heard: { topic: string; payload: Payload; retain: boolean }[] = [];
  client.on("error", () => {});
  client.on("message", (topic, bytes, { retain }) => {
    if (topic.includes("/STATE/")) return;
    heard.push({ topic, payload: decodePayload(bytes) as Payload, retain });
  });
  await client.subscribeAsync("spBv1.0/#", { qos: 1 });
  return { client, heard, of: (topic: string) => heard.filter((one) => one.topic === topic) };
}

/** What a host relies on: births first, numbers without a gap, deaths that fit their births. */
function keepsTheRules(heard: readonly { topic: string; payload: Payload; retain: boolean }[]) {
  let seq = -1, bdSeq: number | null = null;
  const devices = new Set<string>();
  for (const { topic, payload, retain } of heard) {
    const [, , type, , device] = topic.split("/");
    assert.equal(retain, false, topic);
    if (type === "NCMD") continue;
    if (type === "NDEATH") {
      assert.equal(payload.seq, undefined);
      assert.equal(bdSeqIn(payload), bdSeq, "a death is of the birth before it");
      devices.clear();
      continue;
    }
    if (type === "NBIRTH") {
      assert.equal(payload.seq, 0);
      bdSeq = bdSeqIn(payload);
      devices.clear();
    } else assert.equal(payload.seq, (seq + 1) % 256, topic);
    if (type === "DBIRTH") devices.add(device);
    if (type === "DDATA") {
      assert.ok(devices.has(device), "born before its data");
      assert.ok(
        payload.metrics.every(({ name, alias }) => name === undefined && alias !== undefined),
      );
    }
    seq = payload.seq!;
  }
}

const storedAt = async ({ app }: AppUnderTest): Promise<number[]> => {
  const { registry, storage } = app.parts();
  const sensor = registry.all().find(({ name }) => name.endsWith("/load"));
  if (sensor === undefined) return [];
  const { value } = await storage.readings.raw({
    ...{ sensor: sensor.num, fromMs: 0, toMs: Date.now() + 60_000, limit: 10_000 },
  });
  return [...value];
};

Deno.test({
  name:
    "an edge node of Sparkplug B: another Perch has each reading once, whatever happens between",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    await using link = startCuttable(broker.port);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const watcher = await startWatcher(url);
    const host = await startApp({ MQTT_URL: url, MQTT_TOPICS: "spBv1.0/#" });
    // A host that is not there when the broker has a message does not get it: so it is in Sparkplug.
    const hostIsThere = () =>
      until("the host", () => {
        const source = host.app.parts().sources.find(({ name }) => name === "sparkplug");
        return source?.state().state === "connected" && watcher.client.connected || null;
      }, WITHIN_MS);
    await hostIsThere();
    const edge = await startApp({
      UPSTREAM_MQTT_URL: link.url.replace("http", "mqtt"),
      ...{ UPSTREAM_MQTT_FORMAT: "sparkplug/plant", USER_ID: "north" },
    });
    const { intake, storage } = edge.app.parts();
    let next = 0;
    const send = async (n: number) => {
      for (let i = 0; i < n; i++) {
        await intake.offerBatch({
          ...{ source: "http", topic: "test", rejects: [] },
          drafts: [{ sensor: SENSOR, value: next++, tMs: Date.now() }],
        });
      }
    };
    const all = (what: string) =>
      until(what, async () => {
        const values = await storedAt(host);
        return new Set(values).size >= next ? values : null;
      }, WITHIN_MS).catch(async (error) => {
        throw new Error(`${error.message}: ${(await storedAt(host)).length} of ${next}`);
      });
    try {
      await until("the birth", () => watcher.of(NODE)[0] ?? null, WITHIN_MS);
      await send(300);
      await all("the first readings");

      // Cut without a word: the broker says for it that it is dead.
      link.cut();
      await until("its death", () => watcher.of(DEATH)[0] ?? null, WITHIN_MS);
      await send(40);
      if (sabotaged("sparkplug_feed_lost")) {
        const at = (await storage.readings.cursor("forward_mqtt"))!;
        await storage.readings.moveCursor("forward_mqtt", at + 20, []);
      }
      const before = watcher.heard.length;
      link.mend();
      await all("what came while the line was cut");
      const late = watcher.heard.slice(before).filter(({ topic }) => topic === DATA)
        .flatMap(({ payload }) => payload.metrics);
      assert.ok(late.length >= 40 && late.every(({ historical }) => historical), "was so once");

      // It takes bytes and no messages any more: what was written is gone with it.
      Deno.kill(broker.pid(), "SIGSTOP");
      await send(40);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      link.cut();
      await broker.kill();
      await broker.restart();
      await hostIsThere();
      link.mend();
      await all("what came while the broker was killed");

      const births = watcher.of(NODE).length;
      await watcher.client.publishAsync(COMMAND, Buffer.from(encodeRebirth(Date.now())));
      await until("another birth", () => watcher.of(NODE)[births] ?? null, WITHIN_MS);
      assert.equal(
        bdSeqIn(watcher.of(NODE)[births].payload),
        bdSeqIn(watcher.of(NODE)[births - 1].payload),
      );
      await send(20);
      const values = await all("what came after it");
      assert.deepEqual(
        [...values].sort((a, b) => a - b),
        Array.from({ length: next }, (_, i) => i),
      );
      keepsTheRules(watcher.heard);
      assert.ok(watcher.of(DATA).length > 0);

      const deaths = watcher.of(DEATH).length;
      await edge.app.stop();
      await until("its farewell", () => watcher.of(DEATH)[deaths] ?? null, WITHIN_MS);
      keepsTheRules(watcher.heard);
    } finally {
      await watcher.client.endAsync(true);
      await edge.close().catch(() => {});
      await host.close();
    }
  },
});
