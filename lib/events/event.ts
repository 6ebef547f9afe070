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
  "alarm.unshelved": "Shelving of an alarm ended",
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
  "device.clash": "Two devices have the same id, and only one of them is heard",
  "machine.status_changed": "A machine changed its status",
  "intake.quarantined": "A message ended Perch twice and was set aside",
  "readings.damaged": "Stored readings were found damaged",
  "backup.failed": "A backup failed",
  "component.changed": "A part of Perch, or a program that reports to it, is doing better or worse",
  "emergency.entered": "The host is in need: Perch began to do less",
  "emergency.step": "Perch stopped, freed or resumed something because of the host",
  "emergency.left": "The host is well again: Perch does everything",
  "task.restarted": "A part of Perch had stopped or hung and was started again",
  "fault.opened": "Something is wrong with Perch itself",
  "fault.worse": "A fault of Perch got worse",
  "fault.over": "A fault of Perch is over",
  "fault.healed": "Perch put something right by itself, or tried to",
  "fault.dismissed": "Somebody dismissed a fault of Perch",
  "correction.proposed": "A correction of a script or a setting is proposed",
  "correction.dismissed": "A proposed correction is not wanted",
  "correction.outdated": "What a proposed correction would change was changed",
  "correction.approved": "Somebody approved a correction",
  "correction.applied": "A correction was applied and is watched",
  "correction.kept": "A correction did well and stays",
  "correction.rolled_back": "A correction was taken back",
  "correction.failed": "A correction was not applied",
  "component.paused": "A part of Perch was paused",
  "component.resumed": "A part of Perch was resumed",
  "component.restarted": "Somebody restarted a part of Perch",
  "script.changed": "A codec or a detector that somebody wrote was changed, switched or found",
  "unit.failed": "A watched service of the host does not run",
  "unit.restarted": "A watched service of the host was restarted",
  "system.services_restarted": "Somebody restarted services of the host",
  "system.reboot": "The host is being restarted",
  "clock.set": "The host's clock was set, and readings from before got their right time",
  "host.power": "The host's power supply is too weak, or is well again",
  "host.out_of_memory": "The host ended a program because memory was full",
  "host.read_only": "The disk of this host cannot be written any more",
  "report.made": "A scheduled report was made and is mailed",
  "report.failed": "A scheduled report could not be made",
  "analysis.mailed": "The report of an analysis was mailed",
  "camera.lost": "A camera gives no pictures, or its picture is frozen, black or covered",
  "camera.recovering": "Perch tries to bring a camera back",
  "camera.back": "A camera gives good pictures again",
  "camera.reboot_wanted": "A camera does not come back: somebody has to switch it off and on",
  "probe.down": "A probe fails, or a heartbeat did not report",
  "probe.up": "A probe answers, or a heartbeat reports again",
  "command.sent": "Somebody or a rule gave an order to a device",
  "command.confirmed": "A device shows that it carried out an order",
  "command.unconfirmed": "A device does not show that it carried out an order",
  "command.failed": "An order could not be sent",
  "command.refused": "An order was not sent, because something forbids it",
  "command.rule_held": "A rule could not give its order, or wants to too often",
  "hardware.stopped": "A sensor at this host is gone or gives no values",
  "hardware.goes_on": "A sensor at this host gives values again",
  "channel.switched_off": "Perch switched a channel off, because its receiver no longer exists",
  "access.invited": "Somebody was invited",
  "access.password_reset": "Somebody is to choose a new password",
  "external.scan": "Another program reports a scan",
  "external.sync": "Another program reports that it exchanged data",
  "external.photo": "Another program reports a picture",
  "external.sms": "Another program reports a text message",
  "external.error": "Another program reports an error",
  "external.warning": "Another program reports a warning",
} as const;

/** What other programs report may also have a type of their own: `external.door_opened`. */
export type ExternalType = `external.${string}`;
export type EventType = keyof typeof EVENT_TYPES | ExternalType;

/** What an event of this type is, for people. */
export function aboutType(type: EventType): string {
  return (EVENT_TYPES as Record<string, string>)[type] ??
    `Another program reports: ${type.slice(type.indexOf(".") + 1).replaceAll("_", " ")}`;
}

/** Types that concern one person alone, by the part before the dot. */
export const PRIVATE_FAMILIES: readonly string[] = ["access"];

/** It concerns one person alone: neither lists that everybody sees nor the live stream show it. */
export function isPrivate(type: string): boolean {
  return PRIVATE_FAMILIES.includes(type.split(".")[0]);
}

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
  type: z.string().describe("such as `alarm.raised`, `external.scan`"),
  subject: z.string().describe("what it happened to: `alarm:<id>` …"),
  severity: z.enum(SEVERITIES),
  at_ms: msField,
  ts: oldMs("at_ms"),
  text: z.string(),
  actor: z.string().nullable(),
  note: z.string().nullable(),
}).meta({ id: "Event" });

export function eventOf(event: LoggedEvent): z.output<typeof eventShape> {
  const { id, uid, type, subject, severity, tMs, text, actor, body } = event;
  const note = (body as { note?: string | null } | null)?.note ?? null;
  return { id, uid, type, subject, severity, at_ms: tMs, ts: tMs, text, actor, note };
}
