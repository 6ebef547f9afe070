/** A sensor's limits, status strip and live status as a person meets them, with and without script. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { PERCH } from "../../lib/live/past.ts";
import { changeStatement } from "../../lib/live/past_store.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
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
import { runApp } from "../support/app_client.ts";

const VIEWER = ["viewer@example.org", "long enough"] as const;

for (
  const [name, viewport, script] of [
    ["phone", PHONE, true],
    ["desktop", DESKTOP, true],
    ["desktop without script", DESKTOP, false],
  ] as const
) {
  Deno.test({
    name: `browser: limits, status strip and out-of-range time of a sensor on a ${name}`,
    ignore: chromiumIsMissing(),
    fn: async () => {
      const app = await runApp();
      const browser = await startBrowser();
      try {
        await app.parts.access.users.add(
          { email: VIEWER[0], role: "viewer", password: VIEWER[1] },
          systemActor("test"),
        );
        // 30 minutes: 20 normal, 4 warning, 2 without readings, 4 normal.
        const nowMs = Date.now();
        const readings = Array.from({ length: 360 }, (_, i) => i * 5000)
          .filter((ms) => ms < 24 * MINUTE_MS || ms >= 26 * MINUTE_MS)
          .map((ms) => ({
            machine: "hall-1/press-3",
            sensor: "temperature",
            value: ms >= 20 * MINUTE_MS && ms < 24 * MINUTE_MS ? 84.25 : 61.5,
            ts: nowMs - 30 * MINUTE_MS + ms,
          }));
        await app.ingest(readings);
        const sensor = app.parts.registry.find("press-3/temperature")!;
        await app.parts.machines.patchSensor(sensor.id, {
          warning_high: 85,
          critical_high: 90,
          decimals: 3,
          unit: "°C",
          expected_interval_ms: 5000,
        }, () => ({ sql: "select 1" }));
        // As Perch had judged it, by a limit that somebody has raised since.
        const judged = [
          [PERCH, 0, "normal"],
          [sensor.id, 0, "normal"],
          [sensor.id, 20, "warning"],
          [sensor.id, 24, "offline"],
          [sensor.id, 26, "normal"],
        ] as const;
        await app.parts.storage.db.write(
          judged.map(([subject, minute, status]) =>
            changeStatement({ subject, tMs: nowMs + (minute - 30) * MINUTE_MS, status })
          ),
        );
        const { page, faults } = await visitor(browser, { url: app.url, viewport, script });
        await signIn(page, ...VIEWER);
        await page.goto(`/sensors/${sensor.id}`);
        if (script) await page.waitForSelector(".u-over");
        const figures = await page.innerText(".figures");
        assert.match(figures, /Highest\s+84\.250\s*°C/);
        assert.match(figures, /Out of range\s+4 min/);
        assert.match(
          await page.innerText("main"),
          /warning from 85 °C, critical from 90 °C/,
        );
        const legend = await page.innerText(".status-strip .legend");
        assert.match(legend, /warning\s+4 min/);
        assert.match(legend, /no readings\s+3[12] min/, "30 minutes before, and the gap");
        const warning = await page.locator(".status-strip rect.status-warning").getAttribute(
          "width",
        );
        assert.ok(Math.abs(Number(warning) - 1000 * 4 / 60) < 3, `${warning} of 1000`);
        assert.equal(await page.locator(".status-strip rect.status-critical").count(), 0);
        if (!script) {
          assert.equal(await page.locator(".plain-chart .limit").count(), 2);
          return;
        }
        await assertAccessible(page);
        await assertFits(page);
        await page.click("summary:has-text('Status as a table')");
        assert.match(await page.innerText("[aria-label=Status]"), /warning\s+4 min/);

        assert.match(await page.innerText(".sensor-state"), /normal for/);
        await page.evaluate(() => void (document.body.dataset.mark = "same page"));
        await app.ingest([{ machine: "hall-1/press-3", sensor: "temperature", value: 95 }]);
        // Looked at in one go: on a slow machine the sensor may be silent for too long before a second look.
        await page.waitForFunction(() =>
          /critical for \d+ (ms|s)/.test(
            document.querySelector<HTMLElement>(".sensor-state")?.innerText ?? "",
          )
        );
        await page.waitForSelector(".status-strip rect.status-critical");
        assert.equal(await page.getAttribute("body", "data-mark"), "same page");
        assert.match(await page.innerText(".now-value"), /95\.000/);
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await app.stop();
      }
    },
  });
}
