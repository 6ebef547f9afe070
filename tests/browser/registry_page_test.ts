/** The registry as a document, the plant as a tree, and removed windows, as a person meets them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { systemActor } from "../../lib/access/audit_row.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  DESKTOP,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { runApp } from "../support/app_client.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;
const note = () => ({ sql: "select 1" });

for (
  const [name, viewport, script] of [
    ["phone", PHONE, true],
    ["desktop without script", DESKTOP, false],
  ] as const
) {
  Deno.test({
    name:
      `browser: the registry is looked at, refused by row and column, and imported on a ${name}`,
    ignore: chromiumIsMissing(),
    fn: async () => {
      const app = await runApp();
      const browser = await startBrowser();
      try {
        const { registry, machines, access } = app.parts;
        const [email, password] = ENGINEER;
        await access.users.add({ email, role: "engineer", password }, systemActor("test"));
        await app.ingest([{ machine: "hall-1/line-1/press-3", sensor: "temp", value: 61 }]);
        await machines.patchMachine(
          "hall-1/line-1/press-3",
          { notes: "ours", tags: ["old"] },
          note,
        );
        await machines.patchSensor("press-3/temp", { warning_high: 80, scale: 2 }, note);
        const { page, faults } = await visitor(browser, {
          url: app.url,
          viewport,
          script,
          expected: /status of 400/,
        });
        await signIn(page, email, password);
        await page.goto("/machines");
        await page.click("a:has-text('Import and export')");
        const look = async () => {
          if (!script) return;
          await assertAccessible(page);
          await assertFits(page);
        };
        await look();
        const upload = async (text: string | Buffer) => {
          const buffer = typeof text === "string" ? Buffer.from(text) : text;
          await page.getByLabel("Document", { exact: true }).setInputFiles({
            name: "a",
            mimeType: "x/y",
            buffer,
          });
          await page.getByRole("button", { name: "Preview" }).click();
        };
        await upload(
          "type,path,warning_high,critical_high\r\n" +
            "machine,hall-2/oven-1,,\r\nsensor,hall-2/oven-1/temp,95,90\r\nsensor,x,abc,\r\n",
        );
        await page.getByText("2 fields are wrong; nothing was changed").waitFor();
        const wrong = await page.innerText("[aria-label='What is wrong']");
        assert.match(wrong, /line 3\s+warning_high\s+must not be above critical high \(90\)/);
        assert.equal(await page.getByRole("button", { name: /^Change/ }).count(), 0);
        await look();
        for (
          const [text, message] of [
            ["type,path,colour\nmachine,a/b,red", /line 1: column "colour"/],
            ['{"machines": 1}', /the document must be/],
            ["{", /the document is no JSON/],
            [Buffer.from([0xff, 0xfe, 0x00]), /not UTF-8/],
          ] as const
        ) {
          await upload(text);
          await page.locator(".error", { hasText: message }).waitFor();
        }
        assert.equal(registry.all().length, 1);
        await upload(
          "type,path,display_name,unit,critical_high\r\nmachine,hall-2/oven-1,Öfen & <b>1</b>,,\r\n" +
            "sensor,hall-2/oven-1/temp,,°C,250\r\n",
        );
        await page.getByText("Nothing is changed yet").waitFor();
        assert.equal(registry.machines.all().length, 1);
        await look();
        await page.getByRole("button", { name: "Import 2 changes" }).click();
        await page.getByRole("heading", { name: "Imported" }).waitFor();
        assert.equal(registry.machines.find("hall-2/oven-1")!.name, "Öfen & <b>1</b>");
        assert.equal(registry.find("oven-1/temp")!.settings.critical_high, 250);
        await look();

        const get = async (link: string) => {
          const href = await page.getByRole("link", { name: link }).getAttribute("href");
          return await (await page.request.get(href!)).text();
        };
        assert.match(await get("All as CSV"), /^type,.*notes.*scale[\s\S]*ours/);
        const template = await get("Template as CSV");
        assert.doesNotMatch(template, /notes|scale|offset|ours/);
        assert.match(template, /hall-1\/line-1\/press-3\/temp.*80/);
        assert.doesNotMatch(await get("Template as JSON"), /notes|scale/);
        await upload(template);
        await page.getByText("The document changes nothing").waitFor();

        await page.goto("/machines/tree");
        assert.match(await page.innerText("h1"), /2 machines in 2 parts of the plant/);
        await page.getByRole("link", { name: "Line 1" }).waitFor();
        await look();
        // The word of a part of the plant follows its machines.
        for (const [value, word] of script ? [[70, "warning"], [10, "normal"]] as const : []) {
          await app.ingest([{ machine: "hall-1/line-1/press-3", sensor: "temp", value }]);
          await page.locator(".part", { hasText: new RegExp(`Hall 1.*${word}`, "s") }).waitFor();
        }
        await page.getByRole("link", { name: "Hall 1" }).click();
        assert.match(await page.innerText("h1"), /1 of 2 machines/);
        await page.goto("/machines");
        await page.getByRole("link", { name: "tag old" }).click();
        assert.match(await page.innerText("h1"), /1 of 2 machines/);

        await machines.addWindow({
          path: "",
          title: "Cleaning",
          timing: { kind: "once", from: Date.now() - 1000, to: Date.now() + 3_600_000 },
        }, note);
        await page.goto("/maintenance");
        await page.getByRole("button", { name: "Remove Cleaning" }).click();
        await page.getByText("Cleaning was removed").waitFor();
        assert.match(await page.innerText("h1"), /No maintenance now/);
        await look();
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByText("One window is open").waitFor();
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await app.stop();
      }
    },
  });
}

Deno.test({
  name: "browser: predictions change in their places, and new ones announce themselves",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      const { predictions, access, registry } = app.parts;
      const [email, password] = ENGINEER;
      await access.users.add({ email, role: "engineer", password }, systemActor("test"));
      const send = (value: number) =>
        app.ingest([
          { machine: "hall-1/press-3", sensor: "temperature", value },
          { machine: "hall-1/mixer", sensor: "rpm", value: 420 },
        ]);
      await send(61);
      await predictions.look({ all: true });
      const { page, faults } = await visitor(browser, { url: app.url, viewport: PHONE });
      await signIn(page, email, password);
      await page.goto("/predictions");
      await page.waitForSelector(".dot.live");
      assert.match(await page.innerText("h1"), /Still learning what is usual of 2 of 2 machines/);
      const order = () => page.locator(".outlooks .part-name a").allInnerTexts();
      const before = await order();
      assert.equal(before.length, 2);
      const rows = await page.locator("tbody tr").count();
      await page.evaluate(() => void (document.body.dataset.mark = "same page"));
      const { id } = registry.find("press-3/temperature")!;
      await app.parts.machines.patchSensor(id, { critical_high: 90 }, note);
      // A class has changed once three looks in a row say so.
      for (let i = 0; i < 3; i++) {
        await send(95);
        await predictions.look({ all: true });
      }
      await page.getByText("1 new.").waitFor();
      await page.locator(".outlooks .state.critical").waitFor();
      assert.match(await page.innerText("h1"), /1 of 2 machines runs unusually/);
      assert.deepEqual(await order(), before, "nothing moves");
      assert.equal(await page.locator("tbody tr").count(), rows, "the list is as it was read");
      assert.equal(await page.getAttribute("body", "data-mark"), "same page");
      await assertAccessible(page);
      await assertFits(page);
      await page.getByRole("link", { name: "Show", exact: true }).click();
      await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, rows);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
