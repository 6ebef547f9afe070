/**
 * A process that writes the steps of alarms and delivers them, to be killed: `<data> <webhook> <smtp port>
 * <steps> <sabotage>`. It goes on where the database says it was, and prints each step after its commit.
 */
import { systemClock } from "../../lib/base/clock.ts";
import type { Database } from "../../lib/db/client.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import { alarmStep, startOutbox } from "../support/outbox.ts";

const [dataDir, hook, smtpPort, steps, sabotage] = Deno.args;
const clock = systemClock();

/** The mark is written apart from the deliveries, and before them. */
const markFirst = (events: EventLog, db: Database): EventLog => ({
  ...events,
  async toRoute(limit) {
    const waiting = await events.toRoute(limit);
    if (waiting.length > 0) await db.write([events.routed(waiting.map((one) => one.id))]);
    await clock.sleep(30);
    return waiting;
  },
});

const { notify, events, db, audited } = await startOutbox({
  dataDir,
  clock,
  disguise: sabotage === "mark_first" ? markFirst : undefined,
  storm: () => ({ messages: 1_000_000, minutes: 5 }),
  environment: {
    smtp: {
      server: "127.0.0.1",
      port: Number(smtpPort),
      sender: "perch@example.org",
      password: null,
      recipient: "plant@example.org",
    },
    slackUrl: null,
  },
});
if (!notify.channels.all().some((one) => one.kind === "webhook")) {
  const subscription = { events: ["alarm"], severity: "info" as const };
  await notify.channels.add(
    { kind: "webhook", name: "Hook", options: { url: hook }, subscription },
    audited,
  );
}
let written = (await events.list({ limit: 10_000 })).items.length;
console.log("ready");
for (; written < Number(steps); written++) {
  const type = written % 2 === 0 ? "alarm.raised" : "alarm.resolved";
  await db.write([events.statement(alarmStep(`k${written >> 1}`, type, Date.now()))]);
  notify.wake();
  console.log(`wrote ${written}`);
  await clock.sleep(Math.random() * 60);
}
for (;;) {
  const { waiting } = await notify.counts();
  if (waiting === 0 && (await events.toRoute(1)).length === 0) break;
  await clock.sleep(50);
}
console.log("done");
Deno.exit(0);
