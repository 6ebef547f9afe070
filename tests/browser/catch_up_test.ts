/** In Chromium: Perch is restarted while a page is open, and the page says what came meanwhile. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp } from "../support/app_client.ts";
import {
  chromiumIsMissing,
  drawAsOfRunBefore,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { freePort } from "../support/port.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const OIL = { machine: "hall/press", sensor: "oil", unit: "°C" };

for (const list of [false, true]) {
  Deno.test({
    name:
      `browser: ${list ? "a list of sensors" : "a sensor's page"} has the value that came while ` +
      "Perch was started anew, also when its first question for it fails",
    ignore: chromiumIsMissing(),
    fn: async () => {
      const dataDir = await Deno.makeTempDir({ prefix: "perch-catch-up-" });
      const env = { PERCH_PORT: String(freePort()), PERCH_DATA: dataDir };
      let app = await runApp(env);
      const browser = await startBrowser();
      try {
        await app.parts.access.users.add(
          { email: ADMIN[0], role: "admin", password: ADMIN[1] },
          systemActor("test"),
        );
        await app.ingest([{ ...OIL, value: 61 }]);
        const { page, context, faults } = await visitor(browser, {
          url: app.url,
          expected: /net::ERR_|Failed to load resource/,
        });
        await signIn(page, ...ADMIN);
        const { id } = app.parts.registry.find("hall/press/oil")!;
        await page.goto(list ? "/sensors" : `/sensors/${id}`);
        await page.waitForSelector(".dot.live");
        await page.evaluate(() => Object.assign(globalThis, { isStill: true }));
        let asked = 0;
        const isCatchingUp = ({ pathname }: URL) =>
          pathname.startsWith("/api/sensors") && !pathname.endsWith("/trend");
        await page.route(isCatchingUp, async (route) => {
          if (asked++ === 0) await route.abort();
          else await route.continue();
        });
        await context.setOffline(true);
        await app.stop();
        // Elsewhere: the stream, which is not kept off the network, would bring it as it comes.
        app = await runApp({ ...env, PERCH_PORT: String(freePort()) });
        await app.ingest([{ ...OIL, value: 62 }]);
        await app.stop();
        app = await runApp(env);
        await context.setOffline(false);
        const shown = page.locator(list ? ".row-value" : ".now-value", { hasText: /^62/ });
        await shown.waitFor();
        assert.ok(asked >= 2, `it asked ${asked} times`);
        assert.equal(await page.evaluate(() => "isStill" in globalThis), true);
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await app.stop();
        await Deno.remove(dataDir, { recursive: true });
      }
    },
  });
}

Deno.test({
  name: "browser: what comes between the drawing of a page and the loading of its scripts is shown",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      await app.ingest([{ ...OIL, value: 61 }]);
      const { page, context, faults } = await visitor(browser, { url: app.url });
      await signIn(page, ...ADMIN);
      // A page that stays open holds the browser's stream: the next one hears of what comes at once.
      await page.waitForSelector(".dot.live");
      const list = await context.newPage();
      const loaded = Promise.withResolvers<void>();
      await list.route(/\/built\/lists/, async (route) => {
        await loaded.promise;
        await route.continue();
      });
      await list.goto("/sensors", { waitUntil: "commit" });
      await list.locator(".row-value", { hasText: /^61/ }).waitFor();
      await app.ingest([{ ...OIL, value: 62 }]);
      await list.waitForTimeout(1_000);
      loaded.resolve();
      await list.locator(".row-value", { hasText: /^62/ }).waitFor();
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});

Deno.test({
  name: "browser: lists that do not move by themselves say that they may have missed something",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      const { page, faults } = await visitor(browser, { url: app.url });
      await signIn(page, ...ADMIN);
      for (
        const [path, words] of [
          ["/tickets", "Something may have changed while Perch was not reached."],
          ["/deliveries", "Deliveries may have moved while Perch was not reached."],
        ]
      ) {
        await page.goto(path);
        await page.waitForSelector(".dot.live");
        assert.equal(await page.getByText(words).count(), 0);
        await drawAsOfRunBefore(page, app.url + path);
        await page.goto(path);
        await page.getByText(words).waitFor();
      }
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});

Deno.test({
  name: "browser: a note at a whole minute is added in place, as at any other second",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      const minuteMs = Math.floor(Date.now() / 60_000) * 60_000;
      await app.ingest([{ ...OIL, value: 61, ts: minuteMs - 1_000 }]);
      const { page, faults } = await visitor(browser, { url: app.url });
      await signIn(page, ...ADMIN);
      const { id } = app.parts.registry.find("hall/press/oil")!;
      for (const endMs of [minuteMs - 30_000, minuteMs]) {
        const [from, to] = [endMs - 3_600_000, endMs].map((ms) => new Date(ms).toISOString());
        await page.goto(`/sensors/${id}?${new URLSearchParams({ from, to })}`);
        await page.waitForSelector(".dot.live");
        await page.evaluate(() => Object.assign(globalThis, { isStill: true }));
        await page.locator(".add-note summary").click();
        await page.getByLabel("Note", { exact: true }).fill(`Oil changed ${endMs}`);
        const added = page.waitForResponse((answer) => answer.request().method() === "POST");
        await page.getByRole("button", { name: "Add the note" }).click();
        assert.equal(new URL((await added).url()).pathname, "/api/notes");
        assert.equal(await page.evaluate(() => "isStill" in globalThis), true);
      }
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
