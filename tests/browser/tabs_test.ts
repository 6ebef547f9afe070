/** Many tabs and windows of one browser over plain HTTP, which gives it six connections. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { chromiumIsMissing } from "../support/browser.ts";
import { startTabs, type Tab, type Tabs } from "../support/tabs.ts";
import { until } from "../support/until.ts";

const VIEWER = { email: "viewer@example.org", password: "long enough" };

async function withTabs(
  test: (app: RunningApp, tabs: Tabs, first: Tab) => Promise<void>,
  without: string[] = [],
) {
  const app = await runApp();
  const tabs = await startTabs(without);
  try {
    await app.parts.access.users.add({ ...VIEWER, role: "viewer" }, systemActor("test"));
    await app.ingest([{ machine: "hall/press", sensor: "t", value: 20 }]);
    const first = await tabs.open(`${app.url}/sign-in`);
    assert.ok(await first.loads());
    await first.run(
      `fetch("/sign-in", {method: "POST", body: new URLSearchParams(${JSON.stringify(VIEWER)})})
        .then((answer) => answer.text()).then(() => { location.href = "/"; })`,
    );
    await live(first);
    await test(app, tabs, first);
  } finally {
    await tabs.close();
    await app.stop();
  }
}

const state = "document.querySelector('header .dot, .dot')?.innerText ?? ''";
const live = (tab: Tab) =>
  until(
    "the page to be live",
    async () => /live/.test(await tab.run(state).catch(() => "")) || null,
  );
const streams = (app: RunningApp) => app.parts.hub.stats().clients;

Deno.test({
  name: "browser: tabs that were never looked at hold no stream, and the next page loads at once",
  ignore: chromiumIsMissing(),
  fn: () =>
    withTabs(async (app, tabs, first) => {
      assert.equal(streams(app), 1);
      const behind: Tab[] = [];
      for (let i = 0; i < 5; i++) behind.push(await tabs.open(`${app.url}/machines`, "background"));
      for (const tab of behind) {
        assert.ok(await tab.loads());
        assert.equal(await tab.run("document.hidden"), true);
      }
      const next = await tabs.open(`${app.url}/alarms`, "background");
      assert.ok(await next.loads(5_000), "the sixth tab does not load");
      assert.equal(streams(app), 1);
      assert.match(await first.run(state), /live/);
    }),
});

Deno.test({
  name: "browser: eight visible windows are all live by one stream, and each hears what it shows",
  ignore: chromiumIsMissing(),
  fn: () =>
    withTabs(async (app, tabs, first) => {
      const windows = [first];
      for (let i = 0; i < 7; i++) {
        const path = ["/sensors", "/alarms", "/machines"][i % 3];
        const window = await tabs.open(`${app.url}${path}`, "window");
        assert.ok(await window.loads(), `window ${i + 2} does not load`);
        windows.push(window);
      }
      for (const window of windows) {
        assert.equal(await window.run("document.hidden"), false);
        await live(window);
      }
      await until("one stream to be left", () => streams(app) === 1 || null);
      const { opened } = app.parts.hub.stats();
      await app.ingest([{ machine: "hall/press", sensor: "t", value: 77.5 }]);
      for (const window of windows.slice(1).filter((_, i) => i % 3 === 0)) {
        await until(
          "the value on the page",
          async () => /77[.]5/.test(await window.run("document.body.innerText")) || null,
        );
      }
      // From one page to the next the stream stays, and what it brings is not asked for again.
      await windows[1].run(`location.href = "/alarms"`);
      await until("the next page", async () =>
        await windows[1].run("location.pathname").catch(() => "") === "/alarms" || null);
      await live(windows[1]);
      assert.equal(streams(app), 1);
      assert.equal(app.parts.hub.stats().opened, opened);
      // Whoever signs out in one window is signed out in all of them, and hears nothing more.
      await first.run(`fetch("/sign-out", {method: "POST"}).then((answer) => answer.text())`);
      for (const window of windows.slice(2)) {
        await until("it to be said", async () =>
          /signed out/.test(await window.run(state)) || null);
      }
      assert.equal(streams(app), 0);
    }),
});

Deno.test({
  name:
    "browser: seven windows of a browser without shared workers are all live, and the next loads",
  ignore: chromiumIsMissing(),
  fn: () =>
    withTabs(async (app, tabs, first) => {
      assert.equal(await first.run("typeof SharedWorker"), "undefined");
      const windows = [first];
      for (let i = 0; i < 6; i++) {
        const window = await tabs.open(`${app.url}/sensors`, "window");
        assert.ok(await window.loads(), `window ${i + 2} does not load`);
        windows.push(window);
      }
      for (const window of windows) {
        assert.equal(await window.run("document.hidden"), false);
        await live(window);
      }
      // Those that look in may do so at the same moment; none of them stays.
      await until("a connection to be free", () => streams(app) < 6 || null);
      // Those that only look in see what happens, too.
      await app.ingest([{ machine: "hall/press", sensor: "t", value: 77.5 }]);
      for (const window of windows.slice(1)) {
        await until(
          "the value on the page",
          async () => /77[.]5/.test(await window.run("document.body.innerText")) || null,
        );
      }
      const next = await tabs.open(`${app.url}/alarms`, "window");
      assert.ok(await next.loads(5_000), "one more window does not load");
    }, ["SharedWorker"]),
});

for (const [how, without] of [["by a worker", []], ["of its own", ["SharedWorker"]]] as const) {
  Deno.test({
    name:
      `browser: a tab that is still open when somebody else signs in hears nothing, stream ${how}`,
    ignore: chromiumIsMissing(),
    fn: () =>
      withTabs(async (app, _tabs, first) => {
        const other = { email: "other@example.org", password: "as long as this" };
        await app.parts.access.users.add({ ...other, role: "admin" }, systemActor("test"));
        await first.run(
          `fetch("/sign-in", {method: "POST", body: new URLSearchParams(${
            JSON.stringify(other)
          })}).then((answer) => answer.text())`,
        );
        // Only now does the stream of the tab end: it would go on with the other's cookie.
        const { users } = app.parts.access;
        const { id } = users.byEmail(VIEWER.email)!;
        await users.change(id, { state: "disabled" }, systemActor("test"));
        await until(
          "the tab to say that it is signed out",
          async () => /signed out/i.test(await first.run("document.body.innerText")) || null,
        );
        assert.equal(streams(app), 0);
      }, [...without]),
  });
}
