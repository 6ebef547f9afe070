/** Tickets as people meet them: on a phone without script, on a desktop, on paper, and with hostile words. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { HOSTILE_TEXTS, someOf } from "../support/hostile_text.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { picture } from "../support/pictures.ts";
import { freePort } from "../support/port.ts";
import { HOSTILE_NAMES, joined, POLYGLOTS } from "../support/files.ts";

const ENGINEER = ["engineer@example.com", "engineer123"] as const;
const VIEWER = ["viewer@example.com", "viewer123"] as const;
type Browser = Awaited<ReturnType<typeof startBrowser>>;

interface World {
  perch: PerchProcess;
  url: string;
  browser: Browser;
  call(method: string, path: string, body: BodyInit, type?: string): Promise<Response>;
  /** The same with JSON in and out. */
  json(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ id: string } & Record<string, unknown>>;
}

function withWorld(run: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-tickets-" });
    const perch = await startPerch({
      dataDir,
      env: { MQTT_PORT: String(freePort()) },
      args: ["sim", "--stopped"],
    });
    const browser = await startBrowser();
    try {
      const { url } = perch;
      const login = await fetch(`${url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: ENGINEER[0], password: ENGINEER[1] }),
      });
      const authorization = `Bearer ${(await login.json()).access_token}`;
      const call: World["call"] = (method, path, body, type) =>
        fetch(url + path, {
          method,
          headers: { authorization, ...(type ? { "content-type": type } : {}) },
          body,
        });
      await run({
        perch,
        url,
        browser,
        call,
        async json(method, path, body) {
          const answer = await call(method, path, JSON.stringify(body), "application/json");
          const data = await answer.json();
          assert.ok(answer.ok, `${path}: ${JSON.stringify(data)}`);
          return data;
        },
      });
    } finally {
      await browser.close();
      await perch.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  };
}

/** An alarm of a hot bearing; gives its id. */
async function overheat({ json, call }: World): Promise<string> {
  const reading = (value: number) => ({
    machine: "hall-1/press-3",
    sensor: "bearing",
    value,
    unit: "°C",
  });
  await json("POST", "/api/ingest", reading(61));
  await json("PATCH", "/api/sensors/hall-1/press-3/bearing", { warning_high: 80 });
  await json("POST", "/api/ingest", reading(83.4));
  for (let tries = 0; tries < 500; tries++) {
    const answer = await fetchJson(call, "/api/alarms?open=true");
    if (answer.items.length > 0) return answer.items[0].id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("no alarm came");
}

// deno-lint-ignore no-explicit-any
async function fetchJson(call: World["call"], path: string): Promise<any> {
  return await (await call("GET", path, undefined as unknown as BodyInit)).json();
}

const file = (name: string, bytes: Uint8Array) => ({
  name,
  mimeType: "image/png",
  buffer: Buffer.from(bytes),
});

const text = async (page: Page) => await page.textContent("main") ?? "";

Deno.test({
  name: "browser: a ticket from alarm to closed on a phone without script, with a photo",
  ignore: chromiumIsMissing(),
  fn: withWorld(async (world) => {
    const { url, browser, call } = world;
    const alarm = await overheat(world);
    const { page, faults, close } = await visitor(browser, {
      url,
      viewport: PHONE,
      script: false,
      expected: /40[01]/,
    });
    await signIn(page, ...ENGINEER);
    await page.goto("/tickets");
    assert.match(await text(page), /1 ticket is open/);
    await page.click('a.row:has-text("bearing")');
    assert.match(await text(page), /T-1 was opened/);
    await page.click("text=Start work");
    assert.match(await text(page), /in progress/);
    // What is wrong is said, and what was typed stays.
    await page.fill("#say", "**Dry**, see photo");
    await page.setInputFiles("#photo", file("x.png", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 0)));
    await page.click('.say button[type="submit"]');
    assert.match(await text(page), /The file is .* by its content; allowed: image\/png/);
    assert.equal(await page.inputValue("#say"), "**Dry**, see photo");
    await page.setInputFiles("#photo", file("bearing.png", picture("png")));
    await page.click('.say button[type="submit"]');
    assert.match(await page.textContent(".talk .said") ?? "", /Dry, see photo/);
    assert.equal(await page.textContent(".talk .said strong"), "Dry");
    // The words before the photo that came with them.
    assert.equal(await page.locator("li:has(.said) + li:has(.picture)").count(), 1);
    const shown = await page.getAttribute(".picture img", "src");
    const answer = await page.request.get(shown!);
    assert.deepEqual([answer.status(), answer.headers()["content-type"]], [200, "image/png"]);
    // An alarm is talked about on its own page.
    await page.goto(`/alarms/${alarm}`);
    assert.match(await text(page), /Ticket T-1.*in progress/);
    // The sign-in ended: the words wait, and there is a place for the photo again.
    await page.fill("#say", "heard it too");
    await page.setInputFiles("#photo", file("noise.png", picture("png")));
    await page.context().clearCookies();
    await page.click('.say button[type="submit"]');
    assert.match(await text(page), /Your sign-in has ended.*choose it once more/s);
    await signIn(await page.context().newPage(), ...ENGINEER);
    await page.setInputFiles("#file", file("noise.png", picture("png")));
    await page.click('button:text-is("Send again")');
    assert.match(await text(page), /heard it too/);
    assert.equal(await page.locator(".talk .picture").count(), 1);
    await page.goto("/tickets/T-1");
    await page.fill("#note", "bearing greased");
    await page.selectOption("#verdict", "real");
    await page.click('button:text-is("Resolve")');
    assert.match(
      await text(page),
      /resolved.*What was done.*bearing greased.*The alarm was.*real/s,
    );
    const over = await fetchJson(call, `/api/alarms/${alarm}`);
    assert.deepEqual([over.state, over.note, over.verdict], [
      "resolved",
      "bearing greased",
      "real",
    ]);
    await page.click('button:text-is("Close")');
    await page.goto("/tickets");
    assert.match(await text(page), /No ticket is open/);
    assert.deepEqual(faults, []);
    await close();
  }),
});

Deno.test({
  name: "browser: two people work on one ticket: the slower one is told who was faster",
  ignore: chromiumIsMissing(),
  fn: withWorld(async ({ url, browser, json }) => {
    await json("POST", "/api/tickets", { title: "Oil leaks" });
    const { page, faults } = await visitor(browser, { url, expected: /409|401/ });
    await signIn(page, ...ENGINEER);
    await page.goto("/tickets/T-1");
    await page.waitForSelector(".dot.live");
    await json("POST", "/api/tickets/T-1/resolve", { note: "first" });
    // Said at once, and nothing moves.
    await page.waitForSelector('.news:has-text("Something was changed")');
    await page.fill("#note", "second");
    await page.click('button:text-is("Resolve")');
    const said = await page.textContent("main .error");
    assert.match(said ?? "", /Cannot resolve T-1: it is resolved since engineer@example\.com/);
    assert.match(await text(page), /What was done.*first/s);
    // The sign-in ends meanwhile: words and photo wait in the page.
    await page.fill("#say", "by the belt");
    await page.setInputFiles("#photo", file("belt.png", picture("png")));
    await page.context().clearCookies();
    await page.click('.say button[type="submit"]');
    await page.waitForSelector('.unsent:has-text("Your sign-in has ended")');
    await signIn(await page.context().newPage(), ...ENGINEER);
    await page.click('.say button[type="submit"]');
    await page.waitForSelector(".talk .picture");
    assert.match(await text(page), /by the belt/);
    assert.deepEqual(faults, []);
  }),
});

Deno.test({
  name:
    "browser: pages of tickets are accessible and fit, by keyboard and for viewers, and print on A4",
  ignore: chromiumIsMissing(),
  fn: withWorld(async (world) => {
    const { url, browser, json, call } = world;
    const alarm = await overheat(world);
    await json("POST", "/api/tickets", {
      title: "Check the belt that feeds the packing station of hall 2, and its guards",
      description:
        "- tension\n- guards\n\n> not while it runs\n\n`M12` and https://example.com/manual",
      priority: "urgent",
      due_ms: 5,
      machine: "hall-1/press-3",
    });
    await call("POST", "/api/tickets/T-2/attachments?name=belt.png", picture("png"));
    await json("POST", "/api/tickets/T-2/comments", { text: "1. one\n2. two\n\n```\nlog\n```" });
    const paths = [
      "/tickets",
      "/tickets?state=closed",
      "/tickets/T-1",
      "/tickets/T-2",
      `/alarms/${alarm}`,
    ];
    const engineer = await visitor(browser, { url });
    await signIn(engineer.page, ...ENGINEER);
    for (const path of [...paths, "/tickets/new", `/tickets/new?machine=hall-1/press-3`]) {
      await engineer.page.goto(path);
      await assertEveryLook(engineer.page);
    }
    // A machine is named by what people call it: completed by keyboard.
    await engineer.page.goto("/alarms/new");
    const machine = engineer.page.getByLabel("Machine");
    await machine.pressSequentially("pres 3");
    await engineer.page.waitForSelector('.picks li:has-text("Press 3")');
    await assertEveryLook(engineer.page);
    await machine.focus();
    await engineer.page.keyboard.press("ArrowDown");
    await engineer.page.keyboard.press("Enter");
    assert.equal(await machine.inputValue(), "hall-1/press-3");
    await engineer.page.getByLabel("What is wrong").fill("oil below it");
    await engineer.page.getByRole("button", { name: "Raise the alarm" }).click();
    await engineer.page.getByRole("heading", { name: "oil below it" }).waitFor();
    assert.deepEqual(engineer.faults, []);
    await engineer.close();
    const { page, faults } = await visitor(browser, { url, expected: /403/ });
    await signIn(page, ...VIEWER);
    await page.goto("/tickets/T-2");
    assert.equal(await page.locator("#work, .more-form").count(), 0);
    await page.focus("#say");
    await page.keyboard.type("seen");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.said:has-text("seen")');
    const form = await page.request.post("/tickets/T-2/close", {
      form: { version: "1" },
      headers: { origin: url },
    });
    assert.equal(form.status(), 403);
    // On paper: what it is about and what was said, nothing to press.
    await page.goto("/tickets/T-2");
    await page.emulateMedia({ media: "print" });
    for (const gone of [".nav", ".top", ".say", ".talk-acts"]) {
      for (const one of await page.locator(gone).all()) assert.ok(!await one.isVisible(), gone);
    }
    assert.ok(await page.locator(".talk .said").first().isVisible());
    const pdf = (await page.pdf({ preferCSSPageSize: true })) as unknown as Uint8Array;
    const source = new TextDecoder("latin1").decode(pdf);
    assert.match(source, /\/MediaBox ?\[0 0 59[45]\.\d* 84[12]\.\d*\]/);
    assert.deepEqual(faults, []);
  }),
});

Deno.test({
  name: "browser: hostile titles, comments and names of files stay text; attached pages do not run",
  ignore: chromiumIsMissing(),
  fn: withWorld(async (world) => {
    const { url, browser, json, call } = world;
    const alarm = await overheat(world);
    for (const hostile of HOSTILE_TEXTS) {
      const { id } = await json("POST", "/api/tickets", { title: hostile, description: hostile });
      const wrapped = [hostile, `[${hostile}](${hostile})`, `![x](${hostile})`, `> ${hostile}`];
      await json("POST", `/api/tickets/${id}/comments`, { text: wrapped.join("\n\n") });
      await json("POST", `/api/alarms/${alarm}/comments`, { text: hostile });
    }
    const names = HOSTILE_NAMES.filter((name) => !name.includes("\0")).slice(0, 60);
    for (const name of [...names, ...HOSTILE_TEXTS.slice(0, 30)]) {
      const form = new FormData();
      form.append("file", new File([picture("png")], name));
      const answer = await call("POST", "/api/tickets/T-2/attachments", form);
      assert.equal(answer.status, 201, await answer.text());
    }
    const { page, faults } = await visitor(browser, { url });
    let dialogs = 0;
    page.on("dialog", (dialog) => {
      dialogs++;
      dialog.dismiss();
    });
    await signIn(page, ...ENGINEER);
    const tickets = HOSTILE_TEXTS.map((_, i) => `/tickets/T-${i + 2}`);
    const echoes = HOSTILE_TEXTS.flatMap((one) => [
      `/tickets?search=${encodeURIComponent(one)}`,
      `/tickets/new?title=${encodeURIComponent(one)}&machine=${encodeURIComponent(one)}`,
    ]);
    for (const path of ["/tickets", `/alarms/${alarm}`, ...someOf([...tickets, ...echoes])]) {
      await page.goto(path);
      const theirs = await page.locator(
        "main img:not(.picture img), main iframe, main object, main base, main style, main math, " +
          "[onerror], [onload], [onfocus], [onmouseover], main a[href^='javascript:' i], " +
          "main a[href^='data:' i]",
      ).count();
      assert.equal(theirs, 0, `${path} has elements that nobody wrote`);
    }
    await page.goto("/tickets/T-2");
    assert.ok((await text(page)).includes(HOSTILE_TEXTS[0]));
    assert.deepEqual(faults, []);
    // Opened by themselves, and used as a script, pages that look like pictures do nothing.
    const page2 = "<!doctype html><script>alert(1)</script>";
    for (const { bytes } of [...POLYGLOTS, { bytes: joined(page2) }]) {
      const answer = await call("POST", "/api/tickets/T-3/attachments?name=x.html", bytes);
      if (answer.status !== 201) continue;
      const { id } = await answer.json();
      const path = `/api/tickets/T-3/attachments/${id}`;
      // A download: there is no page to go to.
      await page.goto(path).catch(() => {});
      await page.goto(`${path}/picture`).catch(() => {});
      await page.goto("/more");
      const ran = await page.evaluate((src) =>
        new Promise<boolean>((resolve) => {
          const script = document.createElement("script");
          script.src = src;
          script.onload = () => resolve(true);
          script.onerror = () => resolve(false);
          document.head.append(script);
        }), path);
      assert.equal(ran, false, "an attachment ran as a script");
    }
    assert.equal(dialogs, 0);
  }),
});
