/** The simulator as a person meets it: every page, at phone and desktop width, light and dark. */
import type { Page } from "playwright-core";
import assert from "node:assert/strict";
import {
  assertAccessible,
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { until } from "../support/until.ts";

const ENGINEER = ["engineer@example.com", "engineer123"] as const;
/** Pages without a stream of their own. */
const STILL = [
  "/compare",
  "/dashboards",
  "/analyses",
  "/hardware",
  "/host",
  "/machines/exchange",
  "/report-schedules",
  "/maintenance",
  "/models",
  "/more",
  "/search",
  "/search?q=press+3",
];

interface Sim {
  perch: PerchProcess;
  dataDir: string;
  env: Record<string, string>;
}

async function startSim(): Promise<Sim> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-browser-" });
  const env = { PERCH_PORT: String(freePort()), MQTT_PORT: String(freePort()) };
  const perch = await startPerch({ dataDir, env, args: ["sim", "--history", "2"] });
  return { perch, dataDir, env };
}

/** A key, what is typed, what is found first, and its page. */
const PALETTE: [key: string, typed: string, first: string, url: RegExp][] = [
  ["/", "press 3 oil", "Press 3 oil level", /\/sensors\/\w+$/],
  ["Control+k", "presure 3", "Press 3 pressure", /\/sensors\/\w+$/],
  ["Control+k", "maintenance windows", "Maintenance windows", /\/maintenance$/],
  ["/", "xyzzy", "Everything with", /\/search\?q=xyzzy/],
];

async function withSim(test: (sim: Sim) => Promise<void>): Promise<void> {
  const sim = await startSim();
  try {
    await test(sim);
  } finally {
    await sim.perch.stop();
    await Deno.remove(sim.dataDir, { recursive: true });
  }
}

Deno.test({
  name: "browser: every page is accessible, fits, and makes no error at phone and desktop width",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, { url });
        await page.goto("/sign-in");
        await assertEveryLook(page);
        await signIn(page, ...ENGINEER);
        await page.waitForSelector(".dot.live");
        await page.waitForSelector("a.row");
        const sensor = await page.getAttribute('a.row:has-text("Temperature")', "href");
        const state = await page.getAttribute('a.row:has-text("Mode")', "href");
        const paths = [
          "/",
          "/sensors",
          "/sensors?status=offline&q=nothing",
          sensor!,
          `${sensor}?range=24h`,
          `${sensor}?from=2020-01-01T00:00&to=2020-01-02T00:00`,
          `${sensor}?from=x&to=y`,
          `${state}?range=6h`,
          "/sources",
          "/cameras",
          "/compare",
          "/dashboards",
          "/hardware",
          "/alarms",
          "/alarms?show=resolved&severity=critical",
          "/events?range=24h&q=nothing",
          "/machines",
          "/machines/tree",
          "/machines/exchange",
          "/maintenance",
          "/host",
          "/export",
          "/reports",
          "/report-schedules",
          "/predictions",
          "/models",
          "/analyses",
          "/more",
          "/search",
          "/search?q=press+3",
        ];
        for (const path of paths) {
          await page.goto(path);
          if (!STILL.includes(path)) await page.waitForSelector(".dot.live");
          await assertEveryLook(page);
        }
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "browser: values change in place, without a reload",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, { url, viewport: PHONE });
        await signIn(page, ...ENGINEER);
        // The simulator's history comes after the first values.
        await until("a page with history", async () => {
          await page.goto("/");
          await page.waitForSelector("a.row");
          return await page.locator(".spark path").count() > 0 || null;
        }, 60_000);
        await page.evaluate(() => void (document.body.dataset.mark = "same page"));
        const values = () => page.locator(".row-value").allTextContents();
        const before = await values();
        await page.waitForFunction(
          (old) => {
            const now = [...document.querySelectorAll(".row-value")].map((e) => e.textContent);
            return now.filter((text, i) => text !== old[i]).length >= 10;
          },
          before,
          { timeout: 60_000 },
        );
        const spark = await page.locator(".spark path").first().getAttribute("d");
        assert.match(spark!, /^M/);
        assert.equal(await page.getAttribute("body", "data-mark"), "same page");
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "browser: a sensor's chart changes range, zooms, goes back, follows, and steps by keyboard",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, { url });
        await signIn(page, ...ENGINEER);
        await page.click('a.row:has-text("Temperature")');
        await page.waitForSelector(".u-over");
        await page.waitForSelector(".dot.live");
        assert.match(await page.textContent(".now-value") ?? "", /\d/);

        await page.click('nav[aria-label="Range"] a:has-text("6 h")');
        await page.waitForURL(/range=6h/);
        await page.waitForSelector(".u-over");
        const head = () => page.textContent(".chart-head");
        assert.match(await head() ?? "", /to now/);

        const count = async () =>
          Number((await page.textContent(".figures div:nth-child(4) dd"))!.replace(/\D/g, ""));
        const all = await count();
        await page.waitForFunction(
          (n) =>
            Number(
              document.querySelector(".figures div:nth-child(4) dd")!.textContent!.replace(
                /\D/g,
                "",
              ),
            ) > n,
          all,
        );

        const box = (await page.locator(".u-over").boundingBox())!;
        const at = (share: number) => box.x + box.width * share;
        const middle = box.y + box.height / 2;
        await page.mouse.move(at(0.8), middle);
        await page.mouse.down();
        await page.mouse.move(at(0.95), middle, { steps: 5 });
        await page.mouse.up();
        await page.waitForSelector('button:has-text("Back to live")');
        assert.doesNotMatch(await head() ?? "", /to now/);
        assert.ok(await count() < all, "a part of the range has fewer readings than the whole");
        const csv = await page.getAttribute('a:has-text("CSV")', "href");
        const rows = (await (await page.request.get(csv!)).text()).trim().split("\r\n").length - 1;
        assert.equal(rows, await count(), "the download is the range that is shown");

        const shown = new URL(page.url()).searchParams;
        const [from, to] = ["from", "to"].map((name) => Date.parse(shown.get(name)!));
        assert.ok(to - from > 40 * 60_000 && to - from < 70 * 60_000, `${page.url()} is the zoom`);

        await page.mouse.click(at(0.5), middle);
        const summary = page.locator(".add-note summary");
        const noted = /at (\S+)/.exec(await summary.innerText())![1];
        await summary.click();
        await page.getByLabel("Note", { exact: true }).fill("Oil changed");
        await page.getByRole("button", { name: "Add the note" }).click();
        const row = page.locator(".happenings li", { hasText: "Note: Oil changed" });
        assert.match(await row.innerText(), new RegExp(`${noted}, by engineer`));

        // Two of one moment are one mark, with a list for mouse and keyboard.
        await summary.click();
        await page.getByLabel("Note", { exact: true }).fill("Filter changed");
        await page.getByRole("button", { name: "Add the note" }).click();
        const mark = page.locator(".chart-marks").getByRole("button", { name: /^\d+ marks\. / });
        await mark.focus();
        await page.keyboard.press("Enter");
        const listed = page.locator(".chart-marks li");
        const words = (await listed.allInnerTexts()).join();
        for (const one of ["Oil changed", "Filter changed"]) assert.ok(words.includes(one), words);
        await assertAccessible(page);
        await page.keyboard.press("Escape");
        assert.equal(await listed.count() > 0 && await listed.first().isVisible(), false);
        await page.waitForSelector('button:has-text("Back to live")');

        await page.locator(".u-over").dblclick({ position: { x: 200, y: 100 } });
        await page.waitForSelector('button:has-text("Back to live")', { state: "detached" });
        assert.match(await head() ?? "", /to now/);
        assert.equal(new URL(page.url()).search, "?range=6h", "and the address is as before");

        await swipe(page, { x: at(0.3), y: middle }, { x: at(0.7), y: middle });
        await page.waitForSelector('button:has-text("Back to live")');
        await page.click("button:has-text('Back to live')");
        await page.waitForSelector('button:has-text("Back to live")', { state: "detached" });

        await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
        const paper = await page.locator(".u-wrap").evaluate((one) => one.clientWidth);
        assert.ok(paper <= 672, `the whole chart fits the paper: ${paper} px`);
        await page.evaluate(() => dispatchEvent(new Event("afterprint")));
        assert.ok(await page.locator(".u-wrap").evaluate((one) => one.clientWidth) > 672);

        await page.click("button[aria-label='Zoom in']");
        await page.waitForFunction(
          (n) =>
            Number(
              document.querySelector(".figures div:nth-child(4) dd")!.textContent!.replace(
                /\D/g,
                "",
              ),
            ) < n,
          all,
        );
        await page.click("button[aria-label=Earlier]");
        await page.click("button:has-text('Back to live')");
        await page.waitForSelector('button:has-text("Back to live")', { state: "detached" });

        await page.focus(".chart");
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("ArrowLeft");
        assert.match(
          await page.textContent("[aria-live=polite]") ?? "",
          /\d{4}-\d\d-\d\d .*: .*\d/,
        );
        await page.click("summary:has-text('Values as a table')");
        assert.ok(await page.locator("tbody tr").count() > 10);
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});

/** A finger that moves over the page. */
async function swipe(page: Page, from: Place, to: Place): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const touch = (type: string, at: Place | null) =>
    devtools.send("Input.dispatchTouchEvent", {
      type: type as "touchStart",
      touchPoints: at === null ? [] : [at],
    });
  await touch("touchStart", from);
  for (const share of [0.25, 0.5, 0.75, 1]) {
    await touch("touchMove", { x: from.x + (to.x - from.x) * share, y: from.y });
  }
  await touch("touchEnd", null);
}

interface Place {
  x: number;
  y: number;
}

Deno.test({
  name: "browser: says that the server is gone, and recovers without a reload when it is back",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const sim = await startSim();
    const browser = await startBrowser();
    try {
      const { url } = sim.perch;
      const { page, context, faults } = await visitor(browser, {
        url,
        expected:
          /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/,
      });
      await signIn(page, ...ENGINEER);
      await page.click('a.row:has-text("Temperature")');
      await page.waitForSelector(".dot.live");
      await page.evaluate(() => void (document.body.dataset.mark = "same page"));
      const overview = await context.newPage();
      await overview.goto("/");
      await overview.waitForSelector(".dot.live");
      await overview.evaluate(() => void (document.body.dataset.mark = "same page"));
      await sim.perch.stop();
      await page.waitForSelector(".banner.warning:has-text('cannot be reached')");
      await page.waitForSelector(".dot.offline");
      await assertAccessible(page);

      sim.perch = await startPerch({ dataDir: sim.dataDir, env: sim.env, args: ["sim"] });
      await page.waitForSelector(".dot.live", { timeout: 30_000 });
      await page.waitForSelector(".banner", { state: "detached" });
      const value = await page.textContent(".now-value");
      await page.waitForFunction(
        (old) => document.querySelector(".now-value")!.textContent !== old,
        value,
        { timeout: 30_000 },
      );
      await overview.waitForSelector(".dot.live", { timeout: 30_000 });
      for (const each of [page, overview]) {
        assert.equal(await each.getAttribute("body", "data-mark"), "same page");
      }
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await sim.perch.stop();
      await Deno.remove(sim.dataDir, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "browser: pages work without script: values, chart, ranges, filter, simulator, colours, sign-out",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, { url, script: false });
        await signIn(page, ...ENGINEER);
        assert.match(await page.textContent("h1") ?? "", /\d+ (of \d+ )?sensors/);
        await page.goto("/sensors");
        await page.fill("main [name=q]", "press-3/temperature");
        await page.click("button:has-text('Filter')");
        assert.match(await page.textContent("h1") ?? "", /^1 of/);
        await page.click("a.row");
        assert.match(await page.getAttribute(".plain-chart .line", "d") ?? "", /^M.*L/);
        await page.click("nav[aria-label=Range] a:has-text('24 h')");
        assert.ok(await page.locator("[aria-current=true]:has-text('24 h')").isVisible());

        await page.goto("/sources");
        await page.click("button:has-text('Stop the simulator')");
        await page.waitForSelector("button:has-text('Start the simulator')");
        await page.click("button:has-text('Start the simulator')");
        await page.waitForSelector("button:has-text('Stop the simulator')");

        await page.goto("/more");
        await page.click(".card button:has-text('dark')");
        assert.equal(await page.getAttribute("html", "data-theme"), "dark");
        await page.click("button:has-text('Sign out')");
        await page.waitForURL(/sign-in/);
        await page.goto("/sensors");
        await page.waitForURL(/sign-in\?next=/);
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "browser: a viewer who is signed out elsewhere is told, and asked to sign in again",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, context, faults } = await visitor(browser, { url, expected: /401/ });
        await signIn(page, ...ENGINEER);
        await page.waitForSelector(".dot.live");
        await context.request.post("/sign-out", { headers: { origin: url } });
        await page.waitForSelector(".banner:has-text('signed out')");
        await page.click(".banner a");
        await page.waitForURL(/sign-in/);
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "browser: keys go places, filter, step through rows, and show help",
  ignore: chromiumIsMissing(),
  fn: () =>
    withSim(async ({ perch: { url } }) => {
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, { url });
        await signIn(page, ...ENGINEER);
        await page.waitForSelector(".dot.live");
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        assert.equal(
          await page.evaluate(() =>
            [...document.querySelectorAll("a.row")].indexOf(document.activeElement!)
          ),
          1,
        );
        await page.keyboard.press("?");
        await page.waitForSelector("dialog[open]");
        await assertAccessible(page);
        await page.keyboard.press("Escape");
        await page.keyboard.press("g");
        await page.keyboard.press("s");
        await page.waitForURL(/\/sensors$/);
        await page.waitForSelector(".dot.live");
        await page.keyboard.press("f");
        await page.evaluate(() => void (document.body.dataset.mark = "same page"));
        await page.keyboard.type("vibr");
        // The list narrows while one types, lives on, and the address follows.
        await page.waitForURL(/q=vibr$/);
        assert.match(await page.textContent("h1") ?? "", /^\d of \d+/);
        assert.equal(
          await page.locator("a.row").count(),
          Number((await page.textContent("h1"))![0]),
        );
        const value = page.locator(".row-value").first();
        const before = await value.textContent();
        await page.waitForFunction(
          (old) => document.querySelector(".row-value")?.textContent !== old,
          before,
        );
        await page.keyboard.type("atoin");
        await page.waitForURL(/q=vibratoin$/);
        assert.equal(await page.getAttribute("body", "data-mark"), "same page");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => document.body.dataset.mark === undefined);
        assert.match(await page.textContent("h1") ?? "", /^\d of \d+/);
        // The palette: from anywhere, to anything.
        const found = page.getByRole("option");
        for (const [open, typed, first, url] of PALETTE) {
          await page.keyboard.press(open);
          await page.keyboard.type(typed);
          await found.filter({ hasText: first }).first().waitFor();
          if (open === "/") await assertAccessible(page);
          await page.keyboard.press("Enter");
          await page.waitForURL(url);
          await page.waitForSelector("main h1");
        }
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
      }
    }),
});
