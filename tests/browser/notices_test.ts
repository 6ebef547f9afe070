/** What a sensor's page and the sources say of devices that change their unit or whose clock is wrong. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { runApp } from "../support/app_client.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;
const PUMP = "hall-9/pump-1";

Deno.test({
  name:
    "browser: a changed unit and a wrong clock are said on a phone; the unit is converted by a button",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
        systemActor("test"),
      );
      const ahead = Date.now() + 40 * DAY_MS;
      await app.ingest([
        { machine: PUMP, sensor: "temp", value: 60, unit: "°C" },
        { machine: PUMP, sensor: "flow", value: 3.2, ts: ahead },
      ]);
      await app.ingest([{ machine: PUMP, sensor: "temp", value: 140, unit: "°F" }]);
      const sensor = app.parts.registry.find(`${PUMP}/temp`)!;
      const { page, faults } = await visitor(browser, { url: app.url, viewport: PHONE });
      await signIn(page, ...ENGINEER);
      await page.goto(`/sensors/${sensor.id}`);
      assert.match(await page.innerText("main"), /Now reports °F instead of °C/);
      assert.match(await page.innerText("main"), /The device's clock is 40 days ahead\./);
      await assertAccessible(page);
      await assertFits(page);
      await page.getByRole("button", { name: "Convert into °C from now on" }).click();
      await page.getByText("Readings in °F are converted into °C.").waitFor();
      await app.ingest([{ machine: PUMP, sensor: "temp", value: 158, unit: "°F" }]);
      assert.equal(app.parts.registry.find(`${PUMP}/temp`)!.last?.value, 70);
      await page.goto("/sources");
      assert.match(await page.innerText("#clocks + p + .scroll"), /40 days ahead/);
      await assertAccessible(page);
      await assertFits(page);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
