/** In Chromium: the tiers of the history in the settings, and one that would be kept too short. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { runApp } from "../support/app_client.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  DESKTOP,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const COUNT = 12_000;

Deno.test({
  name:
    "browser: the settings say what each tier of the history keeps, for how long, and holds now",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp({ RETENTION_DAYS: "30" });
    let browser: Browser | null = null;
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      const nowMs = Date.now();
      const readings = Array.from({ length: COUNT }, (_, i) => ({
        machine: "hall/press",
        sensor: "oil",
        value: i % 100,
        ts: nowMs - (COUNT - i) * 10 * 60_000,
      }));
      for (let i = 0; i < COUNT; i += 4_000) await app.ingest(readings.slice(i, i + 4_000));
      const kept = { keepMs: 40 * DAY_MS, keepMinutesMs: 60 * DAY_MS };
      while ((await app.parts.storage.readings.retain({ nowMs: nowMs + HOUR_MS, ...kept })).more);
      browser = await startBrowser();
      const { page, faults } = await visitor(browser, { url: app.url, expected: /status of 400/ });
      await signIn(page, ...ADMIN);
      await page.goto(`${app.url}/settings?section=keeping-readings`);
      const rows = await page.locator("table tbody tr").allInnerTexts();
      assert.match(rows[0], /Readings\s+each value with its time\s+30 days\s+[\d,.\s]+ readings/);
      assert.match(rows[1], /Minutes\s+.*\s+400 days\s+[\d,.\s]+ readings/);
      assert.match(rows[2], /Hours\s+.*\s+no limit\s+[\d,.\s]+ readings/);
      const field = page.getByLabel("Keep minutes for");
      await field.fill("20");
      await field.locator("xpath=ancestor::form").getByRole("button", { name: "Save" }).click();
      await page.getByText("give at least the 30 of retention.days").waitFor();
      await assertEveryLook(page);
      await takePictures(page, "tiers");
      await page.setViewportSize(DESKTOP);
      const oil = app.parts.registry.find("hall/press/oil")!;
      const [from, to] = [80, 0].map((days) =>
        new Date(nowMs - days * DAY_MS).toISOString().slice(0, 16)
      );
      await page.goto(`${app.url}/sensors/${oil.id}?from=${from}&to=${to}`);
      await page.getByText(
        /in steps of \d+ h; readings before \d{4}-\d{2}-\d{2} \d{2}:\d{2} are summed up/,
      )
        .first().waitFor();
      await takePictures(page, "tiers-sensor");
      assert.deepEqual(faults, []);
    } finally {
      await browser?.close();
      await app.stop();
    }
  },
});
