/**
 * A Sparkplug network and the whole of Perch: at its own broker, and at a mosquitto with a connection of its own.
 * `SABOTAGE=sparkplug_again` gives every birth another time: what is told again is then stored twice.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { encodeCommand } from "../../lib/sources/sparkplug/encode.ts";
import { decodePayload, type Payload } from "../../lib/sources/sparkplug/payload.ts";
import { type DeviceSite, withDeviceSite } from "../support/device_site.ts";
import { type EdgeMetric, type EdgeNode, edgeNode, edgePayload } from "../support/edge_node.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

interface One {
  status: string;
  last: { value: number; ts: number } | null;
}

const SPEED = { name: "Pump/Speed", alias: 10, type: 3, value: 1_450 };
const RUNNING = { name: "Pump/Running", alias: 11, type: 11, value: true };
const SENSOR = "Plant/Press/P1/Pump_Speed";

const said = (site: DeviceSite) => {
  const one = site.parts.registry.find(SENSOR);
  return `${site.names().join(", ")}: ${JSON.stringify(one?.last)} ${
    site.parts.sources.map((source) => source.state().detail).join(" ")
  }`;
};
const lastIs = (site: DeviceSite, value: number) =>
  eventually(() => site.parts.registry.find(SENSOR)?.last?.value === value, () => said(site));
const offline = (site: DeviceSite) =>
  site.parts.devices.isUnavailable(site.parts.registry.find(SENSOR)!.num);

async function births(node: EdgeNode, value = SPEED.value): Promise<void> {
  await node.birth([{ name: "Temperature", alias: 1, type: 10, value: 21.5 }]);
  await node.deviceBirth("P1", [{ ...SPEED, value }, RUNNING]);
}

async function life(site: DeviceSite, url: string): Promise<void> {
  await using node = await edgeNode(url, "Plant", "Press", 1);
  await births(node);
  await lastIs(site, 1_450);
  assert.deepEqual(site.names().filter((name) => name.startsWith("Plant/")), [
    "Plant/Press/P1/Pump_Running",
    SENSOR,
    "Plant/Press/Temperature",
  ]);
  assert.equal(offline(site), false);

  // The same once more is one reading, at its own time.
  const tMs = Date.now() - 1_000;
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  const send = async (metrics: EdgeMetric[], seq: number, historical = false) => {
    const at = sabotaged("sparkplug_again") ? tMs + seq : historical ? Date.now() : tMs;
    const payload = edgePayload(metrics, seq, at, historical);
    await client.publishAsync("spBv1.0/Plant/DDATA/Press/P1", Buffer.from(payload), { qos: 1 });
  };
  await send([{ alias: 10, value: 1_460 }], node.skip());
  await send([{ alias: 10, value: 1_460 }], node.skip());
  // What was so once is stored at its time and changes nothing of now, whatever its time is.
  await send([{ alias: 10, value: 9_999 }], node.skip(), true);
  while (!(await site.values(SENSOR)).includes(9_999)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.notEqual(site.parts.registry.find(SENSOR)!.last!.value, 9_999);
  await node.data("P1", [{ alias: 10, value: 1_461 }]);
  await lastIs(site, 1_461);
  await client.endAsync();
  assert.deepEqual(await site.values(SENSOR), [1_460, 1_450, 9_999, 1_461]);

  // A gap, nothing of which is lost but what never came.
  node.skip();
  await node.data("P1", [{ alias: 10, value: 1_470 }]);
  await lastIs(site, 1_470);
  await eventually(() => node.commands.length === 1, () => "no rebirth was asked for");
  await births(node, 1_480);
  await lastIs(site, 1_480);

  await ordered(site, node);

  node.crash();
  await eventually(() => offline(site), () => "its death was not heard");
  const one = await site.get<One>(`/api/sensors/${SENSOR}`);
  assert.equal(one.status, "offline");
  assert.equal(one.last?.value, 1_480);
}

/** An order to a device leaves as DCMD by name, and is confirmed by what the device says. */
async function ordered(site: DeviceSite, node: EdgeNode): Promise<void> {
  const { commands, registry, access } = site.parts;
  const target = commands.ofSensor(registry.find("Plant/Press/P1/Pump_Running")!);
  const { id } = await commands.order(target.id, false, {
    ...{ actor: "system:test", name: "the test", confirmed: true },
    audited: (change) => access.audit.statement({ actor: systemActor("test"), ...change }),
  });
  const told = () => node.commands.find(({ topic }) => topic === "spBv1.0/Plant/DCMD/Press/P1");
  await eventually(() => told() !== undefined, () => "no order came");
  const { payload, qos, retain } = told()!;
  const { tMs } = decodePayload(payload) as Payload;
  const order = { name: "Pump/Running", type: 11, value: false };
  assert.deepEqual([payload, qos, retain], [encodeCommand(order, tMs!), 0, false]);
  await node.data("P1", [{ alias: 11, value: false }]);
  let state = "";
  while (state !== "confirmed") {
    ({ state } = await site.get<{ state: string }>(`/api/commands/${id}`));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("sparkplug: a node at Perch's own broker, its births, data, gaps and death, and a restart", () =>
  withDeviceSite(async (site) => {
    const url = () => `mqtt://127.0.0.1:${site.parts.broker!.port()}`;
    await site.parts.settings.set("sparkplug.reorder_ms", 100, "test", () => []);
    await life(site, url());
    assert.match(
      site.parts.sources.map((source) => source.state().detail).join(),
      /as host perch; edge nodes online: 0 of 1, devices: 1, rebirths asked for: 1\./,
    );
    await site.restart();
    // Its state is there for nodes that wait for their host, and the sensors are the same.
    const client = await connectAsync(url(), { reconnectPeriod: 0 });
    const states: string[] = [];
    client.on("message", (_, payload) => states.push(payload.toString()));
    await client.subscribeAsync("spBv1.0/STATE/perch");
    await eventually(() => states.length === 1, () => "its state is not there");
    assert.match(states[0], /^{"online":true,"timestamp":\d+}$/);
    // Somebody says that it is gone.
    await client.publishAsync("spBv1.0/STATE/perch", '{"online":false,"timestamp":1}', { qos: 1 });
    await eventually(() => states.length === 3, () => states.join());
    assert.equal(states[2], states[0]);
    await client.endAsync();
    await using node = await edgeNode(url(), "Plant", "Press", 2);
    await births(node, 1_500);
    await lastIs(site, 1_500);
    assert.equal(site.names().filter((name) => name.startsWith("Plant/")).length, 3);
  }));

Deno.test({
  name: "sparkplug: a node at a mosquitto, where a person asks for it",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const url = `mqtt://127.0.0.1:${broker.port}`;
    await withDeviceSite(async (site) => {
      const { sources, settings } = site.parts;
      const names = () => sources.map(({ name }) => name).join();
      const switched = (on: boolean) => settings.set("devices.sparkplug", on, "test", () => []);
      assert.equal(names(), "mqtt");
      await settings.set("sparkplug.reorder_ms", 100, "test", () => []);
      await switched(true);
      await eventually(() => names() === "mqtt,sparkplug", names);
      await eventually(() => sources[1].state().state === "connected", () => said(site));
      await life(site, url);
      await switched(false);
      await eventually(() => names() === "mqtt", names);
    }, { MQTT_URL: url });
  },
});
