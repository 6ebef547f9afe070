/**
 * Z8: texts that want to become markup or script, through every way in (`../support/hostile_inputs.ts` says how
 * one joins), and then every page of the route table in Chromium. They must stay text: no dialog, no element
 * of theirs, no report of the content policy.
 *
 * Pages are found by themselves. One with a parameter shows every thing of the list in `PAGE_LISTS`; a new one
 * without a line there fails the test. `HOSTILE_EVERY` sets how much of it is looked at (every fourth of the things, of
 * the queries and of the audit log; 1: all). `SABOTAGE=markup` takes the escaping out of every page on its way to
 * the browser; then the test must fail.
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { SETTINGS } from "../../lib/settings/registry.ts";
import type { Route } from "../../routes/http/route.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { chromiumIsMissing, signIn, startBrowser, visitor } from "../support/browser.ts";
import {
  FREE_TEXTS,
  idsOf,
  OTHER_INPUTS,
  putIntoBodies,
  type Tally,
  type Tools,
} from "../support/hostile_inputs.ts";
import { HOSTILE_TEXTS, someOf } from "../support/hostile_text.ts";
import { alarmsFor, oneOfEach, PASSWORD } from "../support/one_of_each.ts";
import { sabotaged } from "../support/sabotage.ts";

const EMAIL = "admin@example.org";
const tester = systemActor("test");

/** Where the things of a page with a parameter are listed; null when it shows none of its own. */
const PAGE_LISTS: Record<string, string | null> = {
  "/sensors/:id{.+}": "/api/sensors",
  "/sensor-settings/:id": "/api/sensors",
  "/machines/:path{.+}": "/api/machines",
  "/computed/edit/:id": null,
  "/probes/:id": "/api/probes",
  "/probes/:id/registers": null,
  "/predictions/:id": "/api/predictions",
  "/backtest/:id": "/api/backtests",
  "/alarms/:id": "/api/alarms",
  "/alarms/:id/told": "/api/alarms",
  "/deliveries/:id": "/api/deliveries",
  "/settings/channels/:id": "/api/channels",
  "/settings/rules/:id": "/api/rules",
  "/tickets/:id": "/api/tickets",
  "/notes/:id": "/api/notes",
  "/events/:id": "/api/events",
  "/faults/:id": "/api/faults",
  "/analyses/:id": "/api/ai/analyses",
  "/commands/:id": "/api/commands/targets",
  "/commands/rules/:id": "/api/command-rules",
  "/cameras/:id": "/api/cameras",
  "/import/:id": "/api/imports",
  "/reports/:id": "/api/reports",
  "/report-schedules/:id": "/api/report-schedules",
  "/dashboards/:id": "/api/dashboards",
  "/dashboards/:id/edit": "/api/dashboards",
  "/kiosk/:secret": null,
  "/kiosk/:secret/now": null,
  "/settings/scripts/:kind/:name": null,
  "/settings/scripts/:kind/:name/versions/:id": null,
  "/welcome/:secret": null,
  "/photos/:file": null,
  "/pictures/:id/:image": null,
  "/guides/:name": null,
};
/** Things of a list that are looked at one by one; the lists themselves show all. */
const MOST_OF_A_LIST = 3;
/** Names that pages read from their query, all with the same text. */
const QUERY = [
  "q",
  "search",
  "next",
  "sensor",
  "machine",
  "path",
  "from",
  "to",
  "cursor",
  "status",
];

const THEIRS =
  "script:not([type='application/json']):not([src^='/static/']), main img:not([src^='/']), " +
  "main iframe, main object, main embed, base, main style, main math, main marquee, main video, main audio, " +
  "[onerror], [onload], [onfocus], [onmouseover], [onclick], [style*=position], a[href^='javascript:' i], " +
  "a[href^='data:'], meta[http-equiv], main link, main template";

Deno.test({
  name: "browser: hostile texts through every way in stay text on every page",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const under = await startApp({ OUTGOING_NETWORKS: "127.0.0.0/8" });
    const browser = await startBrowser();
    try {
      const tools = await prepared(under);
      const { page, faults } = await visitor(browser, { url: under.url, expected: /40[0-9]|429/ });
      page.on("dialog", (dialog) => {
        faults.push(`dialog: ${dialog.message()} on ${page.url()}`);
        dialog.dismiss();
      });
      if (sabotaged("markup")) await unescape(page);
      const look = async (path: string) => {
        await page.goto(path);
        assert.equal(await page.locator(THEIRS).count(), 0, `${path} has elements of theirs`);
      };
      await typedAtTheDoor(page, look);
      // Before the texts: hostile passwords use the sign-ins up that are let through.
      await signIn(page, EMAIL, PASSWORD);
      const tallies = await putEverywhere(tools);
      const bad = tallies.flatMap((tally) => tally.failed);
      assert.deepEqual(bad, []);
      for (const input of FREE_TEXTS) {
        const tally = tallies.find((one) => one.input === input);
        assert.ok(tally, `${input} is no field any more: see FREE_TEXTS`);
        assert.ok(tally.taken > 0, `${input} took none of the texts`);
      }
      const paths = await pagesOf(under.app.routes(), tools);
      for (const path of paths) await look(path);
      await shownAsText(page);
      assert.deepEqual(faults, []);
      const taken = tallies.reduce((sum, tally) => sum + tally.taken, 0);
      const fields = tallies.filter((tally) => tally.taken > 0).length;
      console.log(
        `${HOSTILE_TEXTS.length} texts, ${tallies.length} ways in, ${fields} took them ` +
          `(${taken} times), ${paths.length} pages looked at`,
      );
    } finally {
      await browser.close();
      await under.close();
    }
  },
});

/** One of each thing, sixty alarms, and no limit of requests. */
async function prepared(under: AppUnderTest): Promise<Tools> {
  const ids = await oneOfEach(under, EMAIL);
  const { access, settings } = under.app.parts();
  assert.ok("access.requests_per_second" in SETTINGS);
  await settings.set("access.requests_per_second", 10_000, "test", () => []);
  await settings.set("events.per_minute", 6_000, "test", () => []);
  const { key } = await access.keys.add({ name: "hostile", role: "admin" }, tester);
  await alarmsFor(under, key, HOSTILE_TEXTS.map((_, n) => `n${n}`));
  // Examples name the area; the machine in it is moved about meanwhile.
  await fetch(`${under.url}/api/ingest`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ machine: "hall-1/stays", sensor: "load", value: 1 }),
  }).then(async (answer) => assert.equal(answer.status, 200, await answer.text()));
  const from = { ...tester, address: "127.0.0.1" };
  // A person: some routes are not for keys.
  const pair = await access.signIn.api({ email: EMAIL, password: PASSWORD, from });
  return { under, ids, authorization: `Bearer ${pair.access_token}` };
}

async function putEverywhere(tools: Tools): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const { input, least, put } of OTHER_INPUTS) {
    const taken = await put(HOSTILE_TEXTS, tools);
    assert.ok(taken >= least, `${input}: only ${taken} were taken`);
    tallies.push({ input, tried: HOSTILE_TEXTS.length, taken, failed: [] });
  }
  return [...tallies, ...await putIntoBodies(HOSTILE_TEXTS, tools)];
}

/** The sign-in shows again what was asked for and typed. */
async function typedAtTheDoor(page: Page, look: (path: string) => Promise<void>): Promise<void> {
  for (const text of someOf(HOSTILE_TEXTS.slice(0, 20))) {
    await look(`/sign-in?next=${encodeURIComponent(text)}`);
  }
  await page.goto("/sign-in");
  await page.locator("[name=email]").evaluate((input) => input.setAttribute("type", "text"));
  await page.fill("[name=email]", HOSTILE_TEXTS[4]);
  await page.fill("[name=password]", "x");
  await page.click("button[type=submit]");
  assert.equal(await page.locator(THEIRS).count(), 0, "the sign-in has elements of theirs");
}

/** Every page: as it is, with each thing of its list, and with texts in its query. */
async function pagesOf(routes: readonly Route[], tools: Tools): Promise<string[]> {
  const pages = routes.filter((r) =>
    r.method === "get" && r.summary === null && !/^\/(api|static|favicon|mqtt)/.test(r.path)
  );
  assert.ok(pages.length > 15, "the pages are found");
  const out: string[] = [];
  let n = 0;
  for (const { path } of pages) {
    const echoes = () =>
      someOf([0, 1, 2, 3]).map(() => {
        const text = HOSTILE_TEXTS[n++ % HOSTILE_TEXTS.length];
        return new URLSearchParams(QUERY.map((name) => [name, text])).toString();
      });
    const parameter = /:\w+(\{[^}]*\})?/;
    if (!parameter.test(path)) {
      out.push(path, ...echoes().map((query) => `${path}?${query}`));
      continue;
    }
    assert.ok(path in PAGE_LISTS, `${path}: say in PAGE_LISTS where its things are listed`);
    const list = PAGE_LISTS[path];
    const at = (id: string) => path.replace(parameter, () => encodeURIComponent(id));
    const ids = list === null ? [] : (await idsOf(list, tools)).slice(0, MOST_OF_A_LIST);
    assert.ok(list === null || ids.length > 0, `${path}: ${list} is empty`);
    out.push(...someOf(ids).map(at), ...someOf(HOSTILE_TEXTS.slice(0, 3)).map(at));
    if (ids.length > 0) out.push(...echoes().map((query) => `${at(ids[0])}?${query}`));
  }
  return [...out, ...someOf(await olderAudit(tools))];
}

/** The whole audit log: everything that was put in stands in it. */
async function olderAudit({ under }: Tools): Promise<string[]> {
  const paths: string[] = [];
  let cursor: string | null = null;
  do {
    const { next } = await under.app.parts().access.audit.list({
      limit: 50,
      cursor: cursor ?? undefined,
    });
    cursor = next;
    if (cursor !== null) paths.push(`/audit?cursor=${cursor}`);
  } while (cursor !== null);
  return paths;
}

async function shownAsText(page: Page): Promise<void> {
  await page.goto("/keys");
  const shown = await page.textContent("main");
  for (const text of HOSTILE_TEXTS.filter((t) => t.length <= 80)) {
    assert.ok(shown!.includes(text.trim()), `${text} is not shown as text`);
  }
}

/** The deliberate break: pages arrive without their escaping. */
async function unescape(page: Page): Promise<void> {
  await page.route("**/*", async (intercepted) => {
    const response = await intercepted.fetch({ maxRedirects: 0 });
    const type = response.headers()["content-type"] ?? "";
    if (!type.includes("html")) return intercepted.fulfill({ response });
    const html = (await response.text()).replaceAll("&lt;", "<").replaceAll("&quot;", '"');
    await intercepted.fulfill({ response, body: html });
  });
}
