/**
 * Perch below `/monitor/` of a site, behind nginx as documented: whatever a page leads to, asks for and keeps stands
 * below that path. Another program has the root.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { chromiumIsMissing, startBrowser } from "../support/browser.ts";
import { freePort } from "../support/port.ts";
import { haveProxy, startProxy } from "../support/proxy.ts";

const ADMIN = { email: "ada@example.org", password: "long enough" };
const ADDRESS = /\s(?:href|src|action|formaction|poster|data-(?!base)[\w-]+)="(\/[^"]*)"/g;
/** Pages with islands that ask, follow the stream, or draw links themselves. */
const LIVING = [
  "",
  "sensors",
  "alarms",
  "events",
  "machines",
  "sources",
  "predictions",
  "analyses",
];

Deno.test({
  name: "browser: below a path, every link, form, island, stream and cookie of Perch stays there",
  ignore: chromiumIsMissing(),
  async fn() {
    if (!await haveProxy("nginx")) return;
    const port = freePort();
    const app = await runApp({
      TRUSTED_PROXIES: "127.0.0.1",
      PERCH_PUBLIC_URL: `https://localhost:${port}/monitor`,
    });
    try {
      await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
      // What is to be copied leads there, too.
      for (const path of ["/", "/machines", "/sensors"]) {
        const empty = await (await app.ask(path, { headers: { accept: "text/html" } })).text();
        assert.ok(empty.includes(`curl https://localhost:${port}/monitor/api/ingest `), path);
      }
      await app.ingest([{ machine: "hall/press", sensor: "t", value: 20 }]);
      await using proxy = await startProxy("nginx", port, new URL(app.url).host, true);
      await staysBelow(app, proxy.url);
    } finally {
      await app.stop();
    }
  },
});

async function staysBelow(app: RunningApp, origin: string): Promise<void> {
  const browser = await startBrowser();
  try {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: `${origin}/monitor/`,
    });
    const page = await context.newPage();
    const strays: string[] = [];
    page.on("request", (request) => {
      const { pathname, protocol } = new URL(request.url());
      if (/^http/.test(protocol) && !pathname.startsWith("/monitor/")) strays.push(request.url());
    });
    page.on("pageerror", (error) => strays.push(error.message));

    // Asked for without a sign-in: from there to what was asked for.
    await page.goto("events?range=24h");
    assert.equal(new URL(page.url()).pathname, "/monitor/sign-in");
    await page.fill("[name=email]", ADMIN.email);
    await page.fill("[name=password]", ADMIN.password);
    await page.click("button[type=submit]");
    await page.waitForURL("**/monitor/events?range=24h");
    const cookies = await context.cookies();
    assert.deepEqual(
      cookies.map(({ name, path, secure }) => [name, path, secure]),
      [["__Secure-perch", "/monitor/", true]],
    );

    for (const path of LIVING) {
      await page.goto(path);
      await page.waitForSelector(path === "analyses" ? "main" : ".dot.live");
    }
    // Every page that needs no parameter, as the server writes it.
    const paths = app.routes().filter(({ method, path, summary }) =>
      method === "get" && summary === null && !/[:*]/.test(path)
    ).map(({ path }) => path);
    assert.ok(paths.length > 30);
    for (const path of paths) {
      const answer = await context.request.get(`.${path}`, { maxRedirects: 0 });
      const location = answer.headers().location ?? "/monitor/";
      assert.ok(location.startsWith("/monitor/"), `${path} leads to ${location}`);
      for (const [, address] of (await answer.text()).matchAll(ADDRESS)) {
        assert.ok(address.startsWith("/monitor/"), `${path} has ${address}`);
      }
    }
    // What the browser draws leads there as well: a value that came by the stream, a key, a form.
    await page.goto("sensors");
    await page.waitForSelector(".dot.live");
    await app.ingest([{ machine: "hall/press", sensor: "t", value: 77.5 }]);
    await page.waitForSelector("text=77.5");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/monitor/alarms");
    await page.click("nav button[value=dark]");
    assert.ok((await context.cookies()).every(({ path }) => path === "/monitor/"));
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("[href],[src],[action]")]
        .map((e) => e.getAttribute("href") ?? e.getAttribute("src") ?? e.getAttribute("action")!)
        .filter((address) => address.startsWith("/") && !address.startsWith("/monitor/"))
    );
    assert.deepEqual(outside, []);
    assert.deepEqual(strays, []);
  } finally {
    await browser.close();
  }
}
