/**
 * Tasmota, Shelly, rtl_433, OpenMQTTGateway and ChirpStack at a real mosquitto: what it keeps comes in any order, and
 * once more with each start. `SABOTAGE=device_identity` knows devices by their topics alone.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { WHOLE } from "../support/device_site.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const MAC = "020000000003";
const SHELLY = "shellyplus1pm-020000000004";
const EUI = "0000000000000001";
const TIME = "2026-03-01T09:00:00";
const UP = `application/1/device/${EUI}/event/up`;

/** Where the Tasmota device publishes, in the order in which its user wants it. */
const config = (topic: string, fullTopic: string) => ({
  ...{ ip: "192.0.2.7", dn: "Shop", fn: ["Pump", null], hn: "shop1", md: "Generic", sw: "14.2.0" },
  mac: sabotaged("device_identity") ? "020000000009" : MAC,
  ...{ ofln: "Offline", onln: "Online", state: ["OFF", "ON", "TOGGLE", "HOLD"] },
  ...{ t: topic, ft: fullTopic, tp: ["cmnd", "stat", "tele"], rl: [1, 0], ver: 1 },
});

/** The relays of both: they do what they are told, and say so as often as the real ones. */
async function connectRelays(url: string) {
  const client = await connectAsync(url);
  const told: string[] = [];
  client.on("message", (topic, payload) => {
    const text = payload.toString();
    told.push(`${topic} ${text}`);
    if (topic === "moved/cmnd/POWER") {
      client.publish("moved/stat/RESULT", JSON.stringify({ POWER: text }), { qos: 1 });
      client.publish("moved/stat/POWER", text, { qos: 1 });
      return;
    }
    const { id, params: { on } } = JSON.parse(text);
    const status = { id: 0, output: on, source: "mqtt" };
    const params = { ts: Date.now() / 1000, "switch:0": status };
    const answer = { id, src: SHELLY, dst: "perch", result: { was_on: !on } };
    client.publish("perch/rpc", JSON.stringify(answer), { qos: 1 });
    client.publish(
      `${SHELLY}/events/rpc`,
      JSON.stringify({ src: SHELLY, method: "NotifyStatus", params }),
      {
        qos: 1,
      },
    );
    client.publish(`${SHELLY}/status/switch:0`, JSON.stringify(status), { qos: 1 });
  });
  await client.subscribeAsync(["moved/cmnd/POWER", `${SHELLY}/rpc`], { qos: 1 });
  return { told, [Symbol.asyncDispose]: () => client.endAsync(true) };
}

type Sent = [topic: string, payload: unknown, retain?: boolean];

Deno.test({
  name:
    "devices of five dialects at a broker elsewhere: names, units, who can be reached; once, over a restart",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const dataDir = await Deno.makeTempDir({ prefix: "perch-dialects-" });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const publish = async (...messages: Sent[]) => {
      const client = await connectAsync(url);
      for (const [topic, payload, retain = false] of messages) {
        const text = typeof payload === "string" ? payload : JSON.stringify(payload);
        await client.publishAsync(topic, text, { qos: 1, retain });
      }
      await client.endAsync();
    };
    let marker = 0;
    async function started(work: () => Promise<void>) {
      const { app, url: perch, close } = await startApp({ PERCH_DATA: dataDir, MQTT_URL: url });
      const { registry, storage, sources, devices, commands, access } = app.parts();
      const source = () => sources[0].state();
      await eventually(() => source().state === "connected", () => source().detail);
      await work();
      await publish(["factory/end/marker/n", String(++marker)]);
      const marked = () => registry.find("end/marker/n")?.last?.value;
      await eventually(() => marked() === marker, () => `marker ${marked()}`);
      /** Switches what a sensor shows, as a person who may; how it ended. */
      const order = async (sensor: string, value: boolean) => {
        const wanted = { name: sensor, role: "engineer", scopes: ["command"] } as const;
        const { key } = await access.keys.add(wanted, systemActor("test"));
        const [target] = commands.targets.ofSensor(registry.find(sensor)!.num);
        const answer = await fetch(`${perch}/api/commands/targets/${target.id}`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          body: JSON.stringify({ value }),
        });
        const { id, detail } = await answer.json();
        assert.equal(answer.status, 201, detail);
        return await until(`the end of the order to ${sensor}`, async () => {
          const { state } = await commands.find(id);
          return state === "sent" ? null : state;
        });
      };
      return { registry, storage, devices, order, close };
    }
    const sensed = (celsius: number) => ({
      ...{ Time: TIME, AM2301: { Temperature: celsius, Humidity: 44.1 }, TempUnit: "C" },
    });

    // Kept by the broker before Perch is there, the list of sensors before who it is.
    await publish(
      ["tele/shop1/LWT", "Offline", true],
      [`tasmota/discovery/${MAC}/sensors`, { sn: sensed(1), ver: 1 }, true],
      [
        `tasmota/discovery/${config("", "").mac}/config`,
        config("shop1", "%prefix%/%topic%/"),
        true,
      ],
      [`${SHELLY}/online`, "true", true],
    );
    const switched = {
      ...{ src: SHELLY, dst: `${SHELLY}/events`, method: "NotifyStatus" },
      params: { ts: Date.now() / 1000, "switch:0": { id: 0, output: true, apower: 42.7 } },
    };
    const first = await started(() =>
      publish(
        ["tele/shop1/SENSOR", sensed(19.8)],
        ["stat/shop1/RESULT", { POWER: "ON" }],
        ["stat/shop1/POWER", "ON"],
        [`${SHELLY}/events/rpc`, switched],
        ["rtl_433/h/events", {
          ...{ time: "2026-03-01 09:00:00", model: "Own-TH", id: 42, channel: 1, battery_ok: 1 },
          temperature_C: 4.2,
        }],
        ["home/g/BTtoMQTT/02AA00000001", { id: "02:AA:00:00:00:01", name: "Silo", tempc: 5 }],
        [UP, {
          deviceInfo: { deviceName: "field", devEui: EUI },
          object: { level: 71.5 },
          fCnt: 1,
        }],
      )
    );
    const sensors = () =>
      first.registry.all().filter(({ name }) => !/^(?:end|perch)\//.test(name))
        .map(({ name, unit, last }) => `${name} = ${last?.value ?? "none"} ${unit ?? ""}`.trim());
    assert.deepEqual(sensors().sort(), [
      "Own-TH-1-42/Battery OK = 1",
      "Own-TH-1-42/Temperature = 4.2 °C",
      "Shop/Humidity = 44.1 %",
      "Shop/Pump = 1",
      "Shop/Temperature = 19.8 °C",
      "Silo/Temperature = 5 °C",
      "field/level = 71.5",
      `${SHELLY}/Power = 42.7 W`,
      `${SHELLY}/Switch = 1`,
    ]);
    const num = (name: string) => first.registry.find(name)!.num;
    const [temperature, power] = [num("Shop/Temperature"), num(`${SHELLY}/Power`)];
    assert.equal(first.devices.isUnavailable(temperature), true);
    // Its topic was asked for once it was known.
    const reached = () => first.devices.all().find(({ about }) => about.name === SHELLY)?.reach;
    await eventually(() => reached()?.available === true, () => JSON.stringify(reached()));
    assert.equal(first.devices.isUnavailable(power), false);
    await first.close();

    // Its topics are others now, and it is switched while Perch is away.
    await publish(
      ["tele/shop1/LWT", "", true],
      ["moved/tele/LWT", "Online", true],
      [`tasmota/discovery/${MAC}/config`, config("moved", "%topic%/%prefix%/"), true],
    );
    const second = await started(() => publish(["moved/tele/SENSOR", sensed(21)]));
    await using relays = await connectRelays(url);
    try {
      assert.equal(second.registry.all().length, first.registry.all().length);
      assert.equal(second.registry.find("Shop/Temperature")?.last?.value, 21);
      const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 100 };
      const values = async (sensor: number) => {
        const { value } = await second.storage.readings.raw({ sensor, ...range });
        return [...value];
      };
      assert.deepEqual(await values(temperature), [19.8, 21]);
      assert.deepEqual(await values(num("Shop/Pump")), [1]);
      assert.equal(second.devices.isUnavailable(temperature), false);

      assert.equal(await second.order("Shop/Pump", false), "confirmed");
      assert.equal(await second.order(`${SHELLY}/Switch`, false), "confirmed");
      assert.deepEqual(relays.told, [
        "moved/cmnd/POWER OFF",
        `${SHELLY}/rpc {"id":1,"src":"perch","method":"Switch.Set","params":{"id":0,"on":false}}`,
      ]);
      assert.deepEqual(await values(num("Shop/Pump")), [1, 0]);
      await publish([`${SHELLY}/online`, "false", true]);
      await eventually(() => second.devices.isUnavailable(power), () => "Shelly is reachable");
    } finally {
      await second.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
