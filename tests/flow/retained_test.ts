/**
 * Retained messages of a broker that speaks MQTT 3.1.1: it sends them again with each subscription.
 * `SABOTAGE=retained` lets Perch forget at each end what it has taken.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { startApp } from "../support/app.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";
import { WHOLE } from "../support/device_site.ts";

for (const version of ["3.1.1", "5"]) {
  Deno.test({
    name: `MQTT ${version}: what a broker keeps is one reading, however often Perch starts`,
    ignore: !haveMosquitto(),
    async fn() {
      await using broker = await startMosquitto();
      const dataDir = await Deno.makeTempDir({ prefix: "perch-retained-" });
      const publish = async (topic: string, payload: string, retain = true) => {
        const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
        await client.publishAsync(topic, payload, { qos: 1, retain });
        await client.endAsync();
      };
      /** Starts Perch, waits until it took what comes last, and gives the values of a sensor. */
      const once = async (marker: string, work = async () => {}) => {
        const { app, close } = await startApp({
          PERCH_DATA: dataDir,
          MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
          MQTT_VERSION: version,
          MQTT_CLIENT_ID: "perch-retained",
        });
        const { registry, storage, sources } = app.parts();
        const values = async (name: string) => {
          const sensor = registry.find(name);
          if (sensor === undefined) return [];
          const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 100 };
          const { value } = await storage.readings.raw({ sensor: sensor.num, ...range });
          return [...value];
        };
        const source = () => sources[0].state();
        await eventually(() => source().state === "connected", () => source().detail);
        await work();
        // Comes after all that the subscription brought.
        await publish("factory/ret/marker/n", marker, false);
        const marked = () => registry.find("ret/marker/n")?.last?.value;
        await eventually(() => marked() === Number(marker), () => `marker ${marked()}`);
        const found = {
          dead: await values("ret/dead/t"),
          door: await values("ret/dead/door"),
          many: await values("ret/many/a"),
          live: await values("ret/live/t"),
        };
        if (sabotaged("retained")) {
          await storage.db.write([{ sql: "delete from retained_marks" }]);
        }
        await close();
        return found;
      };
      try {
        await publish("factory/ret/dead/t", "21.5");
        await publish("factory/ret/dead/door", "open");
        await publish("factory/ret/many", '{"a":1,"b":"x"}');
        const first = { dead: [21.5], door: [1], many: [1], live: [20, 20] };
        const live = async () => {
          await publish("factory/ret/live/t", "20");
          await publish("factory/ret/live/t", "20");
        };
        assert.deepEqual(await once("1", live), first);
        assert.deepEqual(await once("2"), first);
        assert.deepEqual(await once("3"), first);
        // Published while Perch was away.
        await publish("factory/ret/dead/t", "22");
        await publish("factory/ret/many", '{"a":2,"b":"x"}');
        const then = { dead: [21.5, 22], door: [1], many: [1, 2], live: [20, 20] };
        assert.deepEqual(await once("4"), then);
        assert.deepEqual(await once("5"), then);
        // A sensor that goes on without retaining: what is kept from before is no news.
        const on = () => publish("factory/ret/dead/t", "30", false);
        const after = { ...then, dead: [21.5, 22, 30] };
        assert.deepEqual(await once("6", on), after);
        assert.deepEqual(await once("7"), after);
      } finally {
        await Deno.remove(dataDir, { recursive: true });
      }
    },
  });
}
