/** The page of a machine and the overview as a person meets them: condition, photo, moving, what needs attention. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { systemActor } from "../../lib/access/audit_row.ts";
import { newTargetShape } from "../../lib/commands/target.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  DESKTOP,
  drawAsOfRunBefore,
  PHONE,
  signIn,
  startBrowser,
  type Visitor,
  visitor,
} from "../support/browser.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { picture } from "../support/pictures.ts";
import { until } from "../support/until.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;
const PRESS = "hall-1/press-3";
const note = () => ({ sql: "select 1" });

type Viewport = typeof PHONE;

async function withPlant(
  { viewport, script = true, expected }: {
    viewport: Viewport;
    script?: boolean;
    expected?: RegExp;
  },
  run: (app: RunningApp, visited: Visitor) => Promise<void>,
): Promise<void> {
  const app = await runApp();
  const browser = await startBrowser();
  try {
    await app.parts.access.users.add(
      { email: ENGINEER[0], role: "engineer", password: ENGINEER[1] },
      systemActor("test"),
    );
    await app.ingest([
      { machine: PRESS, sensor: "temperature", value: 61, unit: "°C" },
      { machine: PRESS, sensor: "pressure", value: 5 },
      { machine: "hall-2/mixer-1", sensor: "rpm", value: 420 },
    ]);
    const visited = await visitor(browser, { url: app.url, viewport, script, expected });
    await signIn(visited.page, ...ENGINEER);
    await run(app, visited);
    assert.deepEqual(visited.faults, []);
  } finally {
    await browser.close();
    await app.stop();
  }
}

for (
  const [name, viewport, script] of [
    ["phone", PHONE, true],
    ["desktop without script", DESKTOP, false],
  ] as const
) {
  Deno.test({
    name: `browser: a machine's photo and place are changed on a ${name}`,
    ignore: chromiumIsMissing(),
    fn: () =>
      withPlant({ viewport, script, expected: /status of (400|409)/ }, async (app, { page }) => {
        const file = (kind: "png" | "gif") => ({
          // Its name and type say nothing.
          name: "photo.png",
          mimeType: "image/png",
          buffer: Buffer.from(picture(kind)),
        });
        await page.goto(`/machines/${PRESS}`);
        await page.click("summary:has-text('Add a photo')");
        await page.getByLabel("Picture").setInputFiles(file("gif"));
        await page.getByRole("button", { name: "Upload" }).click();
        await page.getByText("a gif file by its content").waitFor();
        await page.getByLabel("Picture").setInputFiles(file("png"));
        await page.getByLabel("What it shows").fill("The press from the left");
        await page.getByRole("button", { name: "Upload" }).click();
        const photo = page.getByAltText("The press from the left");
        await photo.waitFor();
        if (script) {
          await assertAccessible(page);
          await assertFits(page);
          const width = await photo.evaluate((img) => (img as HTMLImageElement).naturalWidth);
          assert.equal(width, 16, "the content policy lets it be shown");
        }
        await page.goto("/machines");
        assert.equal(await page.locator("img.thumb").count(), 1);

        await page.goto(`/machines/${PRESS}`);
        await page.click("summary:has-text('Move or rename')");
        await page.getByLabel("Path").fill("hall-2/mixer-1");
        await page.getByRole("button", { name: "Move" }).click();
        await page.getByText("hall-2/mixer-1 exists already").waitFor();
        if (script) await assertAccessible(page);
        if (await page.getByLabel("Path").isHidden()) {
          await page.click("summary:has-text('Move or rename')");
        }
        await page.getByLabel("Path").fill("hall-2/line-1/press-3");
        await page.getByRole("button", { name: "Move" }).click();
        await page.waitForURL("**/machines/hall-2/line-1/press-3");
        assert.match(await page.innerText(".crumbs"), /Machines \/ Hall 2 \/ Line 1/);
        await app.ingest([{ machine: PRESS, sensor: "temperature", value: 62 }]);
        await page.click("summary:has-text('Move or rename')");
        await page.getByText(`Also heard as ${PRESS}`).waitFor();
        await page.getByRole("button", { name: `Forget ${PRESS}` }).click();
        await page.getByText("Also heard as").waitFor({ state: "detached" });

        await page.click("summary:has-text('Change the photo')");
        await page.getByRole("button", { name: "Remove the photo" }).click();
        await page.locator("img.photo").waitFor({ state: "detached" });
        await page.click(".crumbs a:has-text('Hall 2')");
        await page.locator("h1", { hasText: "2 of 2 machines" }).waitFor();
      }),
  });
}

Deno.test({
  name: "browser: a machine says its health, remaining life and what to do, and goes on live",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant({ viewport: DESKTOP }, async (app, { page }) => {
      const { predictions, hub } = app.parts;
      await predictions.look({ all: true });
      await page.goto(`/machines/${PRESS}`);
      const condition = page.locator("section[aria-labelledby=condition]");
      // One reading is not enough to say anything, and that is what it says.
      assert.match(
        await condition.innerText(),
        /Still learning what is usual[\s\S]*Health\s+unknown/,
      );
      assert.match(await condition.innerText(), /Remaining life\. Unknown: /);
      await condition.getByRole("link", { name: "Why" }).waitFor();
      await page.waitForSelector(".dot.live");
      hub.publish("prediction", {
        id: "7",
        machine: PRESS,
        at_ms: Date.now(),
        class: "critical",
        score: 0.9,
        confidence: 0.8,
        action: "Stop the machine",
        summary: "pressure is far above its usual",
        source: "model",
        life: "Pressure probably reaches 9 bar in 3 h (2 h to 5 h)",
      });
      await condition.getByText("Health").locator("..").getByText("10 of 100").waitFor();
      assert.match(await condition.innerText(), /critical: pressure is far above its usual\./);
      assert.match(await condition.innerText(), /What to do\. Stop the machine\./);
      assert.match(await condition.innerText(), /Remaining life\. Pressure probably reaches 9 bar/);
      assert.equal(
        await condition.getByRole("link", { name: "Why" }).getAttribute("href"),
        "/predictions/7",
      );
      await assertAccessible(page);
      // Whatever is usual: over an open warning nothing is normal, and something is to be done.
      await app.parts.alarms.raise(
        { machine: PRESS, severity: "warning", text: "oil on the floor" },
        { name: "Ada", audited: () => ({ sql: "select 1" }) },
      );
      const usual = { class: "normal", score: 0.1, confidence: 0.8, action: "Nothing to do" };
      hub.publish("prediction", {
        ...{ id: "8", machine: PRESS, at_ms: Date.now(), source: "model" },
        ...{ ...usual, summary: "every sensor is within its usual range" },
      });
      await page.waitForSelector(".machine-state >> text=1 warning open");
      await condition.getByText("See to oil on the floor.").waitFor();
      assert.ok(!/Nothing to do/.test(await condition.innerText()));
    }),
});

for (const [name, viewport] of [["phone", PHONE], ["desktop", DESKTOP]] as const) {
  Deno.test({
    name: `browser: the overview says which machines need attention, and follows, on a ${name}`,
    ignore: chromiumIsMissing(),
    fn: () =>
      withPlant({ viewport }, async (app, { page }) => {
        const temperature = app.parts.registry.find(`${PRESS}/temperature`)!;
        await page.waitForSelector(".dot.live");
        assert.match(await page.innerText("h1"), /All 3 sensors are reporting/);
        assert.equal(await page.locator(".attention").count(), 0);
        await page.evaluate(() => void (document.body.dataset.mark = "same page"));
        const limits = { warning_high: 80, critical_high: 90 };
        await app.parts.machines.patchSensor(temperature.id, limits, note);
        await app.ingest([{ machine: PRESS, sensor: "temperature", value: 85 }]);
        const card = page.getByRole("region", { name: "Attention: Press 3" });
        await card.waitFor();
        await page.waitForFunction(() =>
          /1 machine needs attention/.test(document.querySelector("h1")!.textContent!)
        );
        // Its alarm may be there a moment before its status.
        await card.filter({ hasText: /warning\s*for/ }).waitFor();
        assert.match(await card.innerText(), /Temperature[\s\S]*85\.0/);
        await assertAccessible(page);
        await assertFits(page);
        await app.ingest([{ machine: PRESS, sensor: "temperature", value: 95 }]);
        await card.locator("h2 .status.critical").waitFor();
        await page.getByText("1 critical.").waitFor();
        await app.ingest([{ machine: PRESS, sensor: "temperature", value: 60 }]);
        await card.waitFor({ state: "detached" });
        await page.waitForFunction(() =>
          /All 3 sensors/.test(document.querySelector("h1")!.textContent!)
        );
        assert.equal(await page.getAttribute("body", "data-mark"), "same page");
        // Its sensors are normal, and somebody saw something.
        const { id } = await app.parts.alarms.raise(
          { machine: PRESS, severity: "warning", text: "oil on the floor" },
          { name: "Ada", audited: () => ({ sql: "select 1" }) },
        );
        await card.locator("p", { hasText: "oil on the floor" }).waitFor();
        assert.match(await card.innerText(), /1 warning open for/);
        await page.waitForFunction(() =>
          /1 machine needs attention/.test(document.querySelector("h1")!.textContent!)
        );
        await assertAccessible(page);
        await assertFits(page);
        await page.goto("/machines?status=warning");
        await page.locator("h1", { hasText: "1 of 2 machines" }).waitFor();
        await page.goto("/machines");
        await page.locator("h1", { hasText: "1 machine needs attention" }).waitFor();
        const resolved = { kind: "resolve", note: "wiped", verdict: null } as const;
        await app.parts.alarms.act(id, resolved, {
          name: "Ada",
          audited: () => ({ sql: "select 1" }),
        });
        await page.locator("h1", { hasText: "All 2 machines are normal" }).waitFor();
      }),
  });
}

Deno.test({
  name:
    "browser: a machine's page says what came of its alarms and orders while Perch was started anew",
  ignore: chromiumIsMissing(),
  fn: () =>
    withPlant({ viewport: PHONE }, async (app, { page }) => {
      const { access, alarms, commands } = app.parts;
      const actor = systemActor("test");
      const audited = (change: AuditChange) => access.audit.statement({ actor, ...change });
      const headers = { "content-type": "application/json" };
      const change = async (path: string, method: string, body: unknown) => {
        const init = { method, headers, role: "engineer" as const, body: JSON.stringify(body) };
        const answer = await app.ask(path, init);
        assert.ok(answer.ok, await answer.text());
      };
      await change(`/api/sensors/${PRESS}/temperature`, "PATCH", { warning_high: 80 });
      const fan = await commands.targets.add(
        newTargetShape.parse({
          ...{ name: "Fan", kind: "number", min: 0, max: 9, sensor: `${PRESS}/pressure` },
          ...{ way: { topic: "cmnd/fan" }, settings: { min_interval_s: 0 } },
        }),
        audited,
      );
      const order = (value: number) =>
        commands.order(fan.id, value, {
          ...{ actor: "system", name: "test", confirmed: false, audited },
        });
      const shows = (value: number) => app.ingest([{ machine: PRESS, sensor: "pressure", value }]);
      await order(3);
      await shows(3);
      await app.ingest([{ machine: PRESS, sensor: "temperature", value: 85, unit: "°C" }]);
      const { id } = await until("an alarm", () => alarms.open()[0] ?? null);
      await page.goto(`/machines/${PRESS}`);
      await page.getByText("Last order, 3").waitFor();
      await page.locator(".alarm-here", { hasText: "is above warning" }).waitFor();
      await drawAsOfRunBefore(page, `${app.url}/machines/${PRESS}`, async () => {
        await change(`/api/alarms/${id}/resolve`, "POST", {});
        await order(7);
        await shows(7);
      });
      await page.goto(`/machines/${PRESS}`);
      await page.getByText("No open alarms.").waitFor();
      await page.getByText("Last order, 7: confirmed").waitFor();
    }),
});
