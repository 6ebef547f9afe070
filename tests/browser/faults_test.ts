/** In Chromium: the pages of faults, of a Perch that is well and of one that is not. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;

Deno.test({
  name:
    "browser: an admin pauses the intake, sees it on every page, resumes it and dismisses a fault",
  ignore: chromiumIsMissing(),
  async fn() {
    const under = await startApp();
    const browser = await startBrowser();
    try {
      const { access, events, healing, faults: perch } = under.app.parts();
      const [email, password] = ADMIN;
      await access.users.add({ email, role: "admin", password }, systemActor("test"));
      const { page, faults } = await visitor(browser, {
        url: under.url,
        viewport: PHONE,
        expected: /status of 400/,
      });
      await signIn(page, ...ADMIN);
      await page.goto("/more");
      await page.getByRole("link", { name: "Faults of Perch" }).click();
      await page.getByRole("heading", { name: "Perch finds nothing wrong with itself" }).waitFor();
      await assertEveryLook(page);
      await takePictures(page, "faults-none");

      await page.getByText("Pause a part").click();
      await page.locator("#pause-component").selectOption("intake");
      await page.locator("#pause-reason").fill("the broker moves");
      await page.getByRole("button", { name: "Pause it" }).click();
      await page.getByRole("heading", { name: "intake is paused" }).waitFor();
      const event = { severity: "warning", tMs: Date.now(), actor: null, body: null } as const;
      const text = "The backup failed: the disk has no room for it";
      await events.append({
        ...event,
        type: "backup.failed",
        subject: "backup",
        text,
        route: false,
      });
      await until("the fault", async () => {
        await perch.look();
        return perch.open().some(({ component }) => component === "backup") || null;
      });
      const healed =
        "The task thingspeak was started again and is well (it had failed: reset by peer)";
      healing.record("restart_task", "task:thingspeak", "worked", healed);
      await page.goto("/faults");
      await page.getByRole("heading", { name: "1 fault, medium; intake is paused" }).waitFor();
      for (const part of ["Pause a part", "Restart a task", "What it may do"]) {
        await page.getByText(part).click();
      }
      await assertEveryLook(page);
      await takePictures(page, "faults");
      await page.goto("/sensors");
      const banner = page.getByText("intake is paused by admin@example.org: the broker moves.");
      await banner.waitFor();
      await takePictures(page, "faults-banner");

      await page.goto("/faults");
      await page.getByRole("link", { name: text }).click();
      await page.getByRole("heading", { name: text }).waitFor();
      await assertEveryLook(page);
      await takePictures(page, "fault");
      await page.getByLabel("Why").fill("The disk is being replaced");
      await page.getByRole("button", { name: "Dismiss" }).click();
      await page.getByText("Dismissed (The disk is being replaced)").waitFor();

      await page.goto("/faults");
      await page.getByRole("button", { name: "Resume intake" }).click();
      await page.getByRole("heading", { name: "Perch finds nothing wrong with itself" }).waitFor();
      assert.equal(await banner.count(), 0);
      await page.getByRole("link", { name: "History" }).click();
      await page.getByRole("link", { name: /intake is paused by/ }).waitFor();
      await assertEveryLook(page);
      await takePictures(page, "faults-history");
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await under.close();
    }
  },
});
