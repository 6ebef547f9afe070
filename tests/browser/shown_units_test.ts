/** In Chromium: a guessed unit says so until it is confirmed; values, chart and live readings are in the preferred unit. */
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
  name: "shown units: confirmed by a click, converted on the page, live too",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      const { access, intake, registry, machines } = app.parts;
      await access.users.add(
        { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
        systemActor("test"),
      );
      const offer = (value: number) =>
        intake.offerBatch({
          ...{ source: "test", topic: "test", rejects: [] },
          drafts: [{ sensor: "hall/oven/temperature", value }],
        });
      await offer(20);
      const { id } = registry.find("hall/oven/temperature")!;
      const { page, faults, close } = await visitor(browser, { url: app.url });
      page.setDefaultTimeout(15_000);
      await signIn(page, ...ENGINEER);
      await page.goto(`${app.url}/sensors/${id}`);
      assert.equal(await page.textContent(".now-value .unit"), "°C?");
      await assertEveryLook(page);
      await takePictures(page, "units-guessed");
      await page.click("text=It is °C");
      await page.locator(".now-value .unit:text-is('°C')").waitFor();
      await machines.patchSensor(
        id,
        { display_unit: "°F" },
        (change) => access.audit.statement({ actor: systemActor("test"), ...change }),
      );
      await page.reload();
      await page.locator(".now-value:has-text('68.0')").waitFor();
      await offer(30);
      await page.locator(".now-value:has-text('86.0')").waitFor();
      await page.locator("dl.figures >> text=86.0").first().waitFor();
      await assertEveryLook(page);
      await takePictures(page, "units-shown");
      assert.deepEqual(faults, []);
      await close();
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
