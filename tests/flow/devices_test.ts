/**
 * Devices that announce themselves, over mosquitto and over the embedded broker: what was kept before they were
 * known, hundreds at once, restarts, two with one id.
 * `SABOTAGE=devices_forget` lets Perch forget at its end what was announced.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { WHOLE, withDeviceSite } from "../support/device_site.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const OF_EACH = 10;
const CHANGE = { action: "setting.update", resource: "setting:devices.home_assistant" };

type Message = [topic: string, payload: string];
const json = (topic: string, payload: unknown): Message => [topic, JSON.stringify(payload)];

/** What a house of Zigbee2MQTT keeps at its broker: announcements, and the state of each device. */
function house(devices: number): Message[] {
  return Array.from({ length: devices }, (_, i) => {
    const topic = `zig/room ${i}`;
    const dev = { ids: [`zig_${i}`], name: `Room ${i}`, mf: "Own", mdl: "Z1", sw: "1.0" };
    const state: Record<string, number> = {};
    const configs = Array.from({ length: OF_EACH }, (_, k): Message => {
      state[`v${k}`] = i + k;
      return json(`homeassistant/sensor/zig_${i}/v${k}/config`, {
        name: `V${k}`,
        uniq_id: `zig_${i}_v${k}`,
        stat_t: topic,
        unit_of_meas: "°C",
        val_tpl: `{{ value_json.v${k} }}`,
        avty_t: "zig/bridge",
        ...(k === OF_EACH - 1 ? { ent_cat: "diagnostic" } : {}),
        dev,
      });
    });
    return [json(topic, state), ...configs];
  }).flat();
}

const KILN: Message[] = [
  ["kiln/sensor/zone_a/state", "873.5"],
  ["kiln/status", "offline"],
  json("homeassistant/sensor/kiln/zone_a/config", {
    name: "Zone A",
    uniq_id: "kiln_zone_a",
    stat_t: "kiln/sensor/zone_a/state",
    avty_t: "kiln/status",
    dev: { ids: "kiln", name: "Kiln", mf: "Own", mdl: "K1", sw: "2" },
  }),
];

for (const [version, devices] of [["3.1.1", 60], ["5", 12]] as const) {
  Deno.test({
    name:
      `MQTT ${version}: a house whose broker kept everything is there at once, and is the same after a restart`,
    ignore: !haveMosquitto(),
    async fn() {
      await using broker = await startMosquitto();
      const dataDir = await Deno.makeTempDir({ prefix: "perch-house-" });
      const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
      const publish = async (messages: readonly Message[], retain = true) => {
        const qos = 1;
        await Promise.all(messages.map((one) => client.publishAsync(...one, { qos, retain })));
      };
      const start = (port = broker.port) =>
        startApp({
          PERCH_DATA: dataDir,
          MQTT_URL: `mqtt://127.0.0.1:${port}`,
          MQTT_VERSION: version,
        });
      try {
        await publish([...KILN, ...house(devices)]);
        let { app, close } = await start();
        let parts = app.parts();
        const present = () => parts.registry.all().filter(({ last }) => last !== null).length;
        await eventually(
          () => present() === devices * OF_EACH + 1,
          () => `${present()} sensors have a value`,
        );
        const readings = async (name: string) => {
          const { num } = parts.registry.find(name)!;
          const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 100 };
          return await parts.storage.readings.raw({ sensor: num, ...range });
        };
        const zone = await readings("Kiln/Zone A");
        // What the broker had kept says so, and no message made two readings.
        assert.deepEqual([[...zone.value], [...zone.flags]], [[873.5], [4]]);
        assert.deepEqual([...(await readings("Room 7/V3")).value], [10]);
        const status = (name: string) => parts.statuses.sensor(parts.registry.find(name)!);
        assert.deepEqual([status("Kiln/Zone A"), status("Room 7/V3")], ["offline", "normal"]);
        await publish([["kiln/status", "online"]], false);
        await eventually(() => status("Kiln/Zone A") === "normal", () => status("Kiln/Zone A"));
        assert.deepEqual((await readings("Kiln/Zone A")).value.length, 1, "it is no reading");
        const { items: events } = await parts.events.list({ limit: 50 });
        assert.deepEqual(events.map(({ text }) => text), []);
        assert.equal(parts.rejects.total(), 0);
        const { id } = parts.registry.find("Room 7/V3")!;
        if (sabotaged("devices_forget")) {
          await parts.storage.db.write([
            { sql: "delete from entities" },
            { sql: "delete from devices" },
          ]);
        }
        await close();
        // At a broker that has kept nothing, nobody announces anything again.
        await using other = await startMosquitto();
        ({ app, close } = await start(other.port));
        parts = app.parts();
        await eventually(() => parts.sources[0].state().state === "connected", () => "connecting");
        const speaker = await connectAsync(`mqtt://127.0.0.1:${other.port}`);
        await speaker.publishAsync(...json("zig/room 7", { v3: 99 }), { qos: 1 });
        await speaker.endAsync();
        const sensor = () => parts.registry.find(id);
        await eventually(() => sensor()?.last?.value === 99, () => `${sensor()?.last?.value}`);
        await close();
      } finally {
        await client.endAsync();
        await Deno.remove(dataDir, { recursive: true });
      }
    },
  });
}

Deno.test("embedded broker: a state that was kept before its device is known is read then; of two with one id the first is heard", () =>
  withDeviceSite(async (site) => {
    const { parts } = site;
    const client = await connectAsync(`mqtt://127.0.0.1:${parts.broker!.port()}`);
    const publish = async ([topic, payload]: Message, retain = false) =>
      void await client.publishAsync(topic, payload, { qos: 1, retain });
    const config = (node: string, name: string, topic: string) =>
      json(`homeassistant/sensor/${node}/t/config`, {
        ...{ name: "T", uniq_id: "vat_t", stat_t: topic, val_tpl: "{{ value_json.t }}" },
        dev: { ids: [node], name },
      });
    await publish(json("vat/s", { t: 20.5 }), true);
    await publish(config("vat", "Vat", "vat/s"));
    const value = () => parts.registry.find("Vat/T")?.last?.value;
    await eventually(() => value() === 20.5, () => `${value()}`);
    await publish(config("vat2", "Other vat", "vat2/s"));
    await publish(config("vat2", "Other vat", "vat2/s"));
    await publish(json("vat2/s", { t: 99 }));
    await publish(json("vat/s", { t: 21 }));
    const values = [20.5, 21];
    assert.deepEqual(await site.values("Vat/T"), values);
    const { items } = await site.parts.events.list({ types: ["device.clash"], limit: 10 });
    assert.deepEqual(items.map(({ text }) => /^Vat and Other vat both/.test(text)), [true]);
    const { settings, access } = parts;
    const also = () => [access.audit.statement({ actor: systemActor("test"), ...CHANGE })];
    await settings.set("devices.home_assistant", false, "test", also);
    await publish(json("vat/s", { t: 22 }));
    assert.deepEqual(await site.values("Vat/T"), values);
    await settings.set("devices.home_assistant", true, "test", also);
    await publish(json("vat/s", { t: 23 }));
    assert.deepEqual(await site.values("Vat/T"), [...values, 23]);
    await client.endAsync();
  }));
