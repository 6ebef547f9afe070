/** In Chromium: history is chosen, estimated, exported with progress and downloaded; without script too. */
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

const VIEWER = ["viewer@example.org", "long enough"] as const;

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `export-${name}`);
}

async function fill(app: RunningApp): Promise<void> {
  const nowMs = Date.now();
  for (const sensor of ["temperature", "pressure"]) {
    await app.ingest(
      Array.from({ length: 500 }, (_, i) => ({
        ...{ machine: "hall-1/press-3", sensor, ts: nowMs - (i + 1) * 60_000, value: i % 50 },
        unit: sensor === "temperature" ? "°C" : "bar",
      })),
    );
  }
}

/** A person without script: names sensors, sees how much it is, orders, and finds the file after a reload. */
async function withoutScript(app: RunningApp, browser: Awaited<ReturnType<typeof startBrowser>>) {
  const { page, faults, close } = await visitor(browser, {
    url: app.url,
    viewport: PHONE,
    script: false,
  });
  await signIn(page, ...VIEWER);
  await page.goto("/export");
  await page.getByLabel("Sensor", { exact: true }).fill("press-3/temperature");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("hall-1/press-3/temperature", { exact: true }).waitFor();
  await page.getByLabel("Another sensor").fill("nothing/there");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "nothing/there" }).waitFor();
  await page.getByLabel("Another sensor").fill("press-3/pressure");
  await page.keyboard.press("Enter");
  await page.getByText("About 1.0 k rows").waitFor();
  await page.getByRole("button", { name: "Remove hall-1/press-3/pressure" }).click();
  await page.getByText("About 500 rows").waitFor();
  await page.getByRole("radio", { name: /^CSV for decimal commas/ }).check();
  await page.getByRole("button", { name: "Start the export" }).click();
  const file = page.getByRole("link", { name: /^Download perch-hall-1-press-3-temperature-/ });
  while (await file.count() === 0) await page.goto("/export");
  const [download] = await Promise.all([page.waitForEvent("download"), file.click()]);
  const lines = (await Deno.readTextFile(await download.path())).trimEnd().split("\r\n");
  assert.equal(lines.length, 501);
  assert.match(lines[0], /^\uFEFF?time;local_time;sensor;value;unit;note$/);
  assert.deepEqual(faults, []);
  await close();
}

Deno.test({
  name: "browser: history is chosen, estimated, exported and downloaded, with script and without",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: VIEWER[0], role: "viewer", password: VIEWER[1] },
        systemActor("test"),
      );
      const { page, faults, close } = await visitor(browser, { url: app.url, viewport: PHONE });
      await signIn(page, ...VIEWER);
      await page.goto("/more");
      await page.getByRole("link", { name: "Export" }).click();
      await page.getByRole("heading", { level: 1, name: "There is nothing to export yet" })
        .waitFor();
      await looks(page, "empty");
      await fill(app);
      await page.goto("/machines/hall-1/press-3");
      await page.getByRole("link", { name: "Export its history" }).click();
      await page.getByText("About 1.0 k rows").waitFor();
      await looks(page, "form");
      await page.getByLabel("Another sensor").or(page.getByLabel("Sensor", { exact: true }))
        .fill("press-3/heat");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: "press-3/heat" }).waitFor();
      await looks(page, "wrong");
      await page.goto("/export?machine=press-3");
      // One waits, so that what is under way is seen at rest.
      await app.parts.jobs.rest(true);
      await page.getByRole("radio", { name: /^Parquet/ }).check();
      await page.getByRole("button", { name: "Start the export" }).click();
      await page.getByText("Waiting for its turn").waitFor();
      await looks(page, "waiting");
      await app.parts.jobs.rest(false);
      await page.getByRole("link", { name: /^Download perch-.*\.parquet/ }).waitFor();
      await looks(page, "done");
      const events = await page.getByRole("link", { name: /Download the events/ })
        .getAttribute("href");
      assert.equal((await app.ask(events!)).status, 200);
      await page.getByRole("button", { name: /^Delete/ }).click();
      await page.getByText("No exports yet").waitFor();
      assert.deepEqual(faults, []);
      await close();
      await withoutScript(app, browser);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
