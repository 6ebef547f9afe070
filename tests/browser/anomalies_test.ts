/** A spike as a person meets it: a red point with its reason, a row below the chart, a word on it. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp } from "../support/app_client.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";

const EMAIL = "engineer@example.org";
const PASSWORD = "long enough";

/** A minute of a quiet sensor up to now; the reading at `spikeAt` is far away. */
function readings(spikeAt: number, fromMs: number, n: number) {
  return Array.from({ length: n }, (_, i) => ({
    machine: "hall/press",
    sensor: "temperature",
    ts: fromMs + i * 1000,
    value: i === spikeAt ? 95 : 40 + Math.sin(i),
    unit: "°C",
  }));
}

Deno.test({
  name: "browser: an anomaly is drawn, listed with its reason, arrives live and can be judged",
  ignore: chromiumIsMissing(),
}, async () => {
  const app = await runApp({ MQTT_PORT: "0" });
  const browser = await startBrowser();
  try {
    const { access } = app.parts;
    await access.users.add(
      { email: EMAIL, role: "engineer", password: PASSWORD },
      systemActor("test"),
    );
    const startMs = Date.now() - 300_000;
    await app.ingest(readings(100, startMs, 120));
    const { page, faults, close } = await visitor(browser, { url: app.url, viewport: PHONE });
    await page.goto("/sign-in");
    await signIn(page, EMAIL, PASSWORD);
    await page.goto("/sensors/hall/press/temperature");
    await page.waitForSelector(".dot.live");
    await page.waitForSelector(".anomalies li");
    const text = await page.textContent(".anomalies") ?? "";
    assert.match(text, /95 is [\d.]+ standard deviations from the mean/);
    await page.waitForSelector(".plot canvas");
    const red = await page.evaluate(`(() => {
      const canvas = document.querySelector(".plot canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] > 180 && data[i + 1] < 80 && data[i + 2] < 80 && data[i + 3] > 200) n++;
      }
      return n;
    })()`);
    assert.ok(Number(red) > 10, `${red} red pixels`);
    await assertAccessible(page);
    await assertFits(page);

    const before = await page.locator(".anomalies li").count();
    await app.ingest(readings(170, startMs + 120_000, 175));
    await page.locator(".anomalies li").nth(before).waitFor();

    await page.locator(".anomalies li").last().getByRole("button", { name: "False alarm" }).click();
    await page.waitForSelector("text=Marked as a false alarm.");
    const { items } = await (await app.ask("/api/anomalies?limit=500")).json();
    assert.equal(
      items.filter((a: { feedback: string }) => a.feedback === "false_alarm").length,
      1,
    );
    assert.deepEqual(faults, []);
    await close();
  } finally {
    await browser.close();
    await app.stop();
  }
});
