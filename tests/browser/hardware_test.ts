/** In Chromium: what hangs on the host is looked at, added, changed and removed. */
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
import { sysTree } from "../support/sys_tree.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;

Deno.test({
  name: "browser: sensors at this host, from the empty page to one that is read and gone again",
  ignore: chromiumIsMissing(),
  async fn() {
    await using tree = await sysTree(null);
    const app = await runApp({}, { hardware: { root: tree.root } });
    const browser = await startBrowser();
    try {
      const { access } = app.parts;
      const [email, password] = ADMIN;
      await access.users.add({ email, role: "admin", password }, systemActor("test"));
      const { page, faults } = await visitor(browser, { url: app.url });
      page.setDefaultTimeout(30_000);
      const looks = async (name: string) => {
        await assertEveryLook(page);
        await takePictures(page, `hardware-${name}`);
      };
      await signIn(page, ...ADMIN);
      await page.goto("/hardware");
      const answer = () => page.locator("h1").textContent();
      assert.equal(await answer(), "No sensors are attached to this host");
      assert.ok(await page.getByText("raspi-config (Interface Options, 1-Wire)").isVisible());
      await looks("none");

      // Something is plugged in; the page is opened anew once a look is not too fresh.
      await using board = await sysTree("pi4");
      for await (const { name } of Deno.readDir(board.root)) {
        await Deno.rename(`${board.root}/${name}`, `${tree.root}/${name}`);
      }
      await until("what was plugged in", async () => {
        await page.goto("/hardware");
        return /channels of this host can be read/.test(await answer() ?? "") || null;
      });
      await page.getByText("85 °C is what it says before it has measured").first().waitFor();
      await looks("there");

      await page.getByLabel("Add Temperature of DS18B20 28-00000a1b2c3d").click();
      assert.match(await page.inputValue("[name=sensor]"), /\/temperature_1b2c3d$/);
      await page.fill("[name=sensor]", "hall/boiler/temperature");
      await page.fill("[name=interval_s]", "0");
      await page.click("button:text('Add')");
      const beside = page.locator(".field:has([name=interval_s]) .error");
      await beside.waitFor();
      await looks("wrong");
      await page.fill("[name=interval_s]", "1");
      await page.click("button:text('Add')");
      await page.waitForURL(/\/hardware$/);
      assert.equal(await answer(), "The one sensor at this host is read");
      const input = page.locator("section:has(> #hardware-inputs) li");
      await input.getByText(/^21\.4/).waitFor();

      // A pin needs more: what counts, and how many pulses are one.
      await page.selectOption("#hardware-pin", "gpio:pinctrl-bcm2711:17");
      await page.click(".hardware-pin button");
      await page.locator("[name=pulses_per_unit]").waitFor();
      await looks("pin");

      // It is pulled out while the page is open: the page says so by itself.
      await page.goto("/hardware");
      await tree.remove("/sys/bus/w1/devices/28-00000a1b2c3d");
      await input.getByText("it was pulled out").waitFor();
      assert.equal(await answer(), "The one sensor at this host gives no values");
      await looks("gone");
      await input.getByText("Change").click();
      await looks("change");
      await page.click("button:text('Remove')");
      await page.waitForURL(/\/hardware$/);
      assert.match(await answer() ?? "", /channels of this host can be read/);
      assert.deepEqual(faults.filter((fault) => !/status of 400/.test(fault)), []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
