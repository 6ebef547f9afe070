/** Predictions and models in a browser: trained by hand, explained, with and without script. */
import assert from "node:assert/strict";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";

Deno.test({
  name: "browser: models are trained by hand, predictions explained, accessible, without script",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-browser-" });
    const env = { PERCH_PORT: String(freePort()), MQTT_PORT: String(freePort()) };
    const perch = await startPerch({ dataDir, env, args: ["sim", "--history", "2"] });
    const browser = await startBrowser();
    try {
      const { url } = perch;
      const admin = await visitor(browser, { url, script: false });
      await signIn(admin.page, "admin@example.com", "admin123");
      await admin.page.goto("/models");
      await admin.page.click(
        'button:has-text("Retrain Press 1"), ' +
          'button:has-text("Train Press 1")',
      );
      await admin.page.waitForSelector("text=/Model 1, trained/", { timeout: 60_000 });
      assert.deepEqual(admin.faults, []);
      await admin.close();
      const { page, faults } = await visitor(browser, { url });
      await signIn(page, "viewer@example.com", "viewer123");
      for (const path of ["/models", "/predictions", "/predictions?class=critical"]) {
        await page.goto(path);
        await assertEveryLook(page);
        assert.equal(await page.locator("button:has-text('Train')").count(), 0);
      }
      await page.goto("/predictions");
      await page.waitForSelector("table a");
      await page.click("table a");
      await page.waitForSelector(".parts li");
      await assertEveryLook(page);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await perch.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
