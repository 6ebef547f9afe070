/** Machines as a person meets them: new ones confirmed, limits set, maintenance planned, deletion undone. */
import assert from "node:assert/strict";
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
import { runApp, type RunningApp } from "../support/app_client.ts";

const ENGINEER = ["engineer@example.org", "long enough"] as const;
const VIEWER = ["viewer@example.org", "long enough"] as const;

async function plant(): Promise<RunningApp> {
  const app = await runApp();
  const tester = systemActor("test");
  const { users } = app.parts.access;
  await users.add({ email: ENGINEER[0], role: "engineer", password: ENGINEER[1] }, tester);
  await users.add({ email: VIEWER[0], role: "viewer", password: VIEWER[1] }, tester);
  await app.ingest([
    { machine: "hall-1/press-3", sensor: "oil_temperature", value: 85.5 },
    { machine: "hall-1/press-3", sensor: "mode", value: "running" },
    { machine: "hall-2/mixer-1", sensor: "rpm", value: 420 },
  ]);
  return app;
}

/** Where to keep pictures of the pages, for a person to look at; none by default. */
const pictures = Deno.env.get("PICTURES");

/** Name of a day of the week whose night is not now: the window of that day is not open yet. */
function dayFromNow(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000);
  return new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(at);
}

for (
  const [name, viewport, script] of [
    ["phone", PHONE, true],
    ["desktop", DESKTOP, true],
    ["phone without script", PHONE, false],
  ] as const
) {
  Deno.test({
    name: `browser: machines on a ${name}: confirmed, limits, maintenance, deletion undone`,
    ignore: chromiumIsMissing(),
    fn: async () => {
      const app = await plant();
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, {
          url: app.url,
          viewport,
          script,
          expected: /status of 400/,
        });
        const look = async (what: string) => {
          if (script) await assertAccessible(page);
          if (script) await assertFits(page);
          if (pictures) {
            const path = `${pictures}/${name.replaceAll(" ", "-")}-${what}.png`;
            await page.screenshot({ path, fullPage: true });
          }
        };
        await signIn(page, ...ENGINEER);
        await look("overview");
        await page.goto("/machines");
        assert.match(await page.innerText("h1"), /All 2 machines are normal/);
        await look("machines");
        await page.getByLabel("Select Mixer 1").check();
        await look("machines-selected");
        await page.getByLabel("Tag", { exact: true }).fill("food");
        await page.getByRole("button", { name: "Add the tag" }).click();
        await page.getByText("1 machine was changed").waitFor();
        await page.getByRole("link", { name: "tag Food" }).click();
        await page.locator("h1", { hasText: "1 of 2 machines" }).waitFor();
        await page.getByLabel("Select all 1").check();
        await page.getByRole("button", { name: "Confirm", exact: true }).click();
        await page.getByText("1 machine was changed").waitFor();
        await page.getByRole("link", { name: "1 machine is new" }).click();
        await page.locator("h1", { hasText: "1 of 2 machines" }).waitFor();
        await page.locator("a.row", { hasText: "Press 3" }).click();
        await page.getByRole("heading", { name: "Press 3" }).waitFor();
        await look("machine-new");
        await page.getByLabel("Name").fill("Big press");
        await page.getByLabel("Tags").fill("hydraulic, old");
        await page.getByLabel("Notes").fill("Oil since May.");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByRole("heading", { name: "Big press" }).waitFor();

        await page.locator("a.row", { hasText: "Oil temperature" }).click();
        await page.getByRole("link", { name: "Limits and settings" }).click();
        await page.getByLabel("Warning high").fill("95");
        await page.getByLabel("Critical high").fill("90");
        await page.getByLabel("Unit").fill("°C");
        await page.getByLabel("Decimals").fill("3");
        await page.getByRole("button", { name: "Save and confirm" }).click();
        await page.getByText("must not be above critical high (90)").waitFor();
        assert.equal(await page.getByLabel("Warning high").inputValue(), "95");
        await look("limits-refused");
        await page.getByLabel("Warning high").fill("80");
        await page.getByRole("button", { name: "Save and confirm" }).click();
        await page.waitForURL("**/sensors/*");
        await page.locator(".sensor-state", { hasText: "warning" }).waitFor();
        assert.match(await page.innerText(".now-value"), /85\.500/);
        await look("sensor");
        await page.goto("/machines");
        assert.match(await page.innerText("h1"), /1 machine needs attention/);
        await look("machines-warning");

        await page.goto("/maintenance?path=hall-1/press-3");
        const weekly = page.locator("section[aria-labelledby=weekly]");
        await weekly.getByLabel("What for").fill("Cleaning");
        await weekly.getByLabel("From").fill("22:00");
        await weekly.getByLabel("To").fill("06:00");
        await weekly.getByRole("button", { name: "Plan" }).click();
        await page.getByText("choose at least one day").waitFor();
        await look("maintenance-refused");
        const day = dayFromNow(3);
        await weekly.getByLabel(day).check();
        await weekly.getByRole("button", { name: "Plan" }).click();
        await page.getByText(`${day}, 22:00 to 06:00.`).waitFor();
        const once = page.locator("section[aria-labelledby=once]");
        await once.getByLabel("What for").fill("Oil change");
        await once.getByLabel("Machine or area").fill("hall-1");
        const local = (ms: number) => new Date(Date.now() + ms).toISOString().slice(0, 16);
        const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        assert.equal(zone, "UTC", "the host of the tests keeps UTC");
        await once.getByLabel("From").fill(local(-3_600_000));
        await once.getByLabel("To").fill(local(3_600_000));
        await once.getByRole("button", { name: "Plan" }).click();
        await page.getByText("One window is open").waitFor();
        await look("maintenance");
        app.parts.statuses.tick();
        await page.goto("/machines/hall-1/press-3");
        assert.match(
          await page.innerText(".machine-state"),
          /maintenance.*its sensors are warning/s,
        );
        await look("machine");

        await page.getByRole("button", { name: "Delete the machine" }).click();
        await page.getByText("Big press and its sensors were deleted").waitFor();
        assert.equal(await page.locator("a.row", { hasText: "Big press" }).count(), 0);
        await look("undo");
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByRole("heading", { name: "Big press" }).waitFor();
        await page.locator("a.row", { hasText: "Mode" }).click();
        await page.getByRole("link", { name: "Limits and settings" }).click();
        await page.getByRole("button", { name: "Delete the sensor" }).click();
        await page.getByText("hall-1/press-3/mode was deleted").waitFor();
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByRole("heading", { name: "Mode" }).waitFor();
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await app.stop();
      }
    },
  });
}

Deno.test({
  name: "browser: viewers see machines and maintenance, and no forms to change them",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const app = await plant();
    const browser = await startBrowser();
    try {
      const { page } = await visitor(browser, { url: app.url });
      await signIn(page, ...VIEWER);
      for (const path of ["/machines", "/machines/hall-1/press-3", "/maintenance"]) {
        await page.goto(path);
        assert.equal(await page.locator("main form[method=post]").count(), 0, path);
      }
      const id = app.parts.registry.find("press-3/mode")!.id;
      assert.equal((await page.goto(`/sensor-settings/${id}`))?.status(), 403);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
