/** Thresholds tried over what was recorded, then set: with script at both widths, and without. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
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

const EMAIL = "engineer@example.org";
const PASSWORD = "long enough";
const SENSOR = "hall/press/temperature";

/** Six hours by ten seconds with four humps, the highest up to 90; limits of 80 and 100. */
async function plant(): Promise<RunningApp> {
  const app = await runApp();
  const { access, machines } = app.parts;
  await access.users.add(
    { email: EMAIL, role: "engineer", password: PASSWORD },
    systemActor("test"),
  );
  const startMs = Date.now() - 6 * 3_600_000;
  await app.ingest(Array.from({ length: 2160 }, (_, i) => ({
    machine: "hall/press",
    sensor: "temperature",
    unit: "°C",
    ts: startMs + i * 10_000,
    value: 62 + [20, 22, 28, 21].reduce(
      (sum, high, k) => sum + high * Math.exp(-(((i - 300 - 500 * k) / 40) ** 2)),
      0,
    ) + Math.sin(i),
  })));
  const note = () => ({ sql: "select 1" });
  await machines.patchSensor(SENSOR, { warning_high: 80, critical_high: 100, hysteresis: 4 }, note);
  return app;
}

/** Where to keep pictures of the pages, for a person to look at; none by default. */
const pictures = Deno.env.get("PICTURES");

for (
  const [name, viewport, script, colours] of [
    ["phone", PHONE, true, "light"],
    ["desktop", DESKTOP, true, "dark"],
    ["phone without script", PHONE, false, "light"],
  ] as const
) {
  Deno.test({
    name: `browser: a backtest on a ${name}: refused, run, compared, applied`,
    ignore: chromiumIsMissing(),
  }, async () => {
    const app = await plant();
    const browser = await startBrowser();
    try {
      const { page, faults } = await visitor(browser, {
        url: app.url,
        viewport,
        colours,
        script,
        expected: /status of 40[04]/,
      });
      const look = async (what: string) => {
        if (script) {
          await assertAccessible(page);
          await assertFits(page);
        }
        if (pictures) {
          const path = `${pictures}/backtest-${name.replaceAll(" ", "-")}-${what}.png`;
          await page.screenshot({ path, fullPage: true });
        }
      };
      await signIn(page, EMAIL, PASSWORD);
      await page.goto("/backtest?sensor=press/nothing");
      await page.getByText('there is no sensor "press/nothing"').waitFor();
      await look("no-sensor");
      await page.goto(`/sensors/${SENSOR}`);
      await page.getByRole("link", { name: "Try changed thresholds" }).click();
      await page.getByRole("heading", { name: "Backtest" }).waitFor();
      assert.equal(await page.getByLabel("Warning high").inputValue(), "80");
      await page.getByLabel("Warning high").fill("110");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("must not be above critical high (100); it was 110").waitFor();
      await look("refused");
      await page.getByLabel("Warning high").fill("86,5");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("heading", { name: "1 alarm instead of 4" }).waitFor();
      assert.equal(await page.locator("section[aria-labelledby=present] li").count(), 4);
      const changed = page.locator("section[aria-labelledby=changed] li");
      assert.match(
        await changed.innerText(),
        /warning.*peak 90\.\d+\s°C.*\d °C is above warning 86\.5 °C/s,
      );
      assert.equal(await page.locator(".backtest-chart .fired").count(), 5);
      await look("result");
      await page.getByRole("link", { name: "Try other options" }).click();
      await page.getByRole("link", { name: "Rolling z-score" }).click();
      await page.getByLabel("Sigmas").fill("50");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("give a number of at most 20; it was 50").waitFor();
      await page.getByLabel("Sigmas").fill("4");
      await page.getByLabel("From").fill("2001-01-01T00:00");
      await page.getByLabel("To", { exact: true }).fill("2001-01-02T00:00");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText(/has no readings from 2001-01-01 .* it has some from 20/).first()
        .waitFor();
      await page.getByLabel("Range").selectOption("6h");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("heading", { name: /findings?, as many as|instead of/ }).waitFor();
      assert.equal(await page.getByRole("button", { name: /Set the sensor/ }).count(), 0);
      await look("zscore");
      await page.goto("/backtest");
      await look("list");
      await page.locator("a.row", { hasText: "threshold" }).click();
      await page.getByRole("button", { name: "Set the sensor to the changed options" }).click();
      await page.waitForURL("**/sensors/*");
      const { settings } = app.parts.registry.find(SENSOR)!;
      assert.deepEqual([settings.warning_high, settings.hysteresis], [86.5, 4]);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  });
}
