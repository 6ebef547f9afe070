/** Several sensors over one range, as a person puts them together and sends the address on. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  DESKTOP,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { runApp } from "../support/app_client.ts";
import { takePictures } from "../support/looks.ts";

const VIEWER = ["viewer@example.org", "long enough"] as const;

Deno.test({
  name:
    "browser: sensors are compared in one chart or beneath each other, and the address is the view",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: VIEWER[0], role: "viewer", password: VIEWER[1] },
        systemActor("test"),
      );
      const nowMs = Date.now();
      await app.ingest(
        Array.from({ length: 180 }, (_, i) => nowMs - i * 20_000).flatMap((ts) => [
          { machine: "hall-1/press-3", sensor: "temperature", value: 61.5, unit: "°C", ts },
          { machine: "hall-1/press-3", sensor: "oil_level", value: 80, unit: "%", ts },
          { machine: "hall-2/mixer-1", sensor: "temperature", value: 40, unit: "°C", ts },
        ]),
      );
      const { page, faults, context } = await visitor(browser, {
        url: app.url,
        viewport: DESKTOP,
      });
      await signIn(page, ...VIEWER);
      await page.goto("/compare");
      const add = async (text: string) => {
        await page.fill("[name=add]", text);
        await page.getByRole("button", { name: "Add", exact: true }).click();
      };
      await add("temperature");
      await page.getByText("fits 2 sensors").waitFor();
      await add("press 3 temperature");
      await page.locator("h1", { hasText: /^Press 3 temperature$/ }).waitFor();
      await add("oil level");
      await page.locator("h1", { hasText: "Press 3 temperature, Press 3 oil level" }).waitFor();
      await add("mixer temperature");
      await page.waitForSelector(".u-over");
      assert.equal(await page.locator(".u-over").count(), 1, "all in one chart");
      const axes = () => page.locator(".compared tbody tr").allInnerTexts();
      assert.match((await axes())[0], /Press 3 temperature\s+61\.5\s+61\.5\s+61\.5\s+°C/);
      await assertEveryLook(page);
      await takePictures(page, "compare-overlaid");

      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: "light" });
      await page.getByRole("link", { name: "Beneath each other" }).click();
      await page.waitForFunction(() => document.querySelectorAll(".u-over").length === 3);
      const box = (await page.locator(".u-over").first().boundingBox())!;
      const at = (share: number) => box.x + box.width * share;
      await page.mouse.move(at(0.5), box.y + 40);
      await page.mouse.down();
      await page.mouse.move(at(0.75), box.y + 40, { steps: 4 });
      await page.mouse.up();
      await page.waitForSelector('button:has-text("Back to live")');
      const head = await page.innerText(".chart-head .muted");
      const { searchParams } = new URL(page.url());
      const [from, to] = ["from", "to"].map((name) => Date.parse(searchParams.get(name)!));
      assert.ok(Math.abs(to - from - 15 * MINUTE_MS) < MINUTE_MS, page.url());
      assert.equal(searchParams.get("layout"), "stacked");
      await assertEveryLook(page);
      await takePictures(page, "compare-stacked");

      // Sent to a colleague, whose browser runs no script.
      const plain = await browser.newContext({
        baseURL: app.url,
        javaScriptEnabled: false,
        storageState: await context.storageState(),
      });
      const other = await plain.newPage();
      await other.goto(page.url());
      assert.equal(await other.locator(".plain-chart").count(), 3);
      assert.equal((await other.innerText(".chart-head .muted")).slice(0, 14), head.slice(0, 14));
      await other.getByRole("link", { name: "Leave out Mixer 1 temperature" }).click();
      await other.locator("h1", { hasText: /^Press 3 temperature, Press 3 oil level$/ }).waitFor();

      await other.goto("/machines/hall-1/press-3");
      await other.getByRole("link", { name: "All on one time axis" }).click();
      assert.equal(await other.locator(".plain-chart").count(), 2);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
