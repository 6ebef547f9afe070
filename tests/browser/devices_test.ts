/** Devices that announced themselves, as a person meets them: on the overview, on their machine's page, on Sources. */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { until } from "../support/until.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;

const discovered = (key: string, more: object) =>
  [
    `homeassistant/sensor/press7/${key}/config`,
    JSON.stringify({
      ...{ uniq_id: `press7_${key}`, stat_t: "press7/state", avty_t: "press7/alive" },
      val_tpl: `{{ value_json.${key} }}`,
      dev: { ids: ["press7"], name: "Press 7", mf: "Own", mdl: "N1", sn: "X-7", sw: "3.1" },
      ...more,
    }),
  ] as const;

Deno.test({
  name:
    "devices: what one is, what it says of itself, and what is not kept until somebody wants it",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
        systemActor("test"),
      );
      const client = await connectAsync(`mqtt://127.0.0.1:${app.parts.broker!.port()}`);
      const publish = (topic: string, payload: string) =>
        client.publishAsync(topic, payload, { qos: 1 });
      const [temperature, signal, hours] = [
        discovered("temp", { name: "Temperature", unit_of_meas: "°C", sug_dsp_prc: 1 }),
        discovered("rssi", { name: "Signal", unit_of_meas: "dBm", ent_cat: "diagnostic" }),
        discovered("hours", { name: "Run time", unit_of_meas: "h", en: false }),
      ];
      for (const [topic, payload] of [temperature, signal, hours]) await publish(topic, payload);
      await publish("press7/state", '{"temp":48.25,"rssi":-61,"hours":1200}');
      await publish("press7/state", "broken");
      const { page, faults, close } = await visitor(browser, { url: app.url });
      await signIn(page, ...ENGINEER);
      const card = page.locator("section.card", { hasText: "Press 7" });
      await card.locator("text=Temperature").waitFor();
      assert.equal(await card.locator("text=Signal").count(), 0, "it is about the device itself");

      await publish("press7/alive", "offline");
      await until("offline", () => app.parts.devices.all()[0].reach.available === false || null);
      app.parts.statuses.tick();
      await page.goto("/machines/Press%207");
      const device = page.locator("section[aria-labelledby=device]");
      assert.match(
        (await device.innerText()).replace(/\s+/g, " "),
        /Seen as Home Assistant .*Own N1.*X-7.*3\.1.*offline/i,
      );
      await page.click("text=1 sensor about the device itself");
      await page.locator("text=Signal").first().waitFor();
      await page.click("text=1 value is measured and not kept");
      await assertEveryLook(page);
      await takePictures(page, "devices-machine");
      await page.click("text=Keep it");
      await page.waitForLoadState();
      await publish("press7/state", '{"temp":48.5,"rssi":-61,"hours":1201}');
      await page.goto("/machines/Press%207");
      await page.locator("#sensors ~ *", { hasText: "Run time" }).first().waitFor();

      await page.goto("/sources");
      const row = page.locator("section[aria-labelledby=dialects] tr", { hasText: "discovery" });
      assert.match((await row.innerText()).replace(/\s+/g, " "), /Home Assistant.* 1 \d+ 0 /);
      await assertEveryLook(page);
      await takePictures(page, "devices-sources");
      assert.deepEqual(faults, []);
      await client.endAsync();
      await close();
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
