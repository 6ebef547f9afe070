/** Alarms as people meet them: on a phone and at a desk, with and without script, by keyboard and in bulk. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { keepPicture } from "../support/camera_images.ts";
import { cameraPictures } from "../support/cameras/camera_pictures.ts";
import {
  assertAccessible,
  assertEveryLook,
  assertFits,
  chromiumIsMissing,
  DESKTOP,
  drawAsOfRunBefore,
  PHONE,
  signIn,
  startBrowser,
  visitor,
  type VisitorOptions,
} from "../support/browser.ts";

const PEOPLE = { engineer: "ada@example.org", viewer: "vic@example.org" } as const;
const PASSWORD = "long enough";

interface Plant {
  app: RunningApp;
  browser: Browser;
  /** Sends one value of a sensor with a warning limit of 80 and a critical one of 90. */
  send(name: string, value: number): Promise<void>;
  /** Waits until so many alarms are open. */
  open(count: number): Promise<void>;
  enter(role: keyof typeof PEOPLE, options?: Partial<VisitorOptions>): ReturnType<typeof visitor>;
}

async function withPlant(test: (plant: Plant) => Promise<void>): Promise<void> {
  const app = await runApp();
  const browser = await startBrowser();
  try {
    for (const [role, email] of Object.entries(PEOPLE)) {
      await app.parts.access.users.add(
        {
          email,
          name: role === "engineer" ? "Ada" : "Vic",
          role: role as "viewer",
          password: PASSWORD,
        },
        systemActor("test"),
      );
    }
    const limited = new Set<string>();
    const reading = (name: string, value: number) => {
      const cut = name.lastIndexOf("/");
      return { machine: name.slice(0, cut), sensor: name.slice(cut + 1), value, unit: "°C" };
    };
    await test({
      app,
      browser,
      async send(name, value) {
        if (!limited.has(name)) {
          limited.add(name);
          await app.ingest([reading(name, 60)]);
          const answer = await app.ask(`/api/sensors/${name}`, {
            method: "PATCH",
            role: "engineer",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ warning_high: 80, critical_high: 90 }),
          });
          assert.equal(answer.status, 200);
        }
        await app.ingest([reading(name, value)]);
      },
      async open(count) {
        for (let i = 0; app.parts.alarms.open().length !== count; i++) {
          assert.ok(i < 400, `${app.parts.alarms.open().length} alarms are open`);
          await new Promise((r) => setTimeout(r, 25));
        }
      },
      async enter(role, options = {}) {
        const one = await visitor(browser, { url: app.url, ...options });
        await signIn(one.page, PEOPLE[role], PASSWORD);
        return one;
      },
    });
  } finally {
    await browser.close();
    await app.stop();
  }
}

Deno.test({
  name: "browser: the overview's card of a machine acknowledges its worst alarm",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant(async ({ app, send, open, enter }) => {
      await send("hall/press/bearing", 83.4);
      await send("hall/press/oil", 95);
      await open(2);
      const { page, faults, close } = await enter("engineer", { viewport: PHONE });
      await page.waitForSelector("text=2 alarms not acknowledged");
      await page.waitForSelector(".attention-cards >> text=Acknowledge Oil 95 °C");
      await assertAccessible(page);
      await assertFits(page);
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/overview.png`, fullPage: true });
      await page.click(".attention-cards button");
      await page.waitForSelector("text=1 alarm not acknowledged");
      assert.equal(new URL(page.url()).pathname, "/");
      const [first] = app.parts.alarms.open();
      assert.deepEqual([first.sensor, first.state], ["hall/press/oil", "acknowledged"]);
      await page.click(".attention-cards button");
      await page.waitForFunction(() => document.querySelector(".attention-cards button") === null);
      assert.deepEqual(faults, []);
      await close();
      const looker = await enter("viewer");
      await looker.page.waitForSelector(".attention-cards >> text=Alarm");
      assert.equal(await looker.page.locator(".attention-cards button").count(), 0);
      await looker.close();
    }),
});

/** As if a camera had kept pictures of the alarm of a sensor. */
async function keepMoment({ parts, dataDir }: RunningApp, sensor: string): Promise<void> {
  const { id: alarmId, raised_ms } = parts.alarms.open().find((one) => one.sensor === sensor)!;
  const { id: cameraId } = await parts.cameras.add(
    { name: "Press hall", kind: "test_pattern", options: {}, enabled: false },
    (change) => parts.access.audit.statement({ actor: systemActor("test"), ...change }),
  );
  const jpegs = (await cameraPictures()).moving;
  for (let i = 0; i < 9; i++) {
    const tMs = raised_ms + (i - 5) * 1_000;
    const jpeg = new Uint8Array(jpegs[i]);
    const kept = { cameraId, tMs, reason: "alarm", alarmId, jpeg } as const;
    await keepPicture({ db: parts.storage.db, dataDir }, kept);
  }
}

/** The page shows what was before, at and after it, each picture with its words and in its full size. */
async function assertMoment(page: Page): Promise<void> {
  const alts = await page.locator(".moment img").evaluateAll((all) =>
    all.map((one) => (one as HTMLImageElement).alt)
  );
  assert.equal(alts.length, 10, "the one at the alarm in large, and all in a strip");
  assert.match(alts[0], /^Press hall, at the alarm, 20\d\d-/);
  assert.match(alts[1], /^Press hall, 5 s before, /);
  assert.match(alts[9], /^Press hall, 3 s after, /);
  const isDrawn = () => document.querySelector<HTMLImageElement>(".moment img")!.naturalWidth > 0;
  await page.waitForFunction(isDrawn);
  const href = await page.getAttribute(".moment a:has(img)", "href");
  const answer = await page.request.get(new URL(href!, page.url()).href);
  assert.equal(answer.headers()["content-type"], "image/jpeg");
}

/** Pictures for people who look at them. */
const SHOTS = Deno.env.get("SHOTS");

Deno.test({
  name: "browser: alarms are listed, arrive live, count in the title, and fit phone and desk",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant(async ({ app, send, open, enter }) => {
      const first = await enter("engineer");
      await first.page.goto("/alarms");
      assert.equal(await first.page.textContent("h1"), "No alarm is open");
      await assertAccessible(first.page);
      await first.close();

      await send("hall/press/bearing", 83.4);
      await send("hall/press/oil", 95);
      await send("hall/mixer/motor", 84);
      await open(3);
      const desk = await enter("engineer");
      const picture = async (what: string) => {
        if (!SHOTS) return;
        for (const viewport of [PHONE, DESKTOP]) {
          await desk.page.setViewportSize(viewport);
          for (const colorScheme of ["light", "dark"] as const) {
            await desk.page.emulateMedia({ colorScheme });
            const path = `${SHOTS}/${what}-${viewport.width}-${colorScheme}.png`;
            await desk.page.screenshot({ path, fullPage: true });
          }
        }
      };
      await desk.page.goto("/alarms");
      await desk.page.waitForSelector(".dot.live");
      assert.match(await desk.page.title(), /^\(3\) Alarms/);
      assert.match(await desk.page.textContent("h1") ?? "", /3 alarms not acknowledged/);
      assert.equal(await desk.page.locator("[data-alarm]").count(), 3);
      const top = await desk.page.textContent("[data-alarm]");
      assert.match(top ?? "", /critical.*Oil 95 °C is above critical 90 °C/);
      await assertEveryLook(desk.page);
      await picture("alarms");
      await keepMoment(app, "hall/press/oil");
      await desk.page.click("[data-alarm] a.row");
      await desk.page.waitForSelector(".talk li");
      await assertMoment(desk.page);
      assert.match(await desk.page.textContent(".talk") ?? "", /Raised/);
      await assertEveryLook(desk.page);
      await picture("alarm");
      assert.deepEqual(desk.faults, []);
      await desk.close();
      const { page, faults } = await enter("engineer", { viewport: PHONE });
      await page.goto("/alarms");
      await page.waitForSelector(".dot.live");
      await send("hall/mixer/gear", 91);
      await page.waitForSelector("text=1 new: show");
      assert.equal(await page.locator("[data-alarm]").count(), 3, "nothing moved by itself");
      assert.match(await page.title(), /^\(4\) /);
      await page.click("text=1 new: show");
      await page.waitForSelector("text=Gear 91 °C is above critical 90 °C");
      await send("hall/mixer/gear", 60);
      await page.waitForSelector('[data-alarm]:has-text("gear") >> text=resolved after');
      // The badge is on every page, also where nothing else lives.
      await page.goto("/more");
      assert.match(await page.title(), /^\(3\) /);
      await send("hall/mixer/gear", 92);
      await page.waitForFunction(() => document.title.startsWith("(4) "));
      assert.deepEqual(faults, []);
    }),
});

Deno.test({
  name: "browser: alarms are acknowledged by keyboard, in bulk, and by forms without script",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant(async ({ app, send, open, enter }) => {
      const names = ["bearing", "oil", "motor", "gear"].map((sensor) => `hall/press/${sensor}`);
      for (const name of names) await send(name, 85);
      await open(4);
      const { page, faults, close } = await enter("engineer");
      await page.goto("/alarms");
      await page.waitForSelector(".dot.live");
      await page.keyboard.press("j");
      await page.keyboard.press("a");
      await page.waitForSelector("text=acknowledged by Ada");
      await page.waitForSelector("h1 >> text=3 of 4 alarms not acknowledged");
      assert.equal(await page.locator("h1 .mark.warning, .badge.warning").count(), 2);
      await page.keyboard.press("j");
      await page.keyboard.press("x");
      await page.keyboard.press("j");
      await page.keyboard.press("x");
      assert.equal(await page.locator("[data-alarm] input:checked").count(), 2);
      await page.click("text=Selected:");
      await page.click(".bulk >> text=Resolve");
      await page.waitForFunction(() => document.querySelectorAll("[data-alarm]").length === 2);
      await page.keyboard.press("g");
      await page.keyboard.press("a");
      await page.waitForURL("**/alarms");
      await page.click(".chips >> text=Resolved");
      await page.waitForSelector('.alarm-note:has-text("by Ada")');
      assert.equal(await page.locator("[data-alarm]").count(), 2);
      assert.deepEqual(faults, []);
      await close();

      const plain = await enter("engineer", { script: false, viewport: PHONE });
      await plain.page.goto("/alarms?state=active");
      assert.equal(await plain.page.locator("[data-alarm]").count(), 1);
      await plain.page.click("[data-alarm] button");
      assert.ok(plain.page.url().endsWith("/alarms?state=active"), plain.page.url());
      await plain.page.goto("/alarms");
      await plain.page.click("[data-alarm] a.row");
      await plain.page.click("summary:has-text('Shelve')");
      await plain.page.fill("[name=reason]", "part is ordered");
      await plain.page.click("form[action$=shelve] button");
      await plain.page.waitForSelector("text=shelved until");
      await plain.page.click("text=Unshelve");
      await plain.page.click("summary:has-text('Resolve')");
      await plain.page.fill("[name=note]", "bearing greased");
      await plain.page.selectOption("[name=verdict]", "real");
      await plain.page.click("form[action$=resolve] button");
      const text = await plain.page.textContent("main") ?? "";
      assert.match(text, /bearing greased/);
      assert.match(text, /It was real/);
      assert.match(text, /part is ordered/);
      await plain.page.click("text=False alarm");
      await plain.page.waitForSelector("text=It was a false alarm");
      if (SHOTS) await plain.page.screenshot({ path: `${SHOTS}/resolved.png`, fullPage: true });

      // Somebody was faster: the form says who.
      const [left] = app.parts.alarms.open();
      await plain.page.goto(`/alarms/${left.id}`);
      await app.ask(`/api/alarms/${left.id}/resolve`, {
        method: "POST",
        role: "admin",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      await plain.page.click("summary:has-text('Resolve')");
      await plain.page.click("form[action$=resolve] button");
      assert.match(await plain.page.textContent("main") ?? "", /Test admin resolved it .* ago\./);
      await plain.close();

      const looker = await enter("viewer");
      await looker.page.goto(`/alarms/${left.id}`);
      assert.equal(await looker.page.locator("main form:not(.say)").count(), 0);
      await looker.page.goto("/alarms");
      assert.equal(await looker.page.locator("[type=checkbox]").count(), 0);
      await looker.close();
    }),
});

Deno.test({
  name: "browser: an alarm's page says what changed while Perch was started anew",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant(async ({ app, send, open, enter }) => {
      await send("hall/press/oil", 85);
      await open(1);
      const [{ id }] = app.parts.alarms.open();
      const { page, faults } = await enter("viewer");
      await drawAsOfRunBefore(page, `${app.url}/alarms/${id}`, async () => {
        const answer = await app.ask(`/api/alarms/${id}/ack`, {
          ...{ method: "POST", role: "engineer", body: "{}" },
          headers: { "content-type": "application/json" },
        });
        assert.equal(answer.status, 200, await answer.text());
      });
      await page.goto(`/alarms/${id}`);
      await page.getByText("It has changed: show").waitFor();
      assert.deepEqual(faults, []);
    }),
});
