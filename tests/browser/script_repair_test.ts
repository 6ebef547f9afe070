/** In Chromium: a codec breaks under traffic, and somebody corrects it on the page of the fault. */
import assert from "node:assert/strict";
import { ADMIN, assertOthersGoOn, BROKEN, codecSite } from "../support/broken_codec.ts";
import { chromiumIsMissing, PHONE, signIn, startBrowser, visitor } from "../support/browser.ts";
import { until } from "../support/until.ts";

Deno.test({
  name: "browser: a broken codec is shown, corrected by an admin, and nothing is lost",
  ignore: chromiumIsMissing(),
  async fn() {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-repair-" });
    const browser = await startBrowser();
    try {
      await using site = await codecSite(dataDir);
      const { page, faults } = await visitor(browser, { url: site.url, viewport: PHONE });
      await signIn(page, ADMIN.email, ADMIN.password);
      await page.goto("/faults");
      await page.getByRole("heading", { name: "Perch finds nothing wrong with itself" }).waitFor();
      await until("readings", async () => (await site.stored()).pumps > 20 || null);

      await site.break();
      await page.locator(".site-paused", { hasText: "codec:pumps is paused" })
        .waitFor({ timeout: 5_000 });
      const link = page.getByRole("link", { name: /codecs\/pumps\.js cannot be loaded/ });
      await until("the fault", async () => {
        await page.goto("/faults");
        return await link.count() > 0 || null;
      }, 5_000);
      await page.getByRole("heading", { name: /codec:pumps is paused/ }).waitFor();
      await assertOthersGoOn(site);
      await link.click();
      await page.getByText("codecs/pumps.js").first().waitFor();
      await page.getByRole("button", { name: /^Look for (a correction|another one)$/ }).click();
      await page.getByText("ts_ms: ts }];").first().waitFor();

      await page.getByLabel("I have read this change").check();
      await page.getByRole("button", { name: "Approve and apply" }).click();
      await page.getByText("In place, and watched").waitFor();
      assert.equal(await page.locator(".site-paused").count(), 0);
      await site.assertAllArrived();
      assert.deepEqual((await site.files()).kept, [BROKEN]);

      await site.garbage();
      await until("that it is taken back", async () => {
        await page.reload();
        return await page.getByText("Taken back").count() > 0 || null;
      });
      assert.equal((await site.files()).text, BROKEN);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
