/** Channels, rules and deliveries as a person meets them, with a receiver on this host. */
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
import { runApp } from "../support/app_client.ts";
import { alarmStep } from "../support/outbox.ts";
import { startReceiver } from "../support/receivers/http.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const PROTOCOL = {
  answer: () => ({ status: 200, body: "ok" }),
  rateLimited: { status: 429 },
  broken: { status: 500, body: "out of order" },
  lie: null,
};
/** Where to keep pictures of the pages, for a person to look at; none by default. */
const pictures = Deno.env.get("PICTURES");

for (
  const [name, viewport, script, colours] of [
    ["phone", PHONE, true, "light"],
    ["desktop in the dark", DESKTOP, true, "dark"],
    ["phone without script", PHONE, false, "light"],
  ] as const
) {
  Deno.test({
    name: `browser: notifications on a ${name}: channel, test, webhook, rule, dry run, dead letter`,
    ignore: chromiumIsMissing(),
    fn: async () => {
      const receiver = startReceiver(PROTOCOL);
      const app = await runApp({ OUTGOING_NETWORKS: "127.0.0.0/8,::1" });
      const [email, password] = ADMIN;
      await app.parts.access.users.add({ email, role: "admin", password }, systemActor("test"));
      const browser = await startBrowser();
      try {
        const { page, faults } = await visitor(browser, {
          url: app.url,
          viewport,
          script,
          colours,
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
        const heading = (text: string | RegExp) =>
          page.getByRole("heading", { name: text }).first().waitFor();
        await app.ingest([{ machine: "hall-9/oven", sensor: "t", value: 1 }]);
        await signIn(page, ...ADMIN);
        await page.goto("/deliveries");
        assert.match(await page.innerText("main"), /Nothing has left Perch yet/);
        await look("deliveries-empty");
        await page.getByRole("link", { name: "Channels" }).first().click();
        await heading("No one is notified yet");
        await look("channels-empty");

        await page.getByRole("link", { name: "Slack" }).click();
        await page.getByLabel("Webhook address").fill("nonsense");
        await page.getByRole("button", { name: "Add", exact: true }).click();
        await page.getByRole("alert").first().waitFor();
        await look("channel-wrong");
        await page.getByLabel("Webhook address").fill(`${receiver.url}/canary`);
        await page.getByRole("button", { name: "Add", exact: true }).click();
        await heading("1 channel in use");
        assert.ok(!(await page.content()).includes("canary"), "the address is secret");
        receiver.mood = "broken";
        await page.getByRole("button", { name: "Send a test: Slack" }).click();
        await heading("Slack did not accept the test message");
        assert.match(await page.innerText("main"), /500 out of order/);
        receiver.mood = "good";
        await page.getByRole("button", { name: "Send a test: Slack" }).click();
        await heading("Slack accepted the test message");
        await look("channels");

        await page.goto("/settings/channels?add=webhook");
        await page.getByLabel("Name").last().fill("System");
        await page.getByLabel("Address").last().fill(`${receiver.url}/hook`);
        await page.getByRole("button", { name: "Add", exact: true }).click();
        await heading("Signing secret of System");
        assert.match(await page.innerText("pre"), /^whsec_/);
        await look("webhook-secret");

        await page.goto("/settings/rules");
        await heading("1 notification rule");
        await look("rules");
        await page.getByText("Add a rule").click();
        await page.getByLabel("Name").fill("Hall 9");
        await page.getByLabel("Machines or areas").fill("hall-99");
        await page.getByLabel("Every channel that people read").first().check();
        await page.getByRole("button", { name: "Add the rule" }).click();
        await page.getByText("there is no machine or area “hall-99”").first().waitFor();
        await look("rule-nowhere");
        await page.getByLabel("Machines or areas").fill("hall-9");
        await page.getByRole("button", { name: "Add the rule" }).click();
        await heading("Hall 9");
        await look("rule");

        const { events, notify } = app.parts;
        receiver.mood = "broken";
        await events.append(alarmStep("9", "alarm.raised", Date.now()));
        notify.wake();
        let dead = 0;
        for (let i = 0; dead === 0 && i < 200; i++) {
          await new Promise((r) => setTimeout(r, 25));
          const { items } = await notify.outbox.list({ subject: "alarm:9" });
          dead = items.find((one) => one.tries > 0)?.id ?? 0;
        }
        await page.goto("/settings/rules/default");
        await page.getByRole("button", { name: /What would it have sent/ }).click();
        await heading(/would have sent 1 message/);
        await look("dry-run");

        await page.goto("/deliveries");
        await heading(/messages? waits?|could not be delivered/);
        await look("deliveries");
        await page.goto(`/deliveries/${dead}`);
        assert.match(await page.innerText("main"), /500 out of order/);
        await look("delivery");
        await page.getByRole("button", { name: "Do not send" }).click();
        await page.getByRole("button", { name: "Send again" }).waitFor();
        receiver.mood = "good";
        await page.getByRole("button", { name: "Send again" }).click();
        await page.getByRole("button", { name: "Send again" }).waitFor({ state: "detached" });
        for (let i = 0; receiver.accepted.length < 2 && i < 200; i++) {
          await new Promise((r) => setTimeout(r, 25));
        }
        await page.goto("/alarms/9/told");
        assert.match(await page.innerText("main"), /Hall 9 not sent/);
        await look("told");
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await app.stop();
        await receiver.close();
      }
    },
  });
}
