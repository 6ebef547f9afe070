/** Safe mode in Chromium, in each look: what it says, and a restore by its form, to the sign-in. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startApp } from "../support/app.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { startPerch } from "../support/perch.ts";
import { ADMIN, copyPlant, fillPlant } from "../support/safe_plant.ts";

// What Chromium says of answers that are meant to be refusals.
const REFUSED = /status of (401|503)|ERR_CONNECTION_REFUSED/;

Deno.test({
  name: "safe mode: the page says what is wrong, and its form restores",
  ignore: chromiumIsMissing(),
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "perch-safe-" });
    const under = await startApp();
    const { archive } = await fillPlant(under);
    await under.app.stop();
    const browser = await startBrowser();
    try {
      const dir = join(root, "data");
      await copyPlant(under.dataDir, dir);
      Deno.truncateSync(join(dir, "perch.db"), 5_000);
      const perch = await startPerch({
        dataDir: dir,
        readyPath: "/health/live",
        env: { MQTT_PORT: "0" },
      });
      try {
        const { page, close } = await visitor(browser, {
          url: perch.url,
          viewport: PHONE,
          expected: REFUSED,
        });
        await page.goto("/");
        await page.getByRole("alert").filter({ hasText: "perch.db is damaged" }).waitFor();
        assert.ok(await page.getByText(`perch restore ${dir}/backups/${archive}`).count() > 0);
        await looks(page, "damaged");
        await page.getByLabel("Token").fill("wrong");
        await page.getByRole("button", { name: "Restore this backup" }).click();
        await page.getByText("is not valid").first().waitFor();
        await looks(page, "refused");
        const token = Deno.readTextFileSync(join(dir, "safe-mode-token")).trim();
        await page.getByLabel("Token").fill(token);
        await page.getByRole("button", { name: "Restore this backup" }).click();
        await page.getByText(/Restoring|is restored/).first().waitFor();
        await page.getByLabel("Email").waitFor({ timeout: 60_000 });
        await page.getByLabel("Email").fill(ADMIN.email);
        await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("navigation").first().waitFor();
        await close();
      } finally {
        assert.equal(await perch.stop(), 0);
      }
    } finally {
      await browser.close();
      await Deno.remove(root, { recursive: true });
      await Deno.remove(under.dataDir, { recursive: true });
    }
  },
});

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `safe-${name}`);
}
