/** In Chromium: a codec breaks, an admin reads its correction, approves it with their password, and takes it back. */
import assert from "node:assert/strict";
import { join } from "node:path";
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
import { BROKEN, PUMP } from "../support/script_faults/site.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;

Deno.test({
  name: "browser: a correction is read, approved and taken back, without a script too",
  ignore: chromiumIsMissing(),
  async fn() {
    const under = await startApp();
    const browser = await startBrowser();
    try {
      const { access, faults: perch, scripts, corrections } = under.app.parts();
      const [email, password] = ADMIN;
      await access.users.add({ email, role: "admin", password }, systemActor("test"));
      const file = join(under.dataDir, "codecs/pump.js");
      await Deno.mkdir(join(under.dataDir, "codecs"), { recursive: true });
      await Deno.writeTextFile(file, BROKEN);
      for (const [i, text] of ['{"p":1013}', '{"p":980.5}'].entries()) {
        scripts.addSample(PUMP, "filter/7/pressure", new TextEncoder().encode(text), i);
      }
      await scripts.look();
      const fault = await until("the fault", async () => {
        await perch.look();
        return perch.open().find(({ component }) => component === "codec:pump") ?? null;
      });
      await until("its correction", async () => {
        await corrections.look();
        return (await corrections.ofFault(fault.id)).length > 0 || null;
      });

      const { page, faults } = await visitor(browser, {
        url: under.url,
        viewport: PHONE,
        expected: /status of (400|403)/,
      });
      await signIn(page, ...ADMIN);
      await page.goto(`/faults/${fault.id}`);
      await page.getByRole("heading", { name: "Correction" }).waitFor();
      await page.getByText("Messages, before and with it").click();
      await assertEveryLook(page);
      await takePictures(page, "correction");
      await page.getByLabel("I have read this change").check();
      await page.getByRole("button", { name: "Approve and apply" }).click();
      await page.getByText("In place, and watched").waitFor();
      assert.notEqual(await Deno.readTextFile(file), BROKEN);
      await assertEveryLook(page);
      await takePictures(page, "correction-watched");
      await page.getByRole("button", { name: "Roll back" }).click();
      await page.getByText("Taken back").first().waitFor();
      assert.equal(await Deno.readTextFile(file), BROKEN);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await under.close();
    }
  },
});
