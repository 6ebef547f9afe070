/**
 * 500 alarms in a minute: people get a digest rather than 500 mails, a webhook gets all of them, and what waits
 * is in the database, not in memory. Its control: `SABOTAGE=no_digest` lifts the limit; then 500 mails come and
 * the test must be red.
 */
import assert from "node:assert/strict";
import { fakeClock } from "../support/fake_clock.ts";
import { alarmStep, startOutbox } from "../support/outbox.ts";
import { startReceiver } from "../support/receivers/http.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { sabotaged } from "../support/sabotage.ts";

const ALARMS = 500;
const SINGLE = 20;
const PROTOCOL = {
  answer: () => ({ status: 204 }),
  rateLimited: { status: 429 },
  broken: { status: 500 },
  lie: null,
};

Deno.test("storm: 500 alarms in a minute are 20 mails and a digest; the webhook gets all", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-storm-" });
  const clock = fakeClock();
  const smtp = await startSmtp();
  const hook = startReceiver(PROTOCOL);
  const outbox = await startOutbox({
    dataDir,
    clock,
    storm: () => ({ messages: sabotaged("no_digest") ? 1_000_000 : SINGLE, minutes: 5 }),
    environment: {
      smtp: {
        server: "127.0.0.1",
        port: smtp.port,
        sender: "perch@example.org",
        password: null,
        recipient: "plant@example.org",
      },
      slackUrl: null,
    },
  });
  const settled = async (done: () => boolean) => {
    for (let i = 0; i < 4_000 && !done(); i++) await new Promise((r) => setTimeout(r, 5));
  };
  try {
    const { notify, events, db, audited } = outbox;
    const subscription = { events: ["alarm"], severity: "info" as const };
    const options = { url: hook.url };
    await notify.channels.add({ kind: "webhook", name: "Hook", options, subscription }, audited);
    for (let i = 0; i < ALARMS; i++) {
      await db.write([events.statement(alarmStep(`s${i}`, "alarm.raised", clock.now()))]);
      await clock.advance(100);
    }
    notify.wake();
    await settled(() => hook.accepted.length >= ALARMS && smtp.mails.length >= SINGLE);
    assert.equal(hook.accepted.length, ALARMS, "a program is told everything");
    assert.equal(smtp.mails.length, SINGLE, "single mails before the digest");
    // What was collected leaves at the end of the five minutes.
    await clock.advance(5 * 60_000);
    await settled(() => smtp.mails.length > SINGLE);
    await new Promise((r) => setTimeout(r, 200));
    const digests = smtp.mails.slice(SINGLE);
    assert.equal(digests.length, 1);
    const [{ mail }] = digests;
    assert.match(mail.subject ?? "", new RegExp(String(ALARMS - SINGLE)));
    assert.match(mail.text ?? "", /and 430 more/);
    const [digest] = (await notify.outbox.list({ limit: 1 })).items;
    assert.equal(digest.eventType, "digest");
    const members = await notify.outbox.list({ digest: digest.id, limit: 500 });
    assert.ok(members.items.every((one) => one.state === "delivered"));
    assert.equal(members.items.length, ALARMS - SINGLE, "each alarm is found in it");
  } finally {
    await outbox.stop();
    await smtp.close();
    await hook.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});
