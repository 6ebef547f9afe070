/** The events page as people meet it: filtered, searched, live without moving, without script, and back again. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { EventDraft } from "../../lib/events/event.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  DESKTOP,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { sabotaged } from "../support/sabotage.ts";

const PASSWORD = "long enough";
const VIEWER = "viewer@example.org";
type Browser = Awaited<ReturnType<typeof startBrowser>>;

const draft = (n: number, change: Partial<EventDraft> = {}): EventDraft => ({
  type: n % 3 === 0 ? "alarm.raised" : "external.scan",
  subject: n % 3 === 0 ? `alarm:${n}` : "component:reader",
  severity: n % 3 === 0 ? "warning" : "info",
  tMs: Date.now() - 3_600_000 + n * 1_000,
  text: n % 3 === 0
    ? `Press 3: the bearing is at ${80 + n} °C, above its limit of 80 °C`
    : `Badge ${4000 + n} came in`,
  actor: n % 3 === 0 ? null : "Reader at the gate",
  body: n % 3 === 0
    ? { alarm: { machine: "hall-1/press-3", machine_name: null }, note: null }
    : { details: { badge: 4000 + n } },
  route: false,
  ...change,
});

const rows = (page: Page) => page.locator(".event").count();
const newest = async (page: Page) => await page.locator(".event-text").first().textContent();
const top = (page: Page, text: string) =>
  page.locator(`.event-text:text-is("${text}")`).evaluate((row) => row.getBoundingClientRect().top);

/** Nothing moves for who reads further down. */
async function comesInLive(app: RunningApp, browser: Browser): Promise<void> {
  const { page, faults, close } = await visitor(browser, { url: app.url, viewport: PHONE });
  await signIn(page, VIEWER, PASSWORD);
  await page.goto("/events");
  await page.waitForSelector(".dot.live");
  assert.equal(await rows(page), 40);
  // At the top it is put in.
  await app.parts.events.append(draft(61, { text: "Seen at once", tMs: Date.now() }));
  await page.waitForSelector('.event-text:text-is("Seen at once")');
  assert.equal(await newest(page), "Seen at once");
  // Further down nothing moves, whatever comes in.
  await page.evaluate(() => scrollTo(0, 1_200));
  const read = "Badge 4040 came in";
  const before = await top(page, read);
  // The control acts as a page that puts them in at once.
  if (sabotaged("events_jump")) await page.evaluate(() => scrollTo(0, 0));
  for (const text of ["First", "Second", "Third"]) {
    await app.parts.events.append(draft(62, { text, tMs: Date.now() }));
  }
  await page.waitForSelector('.event-news button:text-is("3 new events")');
  assert.equal(await top(page, read), before);
  assert.equal(await rows(page), 41);
  const bar = await page.locator(".event-news button").boundingBox();
  assert.ok(bar!.y >= 0 && bar!.y < 200, `the bar is in sight: ${bar!.y}`);
  await page.click(".event-news button");
  assert.equal(await newest(page), "Third");
  assert.equal(await rows(page), 44);
  assert.equal(await page.evaluate(() => scrollY), 0);
  assert.deepEqual(faults, []);
  await close();
}

/** Filtered, searched and opened, and back again with the filter. */
async function isFiltered(app: RunningApp, browser: Browser): Promise<void> {
  for (let n = 0; n < 60; n++) await app.parts.events.append(draft(n));
  await app.parts.events.append(
    draft(61, { type: "access.invited", subject: "user:1", text: "Secret guest was invited" }),
  );
  for (const script of [false, true]) {
    const { page, faults, close } = await visitor(browser, {
      url: app.url,
      viewport: DESKTOP,
      script,
      expected: /400|404/,
    });
    await signIn(page, VIEWER, PASSWORD);
    await page.goto("/events");
    assert.ok(!(await page.textContent("main"))!.includes("Secret guest"));
    if (script) {
      await page.waitForSelector(".dot.live");
      await takePictures(page, "events");
      await assertEveryLook(page);
      await page.setViewportSize(DESKTOP);
    }
    await page.click('.chip:text-is("Warning")');
    assert.equal(await rows(page), 20);
    await page.fill("input[name=q]", "bear 87");
    await page.click('button:text-is("Search")');
    assert.match(page.url(), /severity=warning/);
    assert.equal(await rows(page), 0, "87 °C is of no warning");
    assert.match((await page.textContent("main"))!, /No event fits/);
    await page.goBack();
    assert.equal(await rows(page), 20);
    assert.equal(await page.getAttribute('.chip:text-is("Warning")', "aria-current"), "true");
    await page.click('.chip:text-is("Warning")');
    await page.fill("input[name=q]", "4040 READ");
    await page.click('button:text-is("Search")');
    assert.deepEqual([await rows(page), await newest(page)], [1, "Badge 4040 came in"]);
    await page.click(".event-text");
    assert.match((await page.textContent("main"))!, /Another program reports a scan/);
    assert.match((await page.textContent(".event-body"))!, /"badge": 4040/);
    if (script) {
      await takePictures(page, "event");
      await assertEveryLook(page);
      await page.setViewportSize(DESKTOP);
    }
    await page.goBack();
    assert.equal(await page.inputValue("input[name=q]"), "4040 READ");
    await page.goto("/events?machine=hall-1&range=24h");
    assert.equal(await rows(page), 20);
    // What is wrong is said, and nothing is lost of what was typed.
    await page.goto("/events?q=one+two+three+four+five+six+seven");
    assert.match((await page.textContent("main .error"))!, /6 words at most/);
    assert.equal(await page.inputValue("input[name=q]"), "one two three four five six seven");
    await page.goto("/events");
    await page.click('a:text-is("Older events")');
    // Perch itself may have written some too.
    assert.ok([20, 21, 22].includes(await rows(page)), `${await rows(page)}`);
    assert.deepEqual(faults, []);
    await close();
  }
}

/** What kind of thing each event is, and the filters, which leave the phone to the events. */
async function areToldApart(app: RunningApp, browser: Browser): Promise<void> {
  const at = (agoMs: number) => Date.now() - agoMs;
  const reported: [EventDraft["type"], string, number][] = [
    ["external.scan", "Badge 1", at(1_000)],
    ["external.sms", "Badge 2", at(900)],
    ["external.door_opened", "Badge 3", at(2 * 3_600_000)],
    ["external.photo", "Badge 4", at(30 * 3_600_000)],
    ["external.scan", "Badge 5", at(0)],
  ];
  for (const [type, text, tMs] of reported) {
    await app.parts.reported.external.take(
      [{ type: type.slice("external.".length), message: text, component: "reader", ts: tMs }],
      { kind: "key", id: "k1", name: "gate" },
    );
  }
  const { page, faults, close } = await visitor(browser, { url: app.url, viewport: PHONE });
  await signIn(page, VIEWER, PASSWORD);
  await page.goto("/events?actor=gate");
  const subs = await page.locator(".event-sub").evaluateAll((all) =>
    all.map((one) => [...one.children].map(({ textContent }) => textContent).join(", "))
  );
  assert.deepEqual(subs, [
    "Scan, reader, by gate",
    "Photo, reader, by gate, reported late",
    "Door opened, reader, by gate, reported late",
    "SMS, reader, by gate",
    "Scan, reader, by gate",
  ]);
  const times = await page.locator(".event > time").allTextContents();
  assert.match(times[1], /^\d{4}-\d\d-\d\d \d\d:\d\d$/, "of another day");
  // On a phone the filters are folded, and say what is on.
  await page.goto("/events");
  const y = async () => (await page.locator(".event").first().boundingBox())!.y;
  assert.ok(await y() < PHONE.height / 2, `the first event stands at ${await y()}`);
  const summary = page.locator(".event-filters > summary");
  assert.equal(await summary.textContent(), "Filters");
  await summary.click();
  await page.click('.chip:text-is("Other programs")');
  assert.equal(await summary.textContent(), "Filters: Other programs");
  await summary.click();
  await takePictures(page, "events-types");
  await assertEveryLook(page);
  await page.setViewportSize(PHONE);
  await page.click('.chip:text-is("Door opened")');
  assert.match(page.url(), /type=external\.door_opened/);
  assert.deepEqual([await rows(page), await newest(page)], [1, "Badge 3"]);
  assert.equal(await summary.textContent(), "Filters: Door opened");
  assert.match(
    (await page.textContent(".more a[download]"))!,
    /^Download all of the last 24 hours as JSON.*: also what the filter leaves out$/,
  );
  // Where there is room, nothing is folded.
  await page.setViewportSize(DESKTOP);
  assert.equal(await summary.isVisible(), false);
  assert.equal(await page.getAttribute('.chip:text-is("Door opened")', "aria-current"), "true");
  await page.click('.chip:text-is("Alarms")');
  assert.ok(await page.isVisible('.chip:text-is("Flapping")'));
  assert.deepEqual(faults, []);
  await close();
}

// One Perch and one browser for all.
Deno.test({
  name:
    "browser: events are filtered and searched, with and without script, and come in without moving what is read",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp({ MQTT_PORT: "0" });
    const browser = await startBrowser();
    try {
      await app.parts.access.users.add(
        { email: VIEWER, role: "viewer", password: PASSWORD },
        systemActor("test"),
      );
      await isFiltered(app, browser);
      await comesInLive(app, browser);
      await areToldApart(app, browser);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
