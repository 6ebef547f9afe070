/** What can happen, with a sentence for those who choose what to be notified of. */
import { z } from "zod";
import { msField, oldMs } from "../base/wire.ts";
import { SEVERITIES, type Severity } from "../words/severity.ts";

export const EVENT_TYPES = {
  "alarm.raised": "An alarm was raised",
  "alarm.changed": "An alarm changed its severity",
  "alarm.cleared": "The condition of an alarm is over; the alarm is still open",
  "alarm.reopened": "A resolved alarm was reopened",
  "alarm.flapping": "An alarm is flapping",
  "alarm.acknowledged": "Somebody acknowledged an alarm",
  "alarm.shelved": "Somebody shelved an alarm",
  "alarm.unshelved": "The shelf of an alarm ended",
  "alarm.escalated": "Nobody acknowledged an alarm in time",
  "alarm.resolved": "An alarm was resolved",
  "alarm.commented": "Somebody commented on an alarm",
  "ticket.created": "A ticket was opened",
  "ticket.changed": "A ticket's title, priority, assignee or due date changed",
  "ticket.started": "Work on a ticket began",
  "ticket.resolved": "A ticket was resolved",
  "ticket.closed": "A ticket was closed",
  "ticket.reopened": "A ticket was reopened",
  "ticket.overdue": "A ticket is past its due date",
  "ticket.commented": "Somebody commented on a ticket",
  "prediction.changed": "The prediction for a machine changed its class",
  "sensor.unit_changed": "A sensor's device reports another unit",
  "sensor.many_texts": "A sensor reports too many different texts to be states",
  "machine.status_changed": "A machine changed its status",
  "intake.quarantined": "A message ended Perch twice and was set aside",
  "readings.damaged": "Stored readings were found damaged",
  "backup.failed": "A backup failed",
  "channel.switched_off": "Perch switched a channel off, because its receiver no longer exists",
  "access.invited": "Somebody was invited",
  "access.password_reset": "Somebody is to choose a new password",
} as const;

export type EventType = keyof typeof EVENT_TYPES;

/** An event that is to be written. */
export interface EventDraft {
  type: EventType;
  /** What it happened to: `alarm:<id>`, `ticket:<id>`, `user:<id>`. */
  subject: string;
  severity: Severity;
  tMs: number;
  /** One sentence for people, without a final stop. */
  text: string;
  /** Name of who did it; null: Perch itself. */
  actor: string | null;
  /** What it was about, as it was then. JSON without secrets. */
  body: unknown;
  /** It may leave Perch: `notify` decides to whom. */
  route: boolean;
}

/** An event of the log. */
export interface LoggedEvent extends Omit<EventDraft, "route"> {
  /** Its place in the log. */
  id: number;
  /** Stable and random: goes outside with every delivery and is the same on each repeat. */
  uid: string;
}

/** An event as the API answers it in the history of what it happened to. */
export const eventShape = z.object({
  id: z.number(),
  uid: z.string(),
  type: z.enum(Object.keys(EVENT_TYPES) as [EventType, ...EventType[]]),
  severity: z.enum(SEVERITIES),
  at_ms: msField,
  ts: oldMs("at_ms"),
  text: z.string(),
  actor: z.string().nullable(),
  note: z.string().nullable(),
}).meta({ id: "Event" });

export function eventOf(event: LoggedEvent): z.output<typeof eventShape> {
  const { id, uid, type, severity, tMs, text, actor, body } = event;
  const note = (body as { note?: string | null } | null)?.note ?? null;
  return { id, uid, type, severity, at_ms: tMs, ts: tMs, text, actor, note };
}
