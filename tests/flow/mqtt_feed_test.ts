/** The feed to a broker of others, with mosquitto: at least once over its restart, from where it was over Perch's. */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { startApp } from "../support/app.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";

Deno.test({
  name: "readings go to an upstream broker at least once, also those from while it was away",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto({ persistence: true });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const heard = new Map<string, Set<number>>();
    const reader = await connectAsync(url, {
      clientId: "reader",
      clean: false,
      reconnectPeriod: 200,
    });
    reader.on("message", (topic, payload) => {
      const { value } = JSON.parse(payload.toString());
      heard.set(topic, (heard.get(topic) ?? new Set()).add(value));
    });
    await reader.subscribeAsync("forwarded/#", { qos: 1 });
    const edge = await startApp({ UPSTREAM_MQTT_URL: url, USER_ID: "north" });
    try {
      const { intake, storage } = edge.app.parts();
      await until(
        "the feed to begin",
        async () => await storage.readings.cursor("forward_mqtt") === null ? null : true,
      );
      const send = (from: number, to: number) =>
        intake.offerBatch({
          ...{ source: "http", topic: "test", rejects: [] },
          drafts: Array.from({ length: to - from }, (_, i) => ({
            ...{ sensor: "hall/press/load", value: from + i, tMs: Date.now() },
          })),
        });
      const all = (n: number) =>
        until(
          `${n} readings`,
          () => (heard.get("forwarded/north/hall/press/load")?.size ?? 0) >= n ? true : null,
          60_000,
        );
      await send(0, 50);
      await all(50);
      await broker.stop();
      await send(50, 100);
      await broker.restart();
      await all(100);
      assert.deepEqual([...heard.keys()], ["forwarded/north/hall/press/load"]);
      await edge.app.stop();
      const off = await startApp({ PERCH_DATA: edge.dataDir });
      assert.equal(
        await off.app.parts().storage.readings.cursor("forward_mqtt"),
        null,
        "switched off",
      );
      await off.app.stop();
    } finally {
      await reader.endAsync(true);
      await edge.close();
    }
  },
});
