/** The page of services and the reboot in Chromium, with a systemd that is made up. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { SystemManager, UnitState } from "../../lib/health/system/system_manager.ts";
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

const ADMIN = ["admin@example.org", "long enough"] as const;

Deno.test({
  name: "browser: an admin restarts a unit by typing the host's name; a wrong name changes nothing",
  ignore: chromiumIsMissing(),
  async fn() {
    const asked: string[] = [];
    const state = (name: string): UnitState => ({
      name,
      description: name,
      load: "loaded",
      active: name.startsWith("mosquitto") ? "failed" : "active",
      sub: "running",
    });
    const manager: SystemManager = {
      ownUnit: () => Promise.resolve("perch.service"),
      unitStates: (names) => Promise.resolve(names.map(state)),
      restartUnit: (name) => Promise.resolve(void asked.push(name)),
      reboot: () => Promise.resolve(void asked.push("reboot")),
    };
    const list = { units: ["nginx.service"], trouble: null };
    const under = await startApp({}, { system: { manager, list: () => Promise.resolve(list) } });
    const browser = await startBrowser();
    try {
      const [email, password] = ADMIN;
      await under.app.parts().access.users.add(
        { email, role: "admin", password },
        systemActor("test"),
      );
      const { page, faults } = await visitor(browser, {
        url: under.url,
        viewport: PHONE,
        expected: /status of 400/,
      });
      await signIn(page, ...ADMIN);
      await page.goto("/more");
      await page.getByRole("link", { name: "Services and reboot" }).click();
      await page.getByRole("heading", { name: "Perch is perch.service; 1 unit" }).waitFor();
      await assertEveryLook(page);
      await takePictures(page, "system");

      const restart = page.locator("form[action='/system/restart']");
      const fill = async (host: string) => {
        await restart.getByLabel("What").selectOption("nginx.service");
        await restart.getByLabel("Name of the host").fill(host);
        await restart.getByLabel("Your password").fill(password);
        await restart.getByRole("button").click();
      };
      await fill("another");
      await page.getByText(/type its name\.$/).first().waitFor();
      await assertEveryLook(page);
      assert.deepEqual(asked, []);
      await fill(Deno.hostname());
      await page.getByText("systemd restarts nginx.service.").waitFor();
      assert.deepEqual(asked, ["nginx.service"]);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await under.close();
    }
  },
});
