/**
 * In Chromium: a dashboard is put together by forms, a screen shows it through a restart of Perch and for as long as it
 * hangs there, and shows nothing once its link is revoked.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import {
  assertAccessible,
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { freePort } from "../support/port.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
/** What Chromium says itself while Perch is away, of a form with a mistake, and of a link that shows nothing. */
const EXPECTED = /net::ERR_|status of 4\d\d|status of 50/;
const TEMPERATURE = { machine: "hall-1/press-3", sensor: "temperature", unit: "°C" };

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `dashboards-${name}`);
}

/** Makes a dashboard by forms, as a person does; gives the path of its page. */
async function byForms(page: Page): Promise<string> {
  await page.goto("/dashboards");
  await looks(page, "list");
  await page.fill("[name=title]", "Press hall");
  await page.click("button:text('Create')");
  const add = "section[aria-labelledby=add]";
  await page.fill(`${add} [name=sensor]`, "press 9 temperature");
  await page.click(`${add} button:text('Add')`);
  const error = page.locator(`${add} .field:has([name=sensor]) .error`);
  assert.equal(await error.textContent(), "There is no sensor “press 9 temperature”.");
  await page.fill(`${add} [name=sensor]`, "Press 3 temperature");
  await page.click(`${add} button:text('Add')`);
  await page.waitForSelector("text=Saved.");
  for (
    const [kind, fields] of [
      ["Chart", { sensor: "press-3/temperature", sensor2: "press 3 load" }],
      ["Table", { machine: "hall-1" }],
      ["Machines", {}],
      ["Text", { text: "Call **214**", title: "Whom to call" }],
    ] as const
  ) {
    await page.click(`nav[aria-label='Kinds of tiles'] >> text=${kind}`);
    for (const [name, text] of Object.entries(fields)) {
      await page.fill(`${add} [name=${name}]`, text);
    }
    await page.click(`${add} button:text('Add')`);
    await page.waitForSelector(`.tile-edit .area:has-text("${kind}")`);
  }
  await page.click("button[aria-label='Move tile 5 up']");
  await page.waitForSelector("h2:text('4. Whom to call')");
  await page.click("button[aria-label='Remove tile 3']");
  await page.waitForSelector("h2:text('3. Whom to call')");
  await looks(page, "edit");
  await page.click("text=See the dashboard >> nth=0");
  await page.waitForSelector(".tile-value");
  const titles = await page.locator(".tile h2").allTextContents();
  assert.deepEqual(titles, [
    "TemperaturePress 3",
    "Temperature, LoadPress 3",
    "Whom to call",
    "Machines",
  ]);
  await looks(page, "one");
  const compare = await page.getAttribute(".tile.is-chart h2 a", "href");
  assert.equal((await page.request.get(compare!)).status(), 200, compare!);
  return new URL(page.url()).pathname;
}

/** From another sensor's page to the same dashboard, in one form. */
async function pinned(page: Page, app: RunningApp): Promise<void> {
  const { id } = app.parts.registry.find("hall-1/press-3/load")!;
  await page.goto(`/sensors/${id}`);
  await page.click("text=Pin to a dashboard");
  await assertAccessible(page);
  await page.click("button:text('Pin it')");
  await page.waitForSelector(".tile >> nth=4");
  assert.match(await page.textContent(".tile >> nth=4") ?? "", /Load.*Press 3.*7/s);
}

/** The address of a new screen. */
async function screen(page: Page): Promise<string> {
  await page.goto("/settings/screens");
  await page.fill("[name=name]", "North wall");
  await page.click("button:text('Make the link')");
  const url = await page.textContent(".secret");
  await looks(page, "screens");
  return url!;
}

const value = (page: Page) => page.textContent(".tile-value");
const shows = (page: Page, text: string) =>
  page.waitForFunction(
    (text) => document.querySelector(".tile-value")?.textContent?.includes(text),
    text,
    { polling: 100 },
  );

/** What the page holds, after all that can be freed is freed. */
async function held(page: Page): Promise<{ nodes: number; heap: number; listeners: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return { nodes, heap: usedSize, listeners: jsEventListeners };
}

/** Lets the clock of the screen run, an answer for each question: `asks` of them. */
async function hangs(page: Page, asks: number): Promise<void> {
  for (let i = 0; i < asks; i++) {
    const answer = page.waitForResponse(/\/now/);
    await page.clock.runFor(2_100);
    await answer;
  }
}

Deno.test({
  name:
    "browser: a dashboard is made by forms, and a screen shows it through restarts, for a long time",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-boards-" });
    const env = { PERCH_PORT: String(freePort()), PERCH_DATA: dataDir };
    let app = await runApp(env);
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: ADMIN[0], role: "admin", password: ADMIN[1] },
        systemActor("test"),
      );
      await app.ingest([
        { ...TEMPERATURE, value: 61 },
        { ...TEMPERATURE, sensor: "load", unit: "t", value: 7 },
      ]);
      const { page, faults } = await visitor(browser, { url: app.url, expected: EXPECTED });
      page.setDefaultTimeout(20_000);
      await signIn(page, ...ADMIN);
      await byForms(page);
      await pinned(page, app);
      await app.ingest([{ ...TEMPERATURE, value: 62 }]);
      await shows(page, "62.0");
      const url = await screen(page);

      const wall = await visitor(browser, { url: app.url, expected: EXPECTED });
      await wall.page.clock.install();
      await wall.page.goto(url);
      assert.equal(await value(wall.page), "62.0°C");
      assert.equal(await wall.page.locator("nav, main a, button").count(), 0, "no chrome");
      await looks(wall.page, "kiosk");
      const middles = await wall.page.evaluate(() =>
        ["h1", ".board-clock time"].map((each) => {
          const { top, bottom } = document.querySelector(each)!.getBoundingClientRect();
          return (top + bottom) / 2;
        })
      );
      assert.ok(Math.abs(middles[0] - middles[1]) < 5, `the clock stands level: ${middles}`);

      const asks = Number(Deno.env.get("KIOSK_ASKS") ?? 40);
      await hangs(wall.page, 40);
      const before = await held(wall.page);
      await hangs(wall.page, asks);
      const after = await held(wall.page);
      if (asks > 40) console.log(`${asks} questions:`, before, after);
      assert.ok(after.nodes <= before.nodes * 1.05 + 50, `nodes: ${before.nodes}, ${after.nodes}`);
      assert.ok(after.heap < before.heap + 1e6, `heap: ${before.heap}, then ${after.heap}`);
      assert.ok(after.listeners <= before.listeners + 5);

      // Perch goes away, and comes back with another value.
      await app.stop();
      await wall.page.clock.resume();
      await wall.page.waitForSelector(".offline");
      assert.match(await wall.page.textContent(".offline") ?? "", /cannot be reached since/);
      assert.equal(
        await value(wall.page),
        "62.0°C",
        "the last values stay, and are said to be old",
      );
      await assertAccessible(wall.page);
      app = await runApp(env);
      await app.ingest([{ ...TEMPERATURE, value: 63 }]);
      await shows(wall.page, "63.0");
      await wall.page.waitForSelector(".offline", { state: "detached" });

      await page.goto("/settings/screens");
      await page.click("button:text('Revoke')");
      await wall.page.waitForSelector("h1:text('This link shows nothing')");
      assert.equal(await wall.page.locator(".tile").count(), 0);

      await page.selectOption("[name=enabled]", "on");
      await page.fill("[name=machines]", "press 3, yard");
      await page.click("button:text('Save')");
      const error = page.locator(".field:has([name=machines]) .error");
      assert.equal(await error.textContent(), "No machine and no area matches “yard”.");
      await page.fill("[name=machines]", "press 3");
      await page.click("button:text('Save')");
      await page.waitForSelector("text=Saved.");
      await wall.page.goto("/status");
      assert.match(await wall.page.textContent("main") ?? "", /Press 3.*normal/s);
      await looks(wall.page, "status");
      assert.deepEqual([...faults, ...wall.faults], []);
    } finally {
      await browser.close();
      await app.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
