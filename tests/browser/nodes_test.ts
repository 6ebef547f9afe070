/**
 * Three nodes behind nginx as documented, as a person in Chromium and a program meet them: whichever node answers, the
 * page is the same and works. Then every node is restarted, one after the other, under load: no reading is lost, no page
 * fails, the page that was open goes on by itself, and a stream that continues with `Last-Event-ID` misses nothing. It
 * takes half a minute, most of it the starts of processes. `SABOTAGE=nodes-stream` comes back without saying where it was.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  assertFits,
  chromiumIsMissing,
  DESKTOP,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { type Nodes, type SiteNode, startNodes } from "../support/nodes.ts";
import { freePort } from "../support/port.ts";
import { haveProxy, startProxy } from "../support/proxy.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { openStream } from "../support/sse.ts";
import { until } from "../support/until.ts";

const EMAIL = "ada@example.org";
const PASSWORD = "long enough";
const START_MS = Date.now() - 60_000;
const SENSOR = "hall/press/load";
const PAGES = ["/", "/machines", "/sensors", "/alarms", "/settings", `/sensors/${SENSOR}`];
const binary = await findSqld();
const ignore = binary === null || !haveMosquitto() || chromiumIsMissing() ||
  !await haveProxy("nginx");

Deno.test({
  name:
    "browser: nodes look like one Perch, and a restart of each loses no reading, page or stream",
  ignore,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    await using broker = await startMosquitto({ config: ["max_queued_messages 100000"] });
    const port = freePort();
    await using site = await startNodes({
      n: 3,
      databaseUrl: sqld.url,
      mqttUrl: `mqtt://127.0.0.1:${broker.port}`,
      leaseS: 10,
      env: () => ({ PERCH_PUBLIC_URL: `https://localhost:${port}` }),
    });
    const hosts = site.nodes.map(({ url }) => new URL(url).host);
    await using proxy = await startProxy("nginx", port, hosts);
    using client = Deno.createHttpClient({ caCerts: [proxy.ca], allowHost: true });
    const way = { url: proxy.url, key: site.key, client };
    const ask = askerOf(way);
    await addPerson(ask);
    await send(ask, 0);
    const browser = await startBrowser();
    try {
      const { page, faults } = await visitor(browser, {
        url: proxy.url,
        anyCertificate: true,
        // What was under way at the moment of a restart is asked for again.
        expected: /Failed to load resource|ERR_/,
      });
      await signIn(page, EMAIL, PASSWORD);
      await works(page, ask);
      await looksTheSame(site, page, client, port);
      await restarts(site, page, way);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
    }
  },
});

/** Through the proxy, with a key. */
interface Way {
  url: string;
  key: string;
  client: Deno.HttpClient;
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

function askerOf({ url, key, client }: Way): Ask {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return (path, init = {}) =>
    fetch(url + path, {
      ...init,
      headers: { ...headers, ...init.headers as Record<string, string> },
      client,
    } as RequestInit);
}

async function addPerson(ask: Ask): Promise<void> {
  const person = { email: EMAIL, role: "admin", name: "Ada", password: PASSWORD };
  const answer = await ask("/api/users", { method: "POST", body: JSON.stringify(person) });
  assert.equal(answer.status, 201, await answer.text());
}

/** Sends it again until it is acknowledged, as a device does. */
async function send(ask: Ask, seq: number): Promise<void> {
  const reading = { machine: "hall/press", sensor: "load", value: seq, ts: START_MS + seq };
  const body = JSON.stringify(reading);
  await until(`reading ${seq} to be acknowledged`, async () => {
    const answer = await ask("/api/ingest", {
      ...{ method: "POST", body, signal: AbortSignal.timeout(5_000) },
    }).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status === 200 || null;
  }, 60_000);
}

/** A form, an action and a live value, whichever node each request of it meets. */
async function works(page: Page, ask: Ask): Promise<void> {
  await page.goto("/machines");
  await page.getByRole("link", { name: /press/i }).first().waitFor();
  await page.goto(`/sensors/${SENSOR}`);
  await page.locator(".now-value", { hasText: /^\s*0/ }).waitFor();
  await send(ask, 1);
  await page.locator(".now-value", { hasText: /^\s*1/ }).waitFor();
  await page.goto("/tickets/new");
  await page.fill("[name=title]", "Grease the press");
  await page.click("main button[type=submit]");
  await page.getByRole("heading", { name: "Grease the press" }).waitFor();
}

/** Every node gives the same page, packed for who takes that. */
async function looksTheSame(
  site: Nodes,
  page: Page,
  client: Deno.HttpClient,
  port: number,
): Promise<void> {
  const cookie = (await page.context().cookies())
    .map(({ name, value }) => `${name}=${value}`).join("; ");
  const headers = {
    ...{ cookie, host: `localhost:${port}`, accept: "text/html", "x-forwarded-proto": "https" },
    "accept-encoding": "gzip",
  };
  const pageOf = async (node: SiteNode, path: string) => {
    const answer = await fetch(node.url + path, { headers, client } as RequestInit);
    const text = await answer.text();
    assert.equal(answer.status, 200, text.slice(0, 500));
    const names = [...answer.headers.keys()].filter((name) => name !== "date").join();
    assert.equal(answer.headers.get("content-encoding"), "gzip", path);
    for (const { url } of site.nodes) {
      assert.equal(text.includes(new URL(url).host), false, `${path} says where a node is`);
    }
    return `${names}\n${text.replaceAll(VARIES, "…")}`;
  };
  const keeper = await site.keeper();
  for (const path of PAGES) {
    for (const node of site.nodes.filter((node) => node !== keeper)) {
      // Words such as "just now" may change between two requests.
      await until(`${path} to be the same by ${node.name}`, async () => {
        const expected = await pageOf(keeper, path);
        assert.ok(expected.length > 2_000, path);
        return await pageOf(node, path) === expected || null;
      });
    }
  }
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport);
    await page.goto(`/sensors/${SENSOR}`);
    await assertFits(page);
  }
  await takePictures(page, "nodes-sensor");
}

/** What differs from one answer to the next: times, and what is made at random. */
const VARIES = /[\w-]{20,}|\d+/g;

/** Every node, one after the other, under load. */
async function restarts(site: Nodes, page: Page, way: Way): Promise<void> {
  const ask = askerOf(way);
  await page.goto(`/sensors/${SENSOR}`);
  await page.evaluate(() => Object.assign(globalThis, { isStill: true }));
  const stream = followStream(way);
  const pages = pollPages(ask);
  let seq = 1;
  let ends = false;
  const sending = (async () => {
    while (!ends) {
      await send(ask, ++seq);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  try {
    for (const node of site.nodes) {
      await node.end("stop");
      await node.start();
    }
  } finally {
    ends = true;
    await sending;
  }
  await send(ask, ++seq);
  const all = Array.from({ length: seq + 1 }, (_, n) => n);
  const stored = await readings(ask, 0);
  assert.deepEqual(stored, all, "every reading once");
  await until("the stream to have every reading", () => stream.seen().size >= seq || null, 30_000);
  await page.locator(".now-value", { hasText: new RegExp(`^\\s*${seq.toLocaleString("en")}`) })
    .waitFor();
  assert.equal(await page.evaluate(() => "isStill" in globalThis), true, "it was not loaded anew");
  await Promise.all([stream.stop(), pages.stop()]);
  assert.deepEqual(all.slice(2).filter((n) => !stream.seen().has(n)), []);
  assert.deepEqual(pages.failures(), []);
  console.log(
    `nodes: three restarts, ${seq} readings, 0 lost; ${pages.asked()} pages, 0 failed; the stream was opened ` +
      `${stream.opened()} times and said ${stream.resets()} times that it begins anew`,
  );
}

/** Values from a time on. */
async function readings(ask: Ask, fromMs: number): Promise<number[]> {
  const path = `/api/readings?sensor=${SENSOR}&from=${fromMs}&points=0&limit=10000`;
  return (await (await ask(path)).json()).v;
}

/** The stream as the pages follow it: it goes on where it was, and asks for what is gone. */
function followStream(way: Way) {
  const ask = askerOf(way);
  const headers = { authorization: `Bearer ${way.key}` };
  const seen = new Set<number>();
  const ending = new AbortController();
  let [opened, resets, lastEventId] = [0, 0, undefined as string | undefined];
  const run = (async () => {
    while (!ending.signal.aborted) {
      try {
        const reader = await openStream(`${way.url}/api/stream?types=reading`, {
          ...{ headers, client: way.client, signal: ending.signal },
          lastEventId: sabotaged("nodes-stream") ? undefined : lastEventId,
        });
        opened++;
        for (let event = await reader.next(); event !== null; event = await reader.next()) {
          if (event.type === "reset") {
            resets++;
            for (const value of await readings(ask, 0)) seen.add(value);
          }
          for (const { value } of JSON.parse(event.data).readings ?? []) seen.add(value);
          lastEventId = event.id;
        }
      } catch {
        // Cut off by a restart.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    seen: () => seen,
    opened: () => opened,
    resets: () => resets,
    stop: () => {
      ending.abort();
      return run;
    },
  };
}

/** A takeover takes as long as the lease; a page that takes longer is one that hangs. */
const PAGE_MOST_MS = 30_000;

/** A page that is asked for again and again. */
function pollPages(ask: Ask) {
  const failures: string[] = [];
  let [asked, ends] = [0, false];
  const run = (async () => {
    while (!ends) {
      const signal = AbortSignal.timeout(PAGE_MOST_MS);
      const answer = await ask("/machines", { headers: { accept: "text/html" }, signal })
        .catch(String);
      asked++;
      if (typeof answer === "string") failures.push(answer);
      else {
        const text = await answer.text().catch(String);
        if (answer.status !== 200 || !text.includes("</html>")) {
          failures.push(`${answer.status} ${text.slice(0, 200)}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    asked: () => asked,
    failures: () => failures,
    stop: () => {
      ends = true;
      return run;
    },
  };
}
