/** Controls, orders and rules as a person meets them. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { newTargetShape } from "../../lib/commands/target.ts";
import { runApp } from "../support/app_client.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";

const PASSWORD = "long enough";
const tester = systemActor("test");

Deno.test({
  name: "browser: an admin sets up, an engineer orders and writes a rule, a viewer looks on",
  ignore: chromiumIsMissing(),
  async fn() {
    const app = await runApp();
    const browser = await startBrowser();
    try {
      const { access, commands } = app.parts;
      for (const role of ["admin", "engineer", "viewer"] as const) {
        await access.users.add({ email: `${role}@example.org`, role, password: PASSWORD }, tester);
      }
      await app.ingest([
        { machine: "hall-1/press-3", sensor: "heater", value: true },
        { machine: "hall-1/press-3", sensor: "setpoint", value: 40, unit: "°C" },
        { machine: "hall-1/press-3", sensor: "mode", value: "auto" },
      ]);
      const rules = await (await app.ask("/commands/rules", { role: "engineer" })).text();
      assert.ok(rules.includes("there is none yet") && !rules.includes("Add a rule"), rules);
      const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
      const add = (given: object) => commands.targets.add(newTargetShape.parse(given), audited);
      const at = (sensor: string) => ({ sensor: `hall-1/press-3/${sensor}` });
      const way = (topic: string) => ({ way: { topic: `cmnd/${topic}` } });
      const setpoint = await add({
        ...{ name: "Setpoint", kind: "number", min: 5, max: 80, step: 0.5 },
        ...{ ...at("setpoint"), ...way("setpoint"), settings: { min_interval_s: 0 } },
      });
      await add({
        ...{ name: "Mode", kind: "select", options: ["auto", "manual"] },
        ...{ ...at("mode"), ...way("mode") },
      });
      await add({
        ...{ name: "Purge", kind: "button", machine: "hall-1/press-3", ...way("purge") },
        settings: { dangerous: true },
      });
      const as = async (role: Role, expected?: RegExp) => {
        const seen = await visitor(browser, { url: app.url, viewport: PHONE, expected });
        await signIn(seen.page, `${role}@example.org`, PASSWORD);
        return seen;
      };

      const { page, faults } = await as("admin", /status of 400/);
      await page.goto("/commands");
      await page.click("summary:has-text('Set up a control')");
      await page.fill("[name=name]", "Heater");
      await page.fill("[name=sensor]", "hall-1/press-3/heater");
      await page.fill("[name=topic]", "a/+/b");
      await page.click("button:has-text('Set it up')");
      await page.getByText("must be a topic without").first().waitFor();
      await assertEveryLook(page);
      await takePictures(page, "commands-set-up");
      await page.setViewportSize(PHONE);
      await page.fill("[name=topic]", "cmnd/heater");
      await page.click("button:has-text('Set it up')");
      await page.getByRole("heading", { name: "Heater" }).waitFor();
      await page.click("summary:has-text('Settings')");
      await assertEveryLook(page);
      await takePictures(page, "commands-one");
      assert.deepEqual(faults, []);
      await page.close();

      const engineer = await as("engineer", /status of 400/);
      await engineer.page.goto("/machines/hall-1/press-3");
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-machine");
      await engineer.page.click("[aria-label='Switch Heater off']");
      await engineer.page.getByText("off: waiting for the device").waitFor();
      await app.ingest([{ machine: "hall-1/press-3", sensor: "heater", value: false }]);
      // In place, without a new page.
      await engineer.page.getByText("off: confirmed").waitFor();
      await engineer.page.getByText("Now off").waitFor();
      await engineer.page.goto("/sensors/hall-1/press-3/heater");
      await engineer.page.click("[aria-label='Switch Heater on']");
      await engineer.page.getByText("on: waiting for the device").waitFor();
      // What a browser would not send.
      await engineer.page.goto(`/commands/${setpoint.id}`);
      await engineer.page.$eval("[name=value]", (input) => input.removeAttribute("max"));
      await engineer.page.fill("[name=value]", "500");
      await engineer.page.click("button:has-text('Set')");
      await engineer.page.getByText("must be from 5 to 80; it is 500").first().waitFor();
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-refused");
      await engineer.page.goto("/commands");
      await engineer.page.click("button:has-text('Press Purge')");
      await engineer.page.getByText("This is marked dangerous").waitFor();
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-confirm");
      assert.equal((await commands.list({})).items.length, 2, "nothing before it is confirmed");
      await engineer.page.click("button:has-text('Yes, press')");
      await engineer.page.getByText("press: not confirmed").first().waitFor();
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-list");
      await engineer.page.goto("/commands/rules");
      await engineer.page.click("summary:has-text('Add a rule')");
      await engineer.page.fill("[name=name]", "Heat when it is cold");
      await engineer.page.selectOption("[name=target]", { label: "hall-1/press-3: Heater" });
      await engineer.page.fill("[name=value]", "on");
      await engineer.page.fill("[name='when.sensor']", "hall-1/press-3/setpoint");
      await engineer.page.selectOption("[name='when.is']", "below");
      await engineer.page.fill("[name='when.value']", "20");
      await engineer.page.click("button:has-text('How often in the last')");
      await engineer.page.getByText("it would never have given its order").waitFor();
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-rule-form");
      await engineer.page.click("button:has-text('Add the rule')");
      await engineer.page.getByText("Heater: on, when hall-1/press-3/setpoint is below 20 °C")
        .waitFor();
      await engineer.page.goto("/commands/rules");
      await assertEveryLook(engineer.page);
      await takePictures(engineer.page, "commands-rules");
      assert.deepEqual(engineer.faults, []);
      await engineer.page.close();

      const viewer = await as("viewer");
      for (const path of ["/commands", `/commands/${setpoint.id}`, "/machines/hall-1/press-3"]) {
        await viewer.page.goto(path);
        await viewer.page.getByText("Now 40 °C").first().waitFor();
        const buttons = await viewer.page.getByRole("button", { name: /^(Set|Switch|Press) / });
        assert.equal(await buttons.count(), 0, path);
      }
      await viewer.page.goto("/commands/rules");
      assert.equal(await viewer.page.getByText("Add a rule").count(), 0);
      assert.deepEqual(viewer.faults, []);
    } finally {
      await browser.close();
      await app.stop();
    }
  },
});
