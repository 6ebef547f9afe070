/**
 * Names, texts and payloads that want to become markup or script, through every way in that people see on a
 * page. They must stay text: no dialog, no element of theirs, no report of the content policy.
 */
import assert from "node:assert/strict";
import { chromiumIsMissing, signIn, startBrowser, visitor } from "../support/browser.ts";
import { HOSTILE_TEXTS } from "../support/hostile_text.ts";
import { startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";

Deno.test({
  name: "browser: hostile names, states and payloads stay text on every page",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-hostile-" });
    const perch = await startPerch({
      dataDir,
      env: { MQTT_PORT: String(freePort()) },
      args: ["sim", "--stopped"],
    });
    const browser = await startBrowser();
    try {
      const { url } = perch;
      const headers = { "content-type": "application/json", authorization: await bearer(url) };
      const noSlash = HOSTILE_TEXTS.map((text) => text.replaceAll("/", "\u2215"));
      const readings = noSlash.flatMap((text) => [
        { machine: `hall/${text}`, sensor: text, value: 1, unit: text.slice(0, 16) },
        { machine: "hall/states", sensor: "state", value: text },
      ]);
      const refused = HOSTILE_TEXTS.map((text) => ({
        machine: "m",
        sensor: "s",
        value: 1,
        ts: text,
      }));
      const answer = await fetch(`${url}/api/ingest/batch`, {
        method: "POST",
        headers,
        body: JSON.stringify([...readings, ...refused]),
      });
      const { accepted, rejected } = await answer.json();
      assert.ok(accepted >= HOSTILE_TEXTS.length, `only ${accepted} were stored`);
      assert.ok(
        rejected.length >= HOSTILE_TEXTS.length - 2,
        `only ${rejected.length} were refused`,
      );

      const { page, faults } = await visitor(browser, { url, expected: /404|400/ });
      let dialogs = 0;
      page.on("dialog", (dialog) => {
        dialogs++;
        dialog.dismiss();
      });
      await signIn(page, "engineer@example.com", "engineer123");
      const { items } = await (await page.request.get("/api/sensors?limit=1000")).json();
      const sensors = items.map((sensor: { id: string }) => `/sensors/${sensor.id}`);
      const echoes = HOSTILE_TEXTS.flatMap((text) => [
        `/sensors?q=${encodeURIComponent(text)}&machine=${encodeURIComponent(text)}`,
        `/sensors/${encodeURIComponent(text)}`,
        `/sensors/${items[0].id}?from=${encodeURIComponent(text)}&to=x`,
      ]);
      for (const path of ["/", "/sensors", "/sources", ...sensors, ...echoes]) {
        await page.goto(path);
        const theirs = await page.locator(
          "main img, main iframe, main object, main base, main style, main math, " +
            "[onerror], [onload], [onfocus], [onmouseover], a[href^='javascript:']",
        ).count();
        assert.equal(theirs, 0, `${path} has elements that nobody wrote`);
      }
      await page.goto("/sources");
      const shown = await page.textContent("main");
      // The page keeps the latest ones.
      const latest = [
        "</style><script>alert(1)</script>",
        "<isindex type=image src=1 onerror=alert(1)>",
      ];
      for (const text of latest) {
        assert.ok(shown!.includes(text), `${text} is not shown as text`);
      }
      assert.equal(dialogs, 0);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await perch.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

async function bearer(url: string): Promise<string> {
  const response = await fetch(`${url}/api/users/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "engineer@example.com", password: "engineer123" }),
  });
  return `Bearer ${(await response.json()).access_token}`;
}
