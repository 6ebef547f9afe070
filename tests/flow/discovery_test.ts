/**
 * Home Assistant's discovery at a real mosquitto: a Zigbee2MQTT network of 600 entities that is kept by the broker, an
 * ESPHome node, a device that announces itself when it is asked. `SABOTAGE=discovery_topics` gives every announcement
 * an id of its own, as if topics were identities.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { startApp } from "../support/app.ts";
import { WHOLE } from "../support/device_site.ts";
import { fastClock } from "../support/fast_clock.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

type Sent = [topic: string, payload: unknown, retain?: boolean];

const DEVICES = 60;
const PROPERTIES = [
  "temperature",
  "humidity",
  ...Array.from({ length: 8 }, (_, i) => `value_${i}`),
];
let times = 0;

const ieee = (device: number) => `0x02000000000000${device.toString(16).padStart(2, "0")}`;
const nameOf = (device: number) => `room ${device}`;

/** What Zigbee2MQTT announces of a property. */
function announced(device: number, property: string): Sent {
  const base = `zigbee2mqtt/${nameOf(device)}`;
  const state = "{{ value_json.state }}";
  const id = sabotaged("discovery_topics")
    ? `${times++}`
    : `${ieee(device)}_${property}_zigbee2mqtt`;
  return [`homeassistant/sensor/${ieee(device)}/${property}/config`, {
    availability: [
      { topic: "zigbee2mqtt/bridge/state", value_template: state },
      { topic: `${base}/availability`, value_template: state },
    ],
    availability_mode: "all",
    device: {
      identifiers: [`zigbee2mqtt_${ieee(device)}`],
      name: nameOf(device),
      manufacturer: "Own",
    },
    origin: { name: "Zigbee2MQTT", sw: "2.1.0" },
    ...{ name: property, unique_id: id, state_topic: base, unit_of_measurement: "°C" },
    value_template: `{{ value_json["${property}"] }}`,
  }, true];
}

const states = (device: number, first: number): Sent => [
  `zigbee2mqtt/${nameOf(device)}`,
  {
    ...Object.fromEntries(PROPERTIES.map((name, i) => [name, first + i])),
    last_seen: 5,
    update: {},
  },
  true,
];
const press: Sent = ["homeassistant/device/press7/config", {
  dev: { ids: "press7", name: "Press 7" },
  o: { name: "ownfw" },
  stat_t: "press7/state",
  cmps: {
    t: {
      p: "sensor",
      uniq_id: "p7_t",
      name: "Oil",
      unit_of_meas: "°C",
      val_tpl: "{{ value_json.t }}",
    },
    run: {
      ...{ p: "binary_sensor", uniq_id: "p7_run", name: "Runs", val_tpl: "{{ value_json.run }}" },
      ...{ pl_on: true, pl_off: false },
    },
  },
}];
const kiln: Sent[] = [
  ["kiln/sensor/zone_a/state", "873.5", true],
  ["kiln/status", "online", true],
  ["homeassistant/sensor/kiln/zone_a/config", {
    ...{ name: "Zone A", uniq_id: "k1", stat_t: "kiln/sensor/zone_a/state", avty_t: "kiln/status" },
    ...{ unit_of_meas: "°C", dev: { ids: "020000000005", name: "kiln" } },
  }, true],
];

Deno.test({
  name:
    "discovery at a broker elsewhere: 603 entities, each once, whatever comes first and over a restart",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const dataDir = await Deno.makeTempDir({ prefix: "perch-discovery-" });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const house = await connectAsync(url);
    const publish = (messages: readonly Sent[]) =>
      Promise.all(
        messages.map(([topic, payload, retain = false]) =>
          house.publishAsync(
            topic,
            typeof payload === "string" ? payload : JSON.stringify(payload),
            {
              ...{ qos: 1, retain },
            },
          )
        ),
      );
    // One that retains nothing says who it is when somebody asks.
    await house.subscribeAsync("homeassistant/status");
    house.on(
      "message",
      () => void publish([press, ["press7/state", { t: 48.25, run: true }, true]]),
    );
    const start = async () => {
      const env = { PERCH_DATA: dataDir, MQTT_URL: url };
      const { app, close } = await startApp(env, { clock: fastClock(20) });
      return { ...app.parts(), close };
    };
    const value = ({ registry }: Awaited<ReturnType<typeof start>>, name: string) =>
      registry.find(name)?.last?.value;

    const all = Array.from({ length: DEVICES }, (_, device) => device);
    await publish([
      ...all.map((device) => states(device, 20)),
      ["zigbee2mqtt/bridge/state", { state: "online" }, true],
      ["zigbee2mqtt/room 3/availability", { state: "offline" }, true],
      ["zigbee2mqtt/room 4/availability", { state: "online" }, true],
      ...all.flatMap((device) => PROPERTIES.map((property) => announced(device, property))),
      ...kiln,
    ]);
    const first = await start();
    const known = () => first.registry.all().filter(({ name }) => !name.startsWith("perch/"));
    const count = DEVICES * PROPERTIES.length + 3;
    const read = () => known().filter(({ last }) => last !== null).length;
    await eventually(() => read() >= count, () => `${read()} of ${count} have a value`);
    assert.equal(known().length, count);
    assert.deepEqual(
      ["room 7/temperature", "kiln/Zone A", "Press 7/Oil", "Press 7/Runs"].map((name) =>
        value(first, name)
      ),
      [20, 873.5, 48.25, 1],
    );
    // A house that comes at once is no storm: nothing is to be looked at one by one.
    const { items } = await first.events.list({ limit: 200 });
    assert.ok(items.length < 20, items.map(({ text }) => text).join("\n"));
    assert.equal(first.alarms.open().length, 0);
    const num = (name: string) => first.registry.find(name)!.num;
    const [third, fourth] = [num("room 3/temperature"), num("room 4/temperature")];
    assert.equal(first.devices.isUnavailable(third), true);
    assert.equal(first.devices.isUnavailable(fourth), false);
    const dialects = first.devices.all().map(({ dialect }) => dialect);
    const many = (name: string) => dialects.filter((one) => one === name).length;
    assert.deepEqual([many("zigbee2mqtt"), many("esphome"), many("home_assistant")], [
      DEVICES,
      1,
      1,
    ]);
    await first.close();

    // Announced again under a new name, with a new value, while Perch is away.
    await publish([
      ...PROPERTIES.map((property) => announced(7, property)),
      states(7, 30),
    ]);
    const second = await start();
    try {
      await eventually(() => value(second, "room 7/temperature") === 30, () => "room 7");
      await eventually(
        () => second.devices.isUnavailable(third) && !second.devices.isUnavailable(fourth),
        () => "availability after the restart",
      );
      const names = second.registry.all().filter(({ name }) => !name.startsWith("perch/"));
      assert.equal(names.length, count);
      const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 100 };
      const { value: kept } = await second.storage.readings.raw({ sensor: third, ...range });
      assert.deepEqual([...kept], [20]);
    } finally {
      await second.close();
      await house.endAsync();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
