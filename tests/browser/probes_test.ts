/** In Chromium: probes are added, fail with their reason, are paused; a heartbeat shows its address once. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
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
import { until } from "../support/until.ts";

const MAP = "name,address,type,unit\nvoltage,30001,float32,V\nenergy,30343,float32,kWh";
const ADMIN = ["admin@example.org", "long enough"] as const;

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `probes-${name}`);
}

Deno.test({
  name: "probes: from the empty page to one that is down, paused and removed",
  ignore: chromiumIsMissing(),
  async fn() {
    let status = 200;
    const shop = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("shop", { status }),
    );
    const app = await runApp({ OUTGOING_NETWORKS: "127.0.0.0/8" });
    const { polls, access } = app.parts;
    const [email, password] = ADMIN;
    await access.users.add({ email, role: "admin", password }, systemActor("test"));
    const browser = await startBrowser();
    const { page, faults, close } = await visitor(browser, {
      url: app.url,
      expected: /status of 400/,
    });
    page.setDefaultTimeout(15_000);
    try {
      await signIn(page, ...ADMIN);
      await page.goto("/probes");
      await page.click("text=Add the first probe");
      await page.click(".camera-kinds a:text-is('HTTP')");
      await page.fill("[name=name]", "Shop");
      await page.fill("[name='option.url']", "ftp://shop");
      await page.click("text=Add >> nth=-1");
      await page.locator(".error", { hasText: "has to begin with https:// or http://" }).waitFor();
      await looks(page, "form");
      await page.fill("[name='option.url']", `http://127.0.0.1:${shop.addr.port}/`);
      await page.fill("[name='option.headers']", "X-One: 1\nX-Two: 2");
      await page.fill("[name='setting.every_s']", "1");
      await page.fill("[name='setting.down_after']", "1");
      await page.click("button:text-is('Add')");
      await page.waitForURL(/\/probes\/[a-z0-9]{12}$/);
      const [{ id }] = polls.all();
      await until(
        "it is up",
        () => polls.find(id).state === "up" && polls.find(id).checks.length > 2 || null,
      );
      status = 503;
      await until("it is down", () => polls.find(id).state === "down" || null);
      await page.reload();
      await page.locator("h1", { hasText: "Shop is down" }).waitFor();
      assert.match(await page.innerText("main"), /Answered 503, expected 200-299/);
      await page.click("button:text-is('Test now')");
      await page.locator("h2", { hasText: "The test failed" }).waitFor();
      await page.locator(".uplot, .empty").first().waitFor();
      await looks(page, "down");

      await page.goto("/probes/new?kind=heartbeat");
      await page.fill("[name=name]", "Nightly backup");
      await page.click("button:text-is('Add')");
      const address = await page.innerText("pre code");
      await looks(page, "address");
      assert.equal((await fetch(address)).status, 204);
      await page.click("text=Go on to Nightly backup");
      await page.locator("h1", { hasText: "Nightly backup is up" }).waitFor();
      assert.ok(!(await page.content()).includes(address.split("/").at(-1)!), "it is shown once");

      await page.goto("/probes/new?kind=modbus");
      await page.fill("[name=name]", "Meter");
      await page.fill("[name='option.host']", "192.168.77.30");
      await page.fill("[name='option.registers']", MAP);
      await page.click("button:text-is('Add')");
      await page.locator("h1", { hasText: "Meter" }).waitFor();
      await page.click("button:text-is('Pause')");
      await page.click("text=The register map as a form");
      await page.locator("h1", { hasText: "2 values are read" }).waitFor();
      await looks(page, "registers");

      const lan = { name: "Press", kind: "tcp", options: { host: "192.168.77.20", port: 502 } };
      const { view: press } = await polls.add(
        lan,
        (change) => access.audit.statement({ actor: systemActor("test"), ...change }),
      );
      await page.goto(`/probes/${press.id}`);
      await page.locator("h2", { hasText: "Allow 192.168.77.20:502 for this probe?" }).waitFor();
      await page.click("button:text-is('Test now')");
      await page.locator("h1", { hasText: "Press waits until an admin allows its" }).waitFor();
      await looks(page, "to-allow");
      await page.click("button:text-is('Pause')");
      await page.locator("h1", { hasText: "Press is paused" }).waitFor();
      await page.click("button:text-is('Allow')");
      await until(
        "it is allowed",
        () => polls.find(press.id).allowed === "192.168.77.20:502" || null,
      );

      await page.goto("/probes");
      await page.locator("h1", { hasText: "1 of 2 is down: Shop" }).waitFor();
      await looks(page, "list");
      status = 200;
      // Without being loaded anew.
      await page.locator("h1", { hasText: "1 of 2 are up" }).or(
        page.locator("h1", { hasText: "All" }),
      ).waitFor();
      await page.click("a:text-is('Shop')");
      await page.click("button:text-is('Pause')");
      await page.locator("h1", { hasText: "Shop is paused" }).waitFor();
      await page.click("text=Remove this probe");
      await page.click("button:text-is('Remove Shop')");
      await page.waitForURL(/\/probes$/);
      assert.deepEqual(polls.all().map(({ name }) => name), ["Meter", "Nightly backup", "Press"]);
      assert.deepEqual(faults, []);
    } finally {
      await close();
      await browser.close();
      await app.stop();
      await shop.shutdown();
    }
  },
});
