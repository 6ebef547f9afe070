/** Perch as an application of the device: manifest, service worker, and the page that stands in while it is away. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startApp } from "../support/app.ts";
import { assertEveryLook, chromiumIsMissing, startBrowser, visitor } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { freePort } from "../support/port.ts";

const ADMIN = { email: "ada@example.org", password: "my own words" };
// What Chromium says while nobody answers.
const AWAY = /ERR_CONNECTION_REFUSED|Failed to fetch/;

Deno.test({
  name: "installed: can be installed, keeps the offline page alone, and comes back by itself",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const env = { PERCH_PORT: String(freePort()), PERCH_TLS: "auto", PERCH_TLS_PORT: "0" };
    const first = await startApp(env);
    const browser = await startBrowser();
    let second: Awaited<ReturnType<typeof startApp>> | null = null;
    try {
      const { page, context, faults } = await visitor(browser, {
        url: first.url,
        serviceWorker: true,
        expected: AWAY,
      });
      await page.goto("/trust");
      await page.getByText("iPhone, iPad").click();
      await assertEveryLook(page);
      await page.goto("/");
      const token = await Deno.readTextFile(join(first.dataDir, "setup-token"));
      await page.getByLabel("Setup token").fill(token.trim());
      await page.getByLabel("Email").fill(ADMIN.email);
      await page.getByLabel("Password").fill(ADMIN.password);
      await page.getByRole("button").click();
      await page.waitForURL((url) => url.pathname !== "/setup");
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);

      await page.goto("/notices");
      await page.getByText("Checking whether").waitFor({ state: "detached" });
      await assertEveryLook(page);

      const devTools = await context.newCDPSession(page);
      // Without a screen, Chromium shows none.
      const [worker] = context.serviceWorkers();
      await worker.evaluate(() => {
        const inWorker = globalThis as unknown as { shown: unknown[]; registration: object };
        inWorker.shown = [];
        Object.assign(inWorker.registration, {
          showNotification: (title: string, { data }: { data: { link: string } }) =>
            void inWorker.shown.push([title, data.link]),
        });
      });
      const registered = new Promise<string>((resolve) =>
        devTools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
          const [one] = registrations;
          if (one !== undefined) resolve(one.registrationId);
        })
      );
      await devTools.send("ServiceWorker.enable");
      await devTools.send("ServiceWorker.deliverPushMessage", {
        origin: first.url,
        registrationId: await registered,
        data: JSON.stringify({
          title: "Press 3: temperature over 80 °C",
          link: "alarms/a1",
          tag: "t",
        }),
      });
      const shown = () =>
        worker.evaluate(() => (globalThis as unknown as { shown: unknown[] }).shown);
      const [notice] = await until("the notice", async () => {
        const notices = await shown();
        return notices.length === 0 ? null : notices;
      });
      assert.deepEqual(notice, ["Press 3: temperature over 80 °C", "alarms/a1"]);

      const manifest = await devTools.send("Page.getAppManifest");
      assert.deepEqual(manifest.errors, []);
      const { icons } = JSON.parse(manifest.data!);
      for (const { src } of icons) {
        const icon = await fetch(new URL(src, manifest.url));
        assert.equal(icon.headers.get("content-type"), "image/png", src);
        await icon.body?.cancel();
      }

      for (const path of ["/alarms", "/sensors", "/"]) {
        await page.goto(path);
        await page.waitForSelector(".dot.live");
      }
      await page.evaluate(() => fetch("/api/alarms").then((answer) => answer.text()));
      const kept = await page.evaluate(async () => {
        const names = await caches.keys();
        const requests = await Promise.all(
          names.map(async (name) => await (await caches.open(name)).keys()),
        );
        return requests.flat().map(({ url }) => new URL(url).pathname).sort();
      });
      assert.deepEqual(kept, ["/offline", "/static/built/perch.css", "/static/pwa/offline.js"]);

      await first.close();
      await page.goto("/machines").catch(() => {});
      await page.getByRole("heading", { name: "Perch cannot be reached" }).waitFor();
      assert.equal(new URL(page.url()).pathname, "/machines");
      await assertEveryLook(page);

      second = await startApp(env);
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await page.getByLabel("Setup token").waitFor();
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await second?.close();
    }
  },
});
