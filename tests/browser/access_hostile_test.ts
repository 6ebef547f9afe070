/**
 * Hostile texts through every way into the access pages: names of people and keys, machines of device keys,
 * browsers' own names in the audit log, what is typed at the sign-in and searched for. `SABOTAGE=markup` takes
 * the escaping out of every page on its way to the browser; then the test must fail.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit.ts";
import { startApp } from "../support/app.ts";
import { chromiumIsMissing, signIn, startBrowser, visitor } from "../support/browser.ts";
import { HOSTILE_TEXTS } from "../support/hostile_text.ts";
import { sabotaged } from "../support/sabotage.ts";

const EMAIL = "ada@example.org";
const PASSWORD = "long enough";
const tester = systemActor("test");
const THEIRS = "main script:not([type='application/json']), main img, main iframe, main object, " +
  "main embed, main base, main style, main math, main marquee, main video, [onerror], [onload], " +
  "[onfocus], [onmouseover], [style*=position], a[href^='javascript:'], a[href^='data:']";

Deno.test({
  name: "browser: hostile names, keys, browsers and searches stay text on the access pages",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const under = await startApp();
    const browser = await startBrowser();
    try {
      const { access } = under.app.parts();
      const ada = {
        email: EMAIL,
        role: "admin",
        password: PASSWORD,
        name: HOSTILE_TEXTS[0],
      } as const;
      await access.users.add(ada, tester);
      let taken = 0;
      for (const [n, text] of HOSTILE_TEXTS.entries()) {
        const name = text.slice(0, 80);
        const actor = { ...tester, name: text, agent: text, address: text };
        await access.users.add({ email: `p${n}@example.org`, role: "viewer", name }, actor);
        await access.keys.add({ name, role: "viewer" }, actor);
        const machine = `hall/${text.replace(/[/+#]/g, "")}`;
        await access.keys.add({ name: `d ${n}`, machine }, actor).then(() => taken++);
      }
      assert.equal(taken, HOSTILE_TEXTS.length);
      // As a browser sends it: with a name of its own choice.
      for (const text of HOSTILE_TEXTS.filter((t) => /^[\x20-\x7e]+$/.test(t)).slice(0, 4)) {
        await fetch(`${under.url}/api/users/login`, {
          method: "POST",
          headers: { "user-agent": text, "content-type": "application/json" },
          body: JSON.stringify({ email: EMAIL, password: text }),
        }).then((answer) => answer.body?.cancel());
      }

      const { page, faults } = await visitor(browser, { url: under.url, expected: /40[0-9]|429/ });
      const nothingOfTheirs = async () =>
        assert.equal(await page.locator(THEIRS).count(), 0, `${page.url()} has elements of theirs`);
      page.on("dialog", (dialog) => {
        faults.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
      if (sabotaged("markup")) {
        await page.route("**/*", async (intercepted) => {
          const response = await intercepted.fetch({ maxRedirects: 0 });
          const type = response.headers()["content-type"] ?? "";
          if (!type.includes("html")) return intercepted.fulfill({ response });
          const html = (await response.text()).replaceAll("&lt;", "<").replaceAll("&quot;", '"');
          await intercepted.fulfill({ response, body: html });
        });
      }
      const echoes = HOSTILE_TEXTS.map(encodeURIComponent);
      for (const text of echoes) {
        await page.goto(`/sign-in?next=${text}`);
        await nothingOfTheirs();
      }
      // The form shows again what was typed as address.
      await page.goto("/sign-in");
      await page.locator("[name=email]").evaluate((input) => input.setAttribute("type", "text"));
      await page.fill("[name=email]", HOSTILE_TEXTS[4]);
      await page.fill("[name=password]", "x");
      await page.click("button[type=submit]");
      await nothingOfTheirs();

      await signIn(page, EMAIL, PASSWORD);
      const older = (await access.audit.list({ limit: 50 })).next;
      const pages = ["/more", "/profile", "/people", "/keys", "/settings", "/docs", "/audit"];
      const searches = echoes.map((text) => `/audit?search=${text}`);
      for (const path of [...pages, `/audit?cursor=${older}`, ...searches]) {
        await page.goto(path);
        await nothingOfTheirs();
      }
      await page.goto("/people");
      const shown = await page.textContent("main");
      for (const text of HOSTILE_TEXTS.filter((t) => t.length <= 80)) {
        assert.ok(shown!.includes(text.trim()), `${text} is not shown as text`);
      }
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await under.close();
    }
  },
});
