/** In Chromium: the tiers of the history in the settings, one that would be kept too short, and a history server. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  DESKTOP,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { until } from "../support/until.ts";
import { haveVictoria, startVictoria, type Victoria } from "../support/victoria.ts";
import { takePictures } from "../support/looks.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const COUNT = 12_000;

Deno.test({
  name:
    "browser: the settings say what each tier of the history keeps, for how long, and holds now",
  ignore: chromiumIsMissing(),
  async fn() {
    const victoria = haveVictoria() ? await startVictoria() : null;
    const app = await runApp(
      { RETENTION_DAYS: "30", ...(victoria === null ? {} : { HISTORY_URL: victoria.url }) },
      { historySettleMs: 100 },
    );
    let browser: Browser | null = null;
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      const nowMs = Date.now();
      const readings = Array.from({ length: COUNT }, (_, i) => ({
        machine: "hall/press",
        sensor: "oil",
        value: i % 100,
        ts: nowMs - (COUNT - i) * 10 * 60_000,
      }));
      for (let i = 0; i < COUNT; i += 4_000) await app.ingest(readings.slice(i, i + 4_000));
      if (victoria !== null) await allSent(app);
      const kept = { keepMs: 40 * DAY_MS, keepMinutesMs: 60 * DAY_MS };
      while ((await app.parts.storage.readings.retain({ nowMs: nowMs + HOUR_MS, ...kept })).more);
      browser = await startBrowser();
      const { page, faults } = await visitor(browser, {
        url: app.url,
        expected: /status of (400|503)/,
      });
      await signIn(page, ...ADMIN);
      await page.goto(`${app.url}/settings?section=keeping-readings`);
      const rows = await page.locator("table tbody tr").allInnerTexts();
      assert.match(rows[0], /Readings\s+each value with its time\s+30 days\s+[\d,.\s]+ readings/);
      assert.match(rows[1], /Minutes\s+.*\s+400 days\s+[\d,.\s]+ readings/);
      assert.match(rows[2], /Hours\s+.*\s+no limit\s+[\d,.\s]+ readings/);
      const field = page.getByLabel("Keep minutes for");
      await field.fill("20");
      await field.locator("xpath=ancestor::form").getByRole("button", { name: "Save" }).click();
      await page.getByText("give at least the 30 of retention.days").waitFor();
      await assertEveryLook(page);
      await takePictures(page, "tiers");
      await page.setViewportSize(DESKTOP);
      const oil = app.parts.registry.find("hall/press/oil")!;
      const [from, to] = [80, 0].map((days) =>
        new Date(nowMs - days * DAY_MS).toISOString().slice(0, 16)
      );
      await page.goto(`${app.url}/sensors/${oil.id}?from=${from}&to=${to}`);
      await page.getByText(
        /in steps of \d+ h; readings before \d{4}-\d{2}-\d{2} \d{2}:\d{2} are summed up/,
      )
        .first().waitFor();
      await takePictures(page, "tiers-sensor");
      if (victoria !== null) await overTheSeam(app, page, victoria, nowMs - 40 * DAY_MS);
      assert.deepEqual(faults, []);
    } finally {
      await browser?.close();
      await app.stop();
      await victoria?.[Symbol.asyncDispose]();
    }
  },
});

/** Until what is sealed is at the history server. */
async function allSent({ parts: { history } }: RunningApp): Promise<void> {
  await until("the history to be sent", async () => {
    const { chunks } = await history.waiting();
    return history.mayGo() === "sent" && history.state().sent > 0 && chunks === 0 ? true : null;
  }, 60_000);
}

/** The readings themselves on both sides of where the disk has them no more; then the server is gone. */
async function overTheSeam(
  app: RunningApp,
  page: Page,
  victoria: Victoria,
  seamMs: number,
): Promise<void> {
  const { id } = app.parts.registry.find("hall/press/oil")!;
  const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const [from, to] = [minute(seamMs - HOUR_MS), minute(seamMs + HOUR_MS)];
  const address = `${app.url}/sensors/${id}?from=${from}&to=${to}`;
  const asked = async () => {
    const query = new URLSearchParams({
      sensor: id,
      from: `${from}Z`,
      to: `${to}Z`,
      points: "600",
    });
    return await (await app.ask(`/api/readings?${query}`)).json();
  };
  // One answer that does not come on a busy machine is shown, and asked for again after a while.
  let said = "";
  const whole = await until("an answer of the history server", async () => {
    const answer = await asked();
    if (answer.history_server.failure === null) return answer;
    if (said !== answer.history_server.failure) console.log(said = answer.history_server.failure);
    return null;
  }, 60_000);
  assert.deepEqual([...new Set(whole.n)], [1], "each reading by itself");
  assert.equal(whole.n.length, 12, "every ten minutes, on both sides");
  await page.goto(address);
  await page.getByText("in steps of").first().waitFor();
  assert.equal(await page.getByText("summed up").count(), 0);
  await assertEveryLook(page);
  await takePictures(page, "history-seam");
  await victoria.kill();
  await page.goto(address);
  await page.getByText(/The history server cannot be asked: .+What this Perch has itself is shown/)
    .waitFor();
  await assertEveryLook(page);
  await takePictures(page, "history-outage");
  const { history_server, n } = await asked();
  assert.match(history_server.failure, /does not answer/);
  assert.ok(n.length > 0, "what the disk has");
  await page.goto(`${app.url}/settings?section=history-server`);
  await page.getByRole("button", { name: "Test it now" }).click();
  await page.getByText(/The history server cannot be used: .+ does not answer/).waitFor();
  await assertEveryLook(page);
  await takePictures(page, "history-settings");
}
