/** The guides as people read them: on a phone and at a desk, light and dark, signed in and not. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { GUIDES } from "../../routes/site/guides.tsx";
import { startApp } from "../support/app.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  DESKTOP,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";

/** With `GUIDES_PICTURES=DIR` a picture of each goes there. */
const PICTURES = Deno.env.get("GUIDES_PICTURES");
const ADA = ["ada@example.org", "long enough"] as const;

Deno.test({
  name: "browser: the guides are accessible and fit, for readers who are signed in or not",
  ignore: chromiumIsMissing(),
  async fn() {
    const { app, url, close } = await startApp();
    const browser = await startBrowser();
    try {
      const person = { email: ADA[0], password: ADA[1], role: "viewer" as const };
      await app.parts().access.users.add(person, systemActor("test"));
      const paths = ["/guides", ...GUIDES.map((name) => `/guides/${name}`)];
      for (const [viewport, colours] of [[PHONE, "light"], [DESKTOP, "dark"]] as const) {
        const { page, faults, close } = await visitor(browser, { url, viewport, colours });
        await page.goto("/guides");
        await assertAccessible(page);
        await signIn(page, ...ADA);
        for (const path of paths) {
          await page.goto(path);
          await assertAccessible(page);
          await assertFits(page);
          if (PICTURES !== undefined) {
            const name = `${path.slice(1).replace("/", "-")}-${viewport.width}.png`;
            await page.screenshot({ path: `${PICTURES}/${name}`, fullPage: true });
          }
        }
        await page.goto("/more");
        await page.click("text=Guides");
        await page.click("text=Behind a proxy");
        assert.equal(new URL(page.url()).pathname, "/guides/proxy");
        assert.deepEqual(faults, []);
        await close();
      }
    } finally {
      await browser.close();
      await close();
    }
  },
});
