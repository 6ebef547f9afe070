/**
 * A plant of 404 sensors in Chromium: no page is longer than six screens of a phone, none needs more than 60 kB of
 * script (the overview 30), and several things are changed at once.
 */
import assert from "node:assert/strict";
import type { Page, Response } from "playwright-core";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { ADMIN, GROWING_PAGES, plantOfManySensors } from "../support/many_sensors.ts";
import { takePictures } from "../support/looks.ts";

const SCREENS_MOST = 6;
const SCRIPT_MOST = 60_000;
const OVERVIEW_MOST = 30_000;

/** `SCALE_PRINT=1` says how long and heavy each page is. */
const PRINT = Deno.env.get("SCALE_PRINT") === "1";
/** Opens a page: how many screens it has, and how many bytes of script came for it. */
async function measured(page: Page, path: string): Promise<{ screens: number; script: number }> {
  const scripts = new Map<string, number>();
  const note = (response: Response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.endsWith(".js")) return;
    scripts.set(pathname, Number(response.headers()["content-length"]));
  };
  page.on("response", note);
  assert.equal((await page.goto(path))?.status(), 200, path);
  if (path.startsWith("/sensors/")) await page.locator(".u-over").waitFor();
  page.off("response", note);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  return {
    screens: height / PHONE.height,
    script: [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

Deno.test({
  name: "browser: with 404 sensors no page is long or heavy, and several things change at once",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await plantOfManySensors();
    const browser = await startBrowser();
    try {
      const { page, faults } = await visitor(browser, {
        url: app.url,
        viewport: PHONE,
        expected: /status of 400/,
      });
      await signIn(page, ...ADMIN);
      await page.locator("h1", { hasText: "2 machines need attention" }).waitFor();
      await page.getByText("39 machines normal").click();
      await page.locator("a.row.machine", { hasText: "Press 41" }).waitFor();
      await assertEveryLook(page);
      await takePictures(page, "scale-overview");
      await page.setViewportSize(PHONE);

      await page.goto("/machines");
      await page.getByRole("button", { name: "Confirm all 41" }).click();
      await page.getByText("41 machines were changed").waitFor();
      assert.ok(app.parts.registry.all().every(({ review }) => review === "confirmed"));

      await page.goto("/sensors?q=oil+level");
      await page.locator("h1", { hasText: "40 of 404 sensors" }).waitFor();
      await page.getByLabel("Select all 40").check();
      await page.getByText("Set limits").click();
      await page.getByLabel("Warning low").fill("60");
      await page.getByLabel("Critical low").fill("low");
      await page.getByRole("button", { name: "Set the limits" }).click();
      await page.getByText('"low" is not a number').waitFor();
      assert.equal(await page.getByLabel("Warning low").inputValue(), "60");
      await assertEveryLook(page);
      await takePictures(page, "scale-limits");
      await page.setViewportSize(PHONE);
      await page.getByLabel("Critical low").fill("");
      await page.getByRole("button", { name: "Set the limits" }).click();
      await page.getByText("40 sensors were changed").waitFor();
      const limits = app.parts.registry.all().filter(({ settings }) => settings.warning_low === 60);
      assert.equal(limits.length, 40);

      await page.goto("/tickets");
      await page.getByLabel(/^Select T-60 /).check();
      await page.getByLabel(/^Select T-59 /).check();
      await page.getByLabel("Assign to").selectOption({ label: "Ada" });
      await page.getByRole("button", { name: "Assign" }).click();
      await page.getByText("2 tickets were changed").waitFor();
      const mine = await app.ask(`/api/tickets?assignee=${encodeURIComponent(ADMIN[0])}`);
      assert.equal((await mine.json()).items.length, 2);

      const { id } = app.parts.registry.find("press-2/temperature")!;
      const machine = "/machines/hall-2/press-2";
      for (const path of [...GROWING_PAGES, machine, `/sensors/${id}`]) {
        const { screens, script } = await measured(page, path);
        if (PRINT) console.log(path, screens.toFixed(1), script);
        assert.ok(screens <= SCREENS_MOST, `${path} has ${screens.toFixed(1)} screens`);
        assert.ok(script > 0, `${path} has no script`);
        assert.ok(script <= (path === "/" ? OVERVIEW_MOST : SCRIPT_MOST), `${path}: ${script} B`);
      }
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
