/** The centre with five sites, one of them late, and the page of an edge, as an admin meets them. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { forwardedFrom, readingsOf } from "../support/forwarded.ts";
import { takePictures } from "../support/looks.ts";

const PASSWORD = "long enough";
const tester = systemActor("test");

Deno.test({
  name: "browser: an admin adds sites, sees which one is late, and enters a line at an edge",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      const { access, sites } = app.parts;
      const email = "admin@example.org";
      await access.users.add({ email, role: "admin", password: PASSWORD }, tester);
      const { page, faults } = await visitor(browser, {
        ...{ url: app.url, viewport: PHONE, expected: /status of 400/ },
      });
      await signIn(page, email, PASSWORD);
      await page.goto("/sites");
      await page.getByText("No site forwards to this Perch").waitFor();
      await page.getByText("Add a site; you get one line").waitFor();
      await assertEveryLook(page);
      await page.fill("#add ~ form [name=id]", "Hall 2");
      await page.click("button:has-text('Add the site')");
      await page.getByText("small letters, digits and -").waitFor();
      for (const id of ["hall-1", "hall-2", "hall-3", "hall-4", "hall-5"]) {
        await page.fill("#add ~ form [name=id]", id);
        await page.fill("#add ~ form [name=name]", id.replace("h", "H").replace("-", " "));
        await page.click("button:has-text('Add the site')");
        await page.getByText(/:\/\/hall-\d:perch_/).waitFor();
      }
      const nowMs = Date.now();
      const lag = { readings: 41_250, oldest_ms: nowMs - 3 * 3_600_000, lost: 0 };
      for (const [i, id] of ["hall-1", "hall-2", "hall-3", "hall-4"].entries()) {
        await sites.forward(id, forwardedFrom({ node: id, host: `pi-${i + 1}`, perch: "0.2.0" }));
        const readings = readingsOf("line/press/load", 0, [[nowMs, i]]);
        await sites.forward(
          id,
          forwardedFrom({
            ...{ node: id, host: `pi-${i + 1}`, perch: "0.2.0", readings },
            ...(id === "hall-3" ? { lag } : {}),
            ...(id === "hall-4" ? { sent_ms: nowMs + 3_600_000 } : {}),
          }),
        );
      }
      await page.setViewportSize(PHONE);
      await page.goto("/sites");
      await page.getByText("3 of 5 sites are connected").waitFor();
      await page.getByText("3 h, 41 250 readings").waitFor();
      await page.getByText("60 min ahead: set it there").waitFor();
      await assertEveryLook(page);
      await takePictures(page, "sites");
      await page.click("#site-hall-3 ~ details summary");
      await page.click("section[aria-labelledby=site-hall-3] button:has-text('Revoke the key')");
      await page.getByText("key revoked").waitFor();

      await page.goto("/settings/forwarding");
      await page.getByText("Nothing is forwarded").first().waitFor();
      await page.fill("[name=line]", "centre.example");
      await page.click("button:has-text('Forward')");
      await page.getByText("as the centre shows it").first().waitFor();
      await page.fill("[name=line]", "http://hall-7:perch_x@127.0.0.1:9");
      await page.click("button:has-text('Forward')");
      await page.getByText("hall-7 at http://127.0.0.1:9").waitFor();
      await assertEveryLook(page);
      await takePictures(page, "forwarding");
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
