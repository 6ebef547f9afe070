/** In Chromium: a sensor is computed from two others, looked at before it is saved, and changed. */
import assert from "node:assert/strict";
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

const ENGINEER = ["engineer@example.org", "long enough"] as const;

Deno.test({
  name: "computed: chosen, previewed, saved, and shown with what it comes from",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
        systemActor("test"),
      );
      const now = Date.now();
      const drafts = Array.from({ length: 240 }, (_, i) => [
        {
          sensor: "hall/oven/inside",
          tMs: now - (240 - i) * 30_000,
          value: 180 + 9 * Math.sin(i / 20),
          unit: "°C",
        },
        {
          sensor: "hall/oven/outside",
          tMs: now - (240 - i) * 30_000,
          value: 21 + i / 100,
          unit: "°C",
        },
      ]).flat();
      await app.parts.intake.offerBatch({ source: "test", topic: "test", drafts, rejects: [] });
      const { page, faults, close } = await visitor(browser, { url: app.url });
      page.setDefaultTimeout(15_000);
      await signIn(page, ...ENGINEER);
      const look = async (name: string) => {
        await assertEveryLook(page);
        await takePictures(page, `computed-${name}`);
      };
      await page.goto("/more");
      await page.click("a:text-is('Computed sensors')");
      await look("none");
      await page.click("text=New computed sensor");
      await look("ways");
      await page.click("main >> text=Difference");
      await page.fill("#name", "hall/oven/lost");
      await page.fill("#sensor_0", "hall/oven/inside");
      await page.fill("#sensor_1", "hall/oven/no_such");
      await page.click("button:text('Preview')");
      await page.locator("#sensor_1-error").waitFor();
      assert.match(await page.textContent("#sensor_1-error") ?? "", /^There is no sensor/);
      await page.fill("#sensor_1", "hall/oven/outside");
      await page.click("button:text('Preview')");
      await page.locator("#preview-card").waitFor();
      assert.match(await page.textContent("#preview-card") ?? "", /240 results/);
      await look("preview");
      await page.click("button:text('Save')");
      await page.locator("#lineage").waitFor();
      await look("sensor");
      await page.click("text=Change how it is computed");
      await page.locator("#stale_min").waitFor();
      await look("change");
      await page.goto(`${app.url}/computed`);
      await page.locator("text=One sensor is computed from others").waitFor();
      await look("list");
      await page.goto(`${app.url}/computed/add?how=expression`);
      await page.fill("#sensor_0", "hall/oven/inside");
      await page.fill("#expression", "a *");
      await page.fill("#name", "hall/oven/twice");
      await page.click("button:text('Save')");
      await page.locator("#expression-error").waitFor();
      await look("expression");
      // The browser says of a refused form that it was.
      assert.deepEqual(faults.filter((fault) => !/400/.test(fault)), []);
      await close();
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
