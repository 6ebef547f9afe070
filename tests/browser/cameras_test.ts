/** In Chromium: cameras are added, looked at, lost and found again; an old picture is never shown as a live one. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
  type VisitorOptions,
} from "../support/browser.ts";
import { startCuttable } from "../support/cuttable.ts";
import { takePictures } from "../support/looks.ts";
import { startTabs, type Tab } from "../support/tabs.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const tester = systemActor("test");
/** What Chromium says of its own when a connection is cut or a camera rests. */
const CUT = /net::ERR_|status of 50/;

/** One Perch and one browser for all. */
interface Under {
  app: RunningApp;
  browser: Browser;
}

async function withPage(
  { app, browser }: Under,
  run: (page: Page) => Promise<void>,
  options: Partial<VisitorOptions> = {},
): Promise<void> {
  const { page, faults, close } = await visitor(browser, { url: app.url, ...options });
  page.setDefaultTimeout(15_000);
  await signIn(page, ...ADMIN);
  await run(page);
  assert.deepEqual(faults, []);
  await close();
}

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `cameras-${name}`);
}

const byTester = ({ parts }: RunningApp) => (change: AuditChange) =>
  parts.access.audit.statement({ actor: tester, ...change });

/** A camera that has a picture. */
async function addPattern(app: RunningApp, name: string, machine: string | null = null) {
  const { cameras } = app.parts;
  const options = { size: "320x180", rate: 5 };
  const given = { name, kind: "test_pattern", options, settings: { width: 320 }, machine };
  const { id } = await cameras.add(given, byTester(app));
  await until("a picture", () => cameras.runnerOf(id)?.capture.latest() ?? null);
  return id;
}

const isLive = (page: Page) =>
  page.locator("figcaption", { hasText: /^Live, \d pictures a second$/ }).first().waitFor();
/** The picture that is drawn, in short. */
const drawn = (page: Page) =>
  page.locator("canvas").first().evaluate((canvas) => {
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, 320, 180);
    return data.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
  });

/** From the empty page to a camera that is gone again. */
async function fromFirstToLast(under: Under): Promise<void> {
  const { app } = under;
  await withPage(under, async (page) => {
    await page.goto("/cameras");
    assert.equal(await page.locator("h1").textContent(), "There is no camera yet");
    await looks(page, "none");
    await page.click("text=Add the first camera");
    await page.click("a:text('Test pattern')");
    await page.fill("[name=name]", "Dock");
    await page.fill("[name='option.rate']", "700");
    await page.click("button:text('Add')");
    const beside = page.locator(".field:has([name='option.rate']) .error");
    assert.match(await beside.textContent() ?? "", /30/);
    assert.equal(await page.inputValue("[name=name]"), "Dock");
    await looks(page, "wrong");
    await page.fill("[name='option.rate']", "5");
    await page.selectOption("[name='option.size']", "320x180");
    await page.click("button:text('Add')");
    await page.waitForURL(/\/cameras\/[a-z0-9]{12}$/);

    await isLive(page);
    const before = await drawn(page);
    await until("the picture to move", async () => await drawn(page) !== before || null);
    await page.locator("h1", { hasText: /^Dock gives pictures$/ }).waitFor();
    await page.click("button:text('Keep a picture')");
    await page.waitForURL(/at=\d+#kept$/);
    const [first] = /\d{13}/.exec(page.url())!;
    const { cameraImages } = app.parts;
    const id = page.url().slice(-40).match(/[a-z0-9]{12}(?=\?)/)![0];
    await until(
      "another picture to be kept",
      async () => (await cameraImages.take(id)).t_ms !== Number(first) || null,
    );
    await page.goto(`/cameras/${id}?at=${first}`);
    const slider = page.getByRole("slider", { name: "Time of the picture" });
    await slider.press("End");
    const steps = page.locator(".kept-steps");
    await steps.getByText("2 of 2").waitFor();
    await page.locator(`.kept img:not([src*='${first}'])`).waitFor();
    await isLive(page);
    await looks(page, "one");

    await page.goto("/cameras");
    await isLive(page);
    await withoutScript(under, id, first);

    await page.goto(`/cameras/${id}`);
    await page.click("summary:text('Remove this camera')");
    await page.click("button:text('Remove Dock and its pictures')");
    await page.locator("h1", { hasText: "There is no camera yet" }).waitFor();
    assert.deepEqual(app.parts.cameras.all(), []);
  }, { expected: /status of 400/ });
}

async function withoutScript(under: Under, id: string, at: string): Promise<void> {
  await withPage(under, async (page) => {
    await page.goto(`/cameras/${id}?at=${at}`);
    assert.equal(await page.locator("h1").textContent(), "Dock gives pictures");
    for (const img of await page.locator("main img").all()) {
      assert.ok(await img.evaluate((one) => (one as HTMLImageElement).naturalWidth) > 0);
    }
    assert.equal(await page.locator("main img").count(), 2);
    await page.click(".kept-steps a");
    await page.getByText("2 of 2").waitFor();
  }, { script: false });
}

/** An admin is asked once for an address of the local network; a machine shows who looks at it. */
async function askedAndLookedAt(under: Under): Promise<void> {
  const { app } = under;
  await app.ingest([{ machine: "hall/press", sensor: "t", value: 20 }]);
  await addPattern(app, "Press", "hall/press");
  const { id } = await app.parts.cameras.add(
    {
      name: "Gate",
      kind: "rtsp",
      options: { url: "rtsp://192.168.77.20/main", password: "the gate's own" },
      enabled: false,
    },
    byTester(app),
  );
  await withPage(under, async (page) => {
    await page.goto(`/cameras/${id}`);
    await page.locator("h2", { hasText: "Allow 192.168.77.20:554 for this camera?" }).waitFor();
    assert.ok(!(await page.content()).includes("the gate's own"));
    await looks(page, "ask");
    await page.click("button:text('Allow')");
    await page.getByText("An admin allowed it to connect to 192.168.77.20:554.").waitFor();
    assert.equal(app.parts.cameras.find(id).allowed, "192.168.77.20:554");
    await page.goto("/machines/hall/press");
    const img = page.locator(".machine-cameras img");
    await img.scrollIntoViewIfNeeded();
    await until(
      "its picture",
      () => img.evaluate((one) => (one as HTMLImageElement).naturalWidth > 0 || null),
    );
    await looks(page, "machine");
    await page.click(".machine-cameras a:text('Press')");
    await isLive(page);
  });
}

async function oldAndLost(under: Under): Promise<void> {
  const { app } = under;
  const id = await addPattern(app, "Old");
  await using way = startCuttable(Number(new URL(app.url).port));
  await withPage(under, async (page) => {
    const picture = await app.parts.cameras.runnerOf(id)!.capture.latest()!.jpeg;
    const mark = "--x\r\nContent-Type: image/jpeg\r\n\r\n";
    const body = new Blob([mark, picture, `\r\n${mark}`]);
    // Perch sends the newest picture first, however old it is.
    await page.route("**/stream", async (route) =>
      await route.fulfill({
        body: Buffer.from(await body.arrayBuffer()),
        contentType: "multipart/x-mixed-replace; boundary=x",
        headers: { "x-picture-age-ms": "12000" },
      }));
    await page.route("**/snapshot*", (route) => route.abort());
    await page.goto(`/cameras/${id}`);
    const old = page.locator(".camera-picture.old figcaption");
    await old.filter({ hasText: /The picture is 1\d s old: newer ones do not come/ }).waitFor();
    await looks(page, "old");
    await page.unrouteAll();
    await isLive(page);
    assert.equal(await old.count(), 0);

    await page.evaluate(() => void (document.body.dataset.mark = "same page"));
    way.cut();
    await old.filter({ hasText: "Perch cannot be reached" }).waitFor();
    way.mend();
    await isLive(page);

    const enable = (enabled: boolean) => app.parts.cameras.change(id, { enabled }, byTester(app));
    await enable(false);
    await old.filter({ hasText: "the camera is off" }).waitFor();
    await page.locator("h1", { hasText: "Old is switched off" }).waitFor();
    await enable(true);
    await isLive(page);
    assert.equal(await page.getAttribute("body", "data-mark"), "same page");
  }, { url: way.url, expected: CUT });
}

async function tenWindows({ app }: Under): Promise<void> {
  const { cameras } = app.parts;
  const viewers = () =>
    cameras.all().reduce((n, { id }) => n + (cameras.runnerOf(id)?.capture.viewers() ?? 0), 0);
  await until("nobody to look", () => viewers() === 0 || null);
  const tabs = await startTabs();
  try {
    const first = await tabs.open(`${app.url}/sign-in`);
    assert.ok(await first.loads());
    const [email, password] = ADMIN;
    await first.run(
      `fetch("/sign-in", {method: "POST", body: new URLSearchParams(${
        JSON.stringify({ email, password })
      })}).then((answer) => answer.text()).then(() => { location.href = "/cameras"; })`,
    );
    await until("two live pictures", () => viewers() === 2 || null);
    const windows: Tab[] = [];
    for (let i = 1; i < 10; i++) {
      windows.push(await tabs.open(`${app.url}/cameras`, "window"));
      assert.ok(await windows.at(-1)!.loads(), `window ${i + 1} does not load`);
    }
    // One connection brings events to all pages, four bring pictures: one is left for everything else.
    await until("four live pictures", () => viewers() === 4 || null);
    for (const window of windows.slice(-2)) {
      await until(
        "pictures in a window without a stream",
        async () => /A picture a second/.test(await window.run("document.body.innerText")) || null,
      );
    }
    assert.equal(viewers(), 4);
    const other = await tabs.open(`${app.url}/alarms`, "window");
    assert.ok(await other.loads(5_000), "another page does not load");
    assert.equal((await fetch(`${app.url}/health/live`)).status, 200);
    const behind = await tabs.open(`${app.url}/cameras`, "background");
    assert.ok(await behind.loads(5_000));
    assert.equal(
      await behind.run("document.querySelectorAll('canvas:not([hidden])').length"),
      0,
    );
  } finally {
    await tabs.close();
  }
}

Deno.test({
  name: "browser: cameras",
  ignore: chromiumIsMissing(),
  fn: async (t) => {
    const app = await runApp();
    const browser = await startBrowser();
    const under = { app, browser };
    try {
      // A host that is busy with other tests would let its cameras rest.
      await app.parts.settings.set("host.emergency", false, "test", () => []);
      const { users } = app.parts.access;
      await users.add({ email: ADMIN[0], role: "admin", password: ADMIN[1] }, tester);
      const step = (name: string, run: (under: Under) => Promise<void>) =>
        t.step(name, () => run(under));
      await step(
        "one is added, is live, keeps pictures under a slider, and goes; also without script",
        fromFirstToLast,
      );
      await step(
        "an admin is asked for an address; a machine shows its cameras",
        askedAndLookedAt,
      );
      await step(
        "an old picture says so and is dimmed; after a cut and a pause it is live by itself",
        oldAndLost,
      );
      await step("ten windows leave a connection free, and hidden ones hold none", tenWindows);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
