/** In Chromium: cameras are added, looked at, lost and found again; an old picture is never shown as a live one. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
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

async function withPerch(run: (under: AppUnderTest) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    const { access, settings } = under.app.parts();
    // A host that is busy with other tests would let its cameras rest.
    await settings.set("host.emergency", false, "test", () => []);
    await access.users.add({ email: ADMIN[0], role: "admin", password: ADMIN[1] }, tester);
    await run(under);
  } finally {
    await under.close();
  }
}

async function withPage(
  url: string,
  run: (page: Page) => Promise<void>,
  options: Partial<VisitorOptions> = {},
): Promise<void> {
  const browser = await startBrowser();
  try {
    const { page, faults } = await visitor(browser, { url, ...options });
    page.setDefaultTimeout(15_000);
    await signIn(page, ...ADMIN);
    await run(page);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
}

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `cameras-${name}`);
}

async function addPattern(under: AppUnderTest, name: string): Promise<string> {
  const { cameras, access } = under.app.parts();
  const view = await cameras.add(
    { name, kind: "test_pattern", options: { size: "320x180", rate: 5 }, settings: { width: 320 } },
    (change) => access.audit.statement({ actor: tester, ...change }),
  );
  return view.id;
}

const hasPicture = (under: AppUnderTest, id: string) =>
  until("a picture", () => under.app.parts().cameras.runnerOf(id)?.capture.latest() ?? null);
const isLive = (page: Page) =>
  page.locator("figcaption", { hasText: /^Live, \d pictures a second$/ }).first().waitFor();
/** The picture that is drawn, in short. */
const drawn = (page: Page) =>
  page.locator("canvas").first().evaluate((canvas) => {
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, 320, 180);
    return data.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
  });

Deno.test({
  name:
    "browser: a camera is added, is live, keeps pictures under a slider, and goes, in every look and without script",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPerch((under) =>
      withPage(under.url, async (page) => {
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
        const { cameraImages } = under.app.parts();
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
        assert.deepEqual(under.app.parts().cameras.all(), []);
      }, { expected: /status of 400/ })
    ),
});

async function withoutScript(under: AppUnderTest, id: string, at: string): Promise<void> {
  await withPage(under.url, async (page) => {
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

Deno.test({
  name:
    "browser: an old picture says so and is dimmed, a switched off camera too; after a cut the page is live by itself",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPerch(async (under) => {
      const id = await addPattern(under, "Dock");
      await hasPicture(under, id);
      await using way = startCuttable(Number(new URL(under.url).port));
      await withPage(way.url, async (page) => {
        const picture = await under.app.parts().cameras.runnerOf(id)!.capture.latest()!.jpeg;
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

        const { cameras, access } = under.app.parts();
        const enable = (enabled: boolean) =>
          cameras.change(
            id,
            { enabled },
            (change) => access.audit.statement({ actor: tester, ...change }),
          );
        await enable(false);
        await old.filter({ hasText: "the camera is off" }).waitFor();
        await page.locator("h1", { hasText: "Dock is switched off" }).waitFor();
        await enable(true);
        await isLive(page);
        assert.equal(await page.getAttribute("body", "data-mark"), "same page");
      }, { expected: CUT });
    }),
});

Deno.test({
  name: "browser: ten windows of cameras leave a connection free, and hidden ones hold none",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPerch(async (under) => {
      const ids = [await addPattern(under, "Dock"), await addPattern(under, "Yard")];
      for (const id of ids) await hasPicture(under, id);
      const parts = under.app.parts();
      const viewers = () =>
        ids.reduce((sum, id) => sum + (parts.cameras.runnerOf(id)?.capture.viewers() ?? 0), 0);
      const tabs = await startTabs();
      try {
        const first = await tabs.open(`${under.url}/sign-in`);
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
          windows.push(await tabs.open(`${under.url}/cameras`, "window"));
          assert.ok(await windows.at(-1)!.loads(), `window ${i + 1} does not load`);
        }
        // Ten pages take turns with their own streams: they have single pictures.
        await until("no window to hold a live picture", () => viewers() === 0 || null);
        for (const window of windows.slice(-2)) {
          await until("pictures in a window without a stream", async () =>
            /A picture a second/.test(await window.run("document.body.innerText")) || null);
        }
        const other = await tabs.open(`${under.url}/alarms`, "window");
        assert.ok(await other.loads(5_000), "another page does not load");
        assert.equal((await fetch(`${under.url}/health/live`)).status, 200);
        const behind = await tabs.open(`${under.url}/cameras`, "background");
        assert.ok(await behind.loads(5_000));
        assert.equal(
          await behind.run("document.querySelectorAll('canvas:not([hidden])').length"),
          0,
        );
      } finally {
        await tabs.close();
      }
    }),
});
