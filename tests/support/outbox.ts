import { createAudit } from "../../lib/access/audit.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import type { EventDraft } from "../../lib/events/event.ts";
import { createEventLog, type EventLog } from "../../lib/events/events_store.ts";
import type { Audited } from "../../lib/events/audit_change.ts";
import { CHANNELS } from "../../lib/notify/channels/mod.ts";
import type { Delivery } from "../../lib/notify/delivery.ts";
import { createNotify, type Notify, type NotifyDeps } from "../../lib/notify/notify.ts";
import { createSealer } from "../../lib/base/sealed.ts";
import { alarm } from "./alarms.ts";
import { openTestDatabase } from "./database.ts";

/** The room of notifications on a real database, with its tasks running. */
export interface OutboxUnderTest {
  notify: Notify;
  events: EventLog;
  db: Database;
  /** What became of deliveries, in order. */
  told: Delivery[];
  audited: Audited;
  stop(): Promise<void>;
}

export async function startOutbox(
  options: {
    dataDir: string;
    clock: Clock;
    /** For sabotage: what the room takes for the event log. */
    disguise?: (events: EventLog, db: Database) => EventLog;
  } & Partial<NotifyDeps>,
): Promise<OutboxUnderTest> {
  const { dataDir, clock, disguise, ...more } = options;
  const db = await openTestDatabase(dataDir);
  const events = createEventLog(db);
  const told: Delivery[] = [];
  const audit = createAudit({ db, clock });
  const audited: Audited = (change) => audit.statement({ actor: systemActor("test"), ...change });
  const notify = createNotify({
    db,
    clock,
    log: silentLog(),
    events: disguise?.(events, db) ?? events,
    kinds: CHANNELS,
    sealer: createSealer("0123456789012345678901234567890123456789012"),
    outgoing: createOutgoing({
      allowed: () => [],
      opened: ["127.0.0.0/8", "::1"],
      ownPorts: () => [],
    }),
    environment: {
      smtp: { server: null, port: 587, sender: null, password: null, recipient: null },
      slackUrl: null,
    },
    publishMqtt: () => Promise.reject(new Error("there is no broker")),
    push: {
      browsersOf: () => Promise.resolve([]),
      used: () => Promise.resolve(),
      gone: () => Promise.resolve(),
      vapid: () => Promise.reject(new Error("there is no key")),
    },
    publicUrl: "https://perch.example.org",
    site: "Plant 2",
    zone: () => "Europe/Berlin",
    person: () => null,
    machines: () => [],
    windowOf: () => null,
    storm: () => ({ messages: 20, minutes: 5 }),
    keepMs: () => 90 * 86_400_000,
    deletionMs: clock.now,
    picturesOf: () => Promise.resolve([]),
    fileOf: () => Promise.resolve(null),
    linkFor: () => Promise.resolve(null),
    check: () => Promise.resolve(),
    onDelivery: (delivery) => void told.push(delivery),
    ...more,
  });
  await notify.load();
  const abort = new AbortController();
  const tasks = notify.tasks.map((task) => task.run(abort.signal).catch(() => {}));
  return {
    notify,
    events,
    db,
    told,
    audited,
    async stop() {
      abort.abort(new DOMException("stopping", "AbortError"));
      await Promise.all(tasks);
      await db.close();
    },
  };
}

/** The step of an alarm as the log keeps it. */
export function alarmStep(
  id: string,
  type: "alarm.raised" | "alarm.resolved",
  tMs: number,
): EventDraft {
  const state = type === "alarm.raised" ? "active" as const : "resolved" as const;
  return {
    type,
    subject: `alarm:${id}`,
    severity: "warning",
    tMs,
    text: `Press 3, alarm ${id}: bearing 83.4 °C is above warning 80 °C`,
    actor: null,
    body: { alarm: alarm({ id, state, raised_ms: tMs }), note: null },
    route: true,
  };
}
