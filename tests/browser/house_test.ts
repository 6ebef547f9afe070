/**
 * A house in Chromium: a Zigbee2MQTT network, three Tasmotas, two Shellys, an ESPHome and a Sparkplug press speak at
 * one mosquitto; a person looks, and switches one; a job stops reporting, and somebody has a mail.
 */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  DESKTOP,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { HOUSEHOLD, SHELLY } from "../support/devices/household.ts";
import { edgeNode } from "../support/edge_node.ts";
import { takePictures } from "../support/looks.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { until } from "../support/until.ts";

/** Name, value, unit and reach of each, as they must be. */
const SENSORS = [
  "Cellar/Temperature = 12.5 °C, offline",
  "Freezer/Energy total = 41.573 kWh",
  "Freezer/Power = 102 W",
  "Freezer/Voltage = 231 V",
  "Kiln/Door = 0",
  "Kiln/Zone A = 873.5 °C",
  "Plant/Press/P1/Pump_Running = 1",
  "Plant/Press/P1/Pump_Speed = 1450 rpm",
  "Shop/Humidity = 44.1 %",
  "Shop/Pump = 1",
  "Shop/Temperature = 19.8 °C",
  "hall sensor/Humidity = 48.2 %",
  "hall sensor/Temperature = 20.71 °C",
  "plug a/Power = 41.2 W",
  "plug a/Switch = 1",
  "shelly1pm-00AA01/Power = 61.2 W",
  "shelly1pm-00AA01/Relay = 1",
  `${SHELLY}/Power = 42.7 W`,
  `${SHELLY}/Switch = 1`,
  `${SHELLY}/Voltage = 229.8 V`,
];
/** As they stand on the overview. */
const MACHINES = [
  "Cellar Temperature 12.5°C",
  "Freezer Energy total 41.6kWh",
  "Kiln Door off Zone A 873.5°C",
  "P1Plant · Press Pump Running on Pump Speed 1450rpm",
  "Shop Humidity 44.1% Pump on Temperature 19.8°C",
  "Hall sensor Humidity 48.2% Temperature 20.7°C",
  "Plug a Power 41.2W Switch on",
  "Shelly1pm 00AA01 Power 61.2W Relay on",
  "Shellyplus1pm 0200000000a4 Power 42.7W Switch on",
];
const GONE = ["Plant/Press/P1/Pump_Speed", "plug a/Power"];
const ENGINEER = ["engineer@example.org", "long enough"] as const;

/** The devices at the broker; the plug does what it is told. */
async function startHousehold(url: string) {
  const client = await connectAsync(url);
  const told: string[] = [];
  client.on("message", (topic, payload) => {
    told.push(`${topic} ${payload}`);
    client.publish("zigbee2mqtt/plug a", JSON.stringify({ state: "OFF", power: 0 }), { qos: 1 });
  });
  await client.subscribeAsync("zigbee2mqtt/plug a/set");
  for (const { topic, payload, retain } of HOUSEHOLD) {
    await client.publishAsync(topic, payload, { qos: 1, retain });
  }
  const press = await edgeNode(url, "Plant", "Press", 1);
  await press.birth();
  await press.deviceBirth("P1", [
    { name: "Pump/Speed", alias: 10, type: 3, value: 1_450, unit: "rpm" },
    { name: "Pump/Running", alias: 11, type: 11, value: true },
  ]);
  return {
    told,
    /** The press and the network of the plug go. */
    async crash() {
      press.crash();
      await client.publishAsync("zigbee2mqtt/bridge/state", '{"state":"offline"}', { qos: 1 });
    },
    async [Symbol.asyncDispose]() {
      await press[Symbol.asyncDispose]();
      await client.endAsync(true);
    },
  };
}

/** Sensors with value, unit, and whether their device can be reached, as the API tells them. */
async function sensorsOf({ ask }: RunningApp) {
  const answer = await ask("/api/sensors?limit=500");
  // deno-lint-ignore no-explicit-any
  const { items }: { items: any[] } = await answer.json();
  return items.filter(({ name }) => !name.startsWith("perch/"))
    .map(({ name, unit, last, status }) =>
      `${name} = ${last?.value ?? "none"} ${unit ?? ""}`.trim() +
      (status === "offline" ? ", offline" : "")
    ).sort();
}

Deno.test({
  name:
    "a house: devices of five kinds and a press by name, unit and reach; one switched; one mail",
  ignore: chromiumIsMissing() || !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const smtp = await startSmtp();
    const app = await runApp({
      ...{ MQTT_URL: url, SMTP_SERVER: "127.0.0.1", SMTP_PORT: String(smtp.port) },
      ...{ SENDER_EMAIL: "perch@example.org", RECIPIENT_EMAIL: "house@example.org" },
      OUTGOING_NETWORKS: "127.0.0.0/8",
    });
    const { access, alarms, devices, registry, settings, sources, statuses } = app.parts;
    const browser = await startBrowser();
    try {
      const [email, password] = ENGINEER;
      await access.users.add({ email, role: "engineer", password }, systemActor("test"));
      await settings.set("devices.sparkplug", true, "test", () => []);
      await until(
        "it is connected as a host too",
        () =>
          sources.length === 2 && sources.every((one) => one.state().state === "connected") || null,
      );
      await using household = await startHousehold(url);
      await until(
        "everything is known",
        async () => (await sensorsOf(app)).length >= SENSORS.length || null,
      );
      statuses.tick();
      assert.deepEqual(await sensorsOf(app), SENSORS);

      const { page, faults, close } = await visitor(browser, { url: app.url });
      const look = async (name: string) => {
        await assertEveryLook(page);
        await takePictures(page, `house-${name}`);
        await page.setViewportSize(DESKTOP);
      };
      const inOneLine = async (selector: string) =>
        (await page.innerText(selector)).replace(/\s+/g, " ");
      await signIn(page, ...ENGINEER);
      await page.locator("section.card", { hasText: "Kiln" }).waitFor();
      const overview = await inOneLine("main");
      for (const machine of MACHINES) {
        assert.ok(overview.includes(machine), `${machine}: ${overview}`);
      }
      await look("overview");
      await page.goto("/sources");
      const seen = await inOneLine("section[aria-labelledby=dialects]");
      for (const dialect of ["Zigbee2MQTT", "Tasmota", "Shelly", "ESPHome", "Sparkplug"]) {
        assert.ok(seen.includes(dialect), `${dialect} in ${seen}`);
      }
      for (const way of ["/probes", "/hardware"]) {
        assert.equal(await page.locator(`main a[href='${way}']`).count(), 1, way);
      }
      await look("sources");
      await page.goto("/machines/Cellar");
      assert.match(await inOneLine("section[aria-labelledby=device]"), /Tasmota.*offline/i);

      await page.goto("/machines/plug%20a");
      await page.click("[aria-label='Switch Switch off']");
      await page.getByText("off: confirmed").waitFor();
      assert.deepEqual(household.told, ['zigbee2mqtt/plug a/set {"state": "OFF"}']);
      assert.equal(registry.find("plug a/Switch")?.last?.value, 0);
      await look("plug");

      const answer = await app.ask("/api/probes", {
        ...{ role: "admin", method: "POST", headers: { "content-type": "application/json" } },
        body: JSON.stringify({
          ...{ name: "Backup", kind: "heartbeat", machine: "Server", options: { grace_s: 0 } },
          settings: { every_s: 1, severity: "critical" },
        }),
      });
      const { address } = await answer.json();
      assert.equal((await fetch(address)).status, 204);
      const { mail } = await until("a mail", () => smtp.mails[0] ?? null);
      assert.match(mail.subject!, /Backup is down: It has not reported for/);
      assert.deepEqual(alarms.open().map(({ machine }) => machine), ["Server"]);
      await page.goto("/alarms");
      await page.getByText("Backup is down").first().waitFor();
      await look("alarm");

      await household.crash();
      await until(
        "neither can be reached",
        () => GONE.every((sensor) => devices.isUnavailable(registry.find(sensor)!.num)) || null,
      );
      await page.goto("/machines/Plant/Press/P1");
      await page.getByText(/offline/i).first().waitFor();
      await look("press");
      assert.equal(smtp.mails.length, 1, "what goes with its broker is no alarm");
      assert.deepEqual(faults, []);
      await close();
    } finally {
      await browser.close();
      await app.stop();
      await smtp.close();
    }
  },
});
