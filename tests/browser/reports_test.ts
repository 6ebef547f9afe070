/** In Chromium: a report is looked at, ordered, followed, downloaded; and set up to come by itself. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;
/** A mail server that is never asked. */
const SMTP = {
  SMTP_SERVER: "127.0.0.1",
  SMTP_PORT: "1",
  SENDER_EMAIL: "perch@example.org",
  RECIPIENT_EMAIL: "plant@example.org",
};

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `reports-${name}`);
}

async function fill(app: RunningApp): Promise<void> {
  const nowMs = Date.now();
  for (const sensor of ["temperature", "pressure"]) {
    await app.ingest(
      Array.from({ length: 576 }, (_, i) => ({
        ...{ machine: "hall-1/press-3", sensor, ts: nowMs - (i + 1) * 300_000, value: 40 + i % 50 },
        unit: sensor === "temperature" ? "°C" : "bar",
      })),
    );
  }
}

Deno.test({
  name: "browser: a report is looked at, made, downloaded, and set up to come by itself",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp(SMTP);
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
        systemActor("test"),
      );
      await fill(app);
      const { page, faults, close } = await visitor(browser, {
        url: app.url,
        viewport: PHONE,
        expected: /status of 400/,
      });
      await signIn(page, ...ENGINEER);
      await page.goto("/more");
      await page.getByRole("link", { name: "Reports", exact: true }).click();
      await page.getByText("No reports yet").waitFor();
      await looks(page, "empty");
      await page.getByLabel("Range").selectOption("custom");
      await page.getByRole("button", { name: "Make the report" }).click();
      await page.getByRole("alert").filter({ hasText: "choose a day" }).waitFor();
      await page.getByLabel("Range").selectOption("yesterday");
      await page.getByLabel("Machines or areas").fill("hall-9");
      await page.getByRole("button", { name: "Preview" }).click();
      await page.getByRole("alert").filter({ hasText: "no machine or area “hall-9”" }).waitFor();
      await page.getByLabel("Machines or areas").fill("hall-1");
      await page.getByRole("button", { name: "Preview" }).click();
      await page.getByRole("heading", { name: "Sensor summary" }).waitFor();
      assert.ok(await page.locator("svg.report-chart").count() > 0, "charts");
      await looks(page, "preview");
      // It waits, so that what is under way is seen at rest.
      await app.parts.jobs.rest(true);
      await page.getByRole("button", { name: "Make the report" }).click();
      await page.getByText("Waiting for its turn").waitFor();
      await looks(page, "waiting");
      await app.parts.jobs.rest(false);
      const file = page.getByRole("link", { name: /^Download perch-.*-hall-1-.*\.pdf/ });
      await file.waitFor();
      const [download] = await Promise.all([page.waitForEvent("download"), file.click()]);
      assert.match(await Deno.readTextFile(await download.path()), /^%PDF-1\.7/);
      await looks(page, "done");
      await page.getByRole("link", { name: /^Report .*, PDF/ }).click();
      await page.getByRole("heading", { name: "Sensor summary" }).waitFor();
      await looks(page, "one");

      await page.goto("/report-schedules");
      await page.getByLabel("Name").fill("Every Monday");
      await page.getByRole("button", { name: "Set it up" }).click();
      await page.getByRole("alert").filter({ hasText: "choose at least one" }).waitFor();
      await looks(page, "schedule-wrong");
      await page.getByRole("group", { name: "Mail it by" }).getByRole("checkbox").first().check();
      await page.getByRole("button", { name: "Set it up" }).click();
      await page.getByText("Mondays at 06:00").waitFor();
      await page.getByRole("button", { name: "Pause Every Monday" }).click();
      await page.getByText("All schedules are paused").waitFor();
      await page.getByRole("link", { name: "Edit Every Monday" }).click();
      await page.getByLabel("How often").selectOption("cron");
      await page.getByLabel("Cron").fill("*/5 * * * *");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: "once an hour" }).waitFor();
      await page.getByLabel("Cron").fill("0 6,18 * * 1-5");
      await page.getByLabel("Switched on").check();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("By cron: 0 6,18 * * 1-5").waitFor();
      await looks(page, "schedules");
      await page.getByRole("button", { name: "Send now: Every Monday" }).click();
      await page.getByText("Ordered").first().waitFor();
      await page.goto("/report-schedules");
      await page.getByRole("button", { name: "Delete Every Monday" }).click();
      await page.getByText("No report comes by itself").waitFor();
      assert.deepEqual(faults, []);
      await close();
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
