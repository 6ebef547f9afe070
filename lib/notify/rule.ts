import { z } from "zod";
import { msField, oldMs } from "../base/wire.ts";
import { EVENT_TYPES, type EventType } from "../events/event.ts";
import { clockTime, type Timing } from "../machines/windows.ts";
import { WEEKDAYS } from "../words/names.ts";
import { SEVERITIES, type Severity, severityRank } from "../words/severity.ts";

/** Every channel that people read: the recipient of the rule that Perch comes with. */
export const EVERY_CHANNEL = "*";

/** Families of events that may be sent to others. What concerns one person alone is not among them. */
export const FAMILIES = [
  "alarm",
  "ticket",
  "prediction",
  "machine",
  "channel",
  "fault",
  "command",
  "external",
] as const;

/** Types that a rule or a webhook can name. */
export const ROUTABLE_TYPES = (Object.keys(EVENT_TYPES) as EventType[]).filter((type) =>
  (FAMILIES as readonly string[]).includes(familyOf(type))
);

/** The part before the dot: `alarm` of `alarm.raised`. */
export function familyOf(type: string): string {
  return type.slice(0, type.indexOf("."));
}

/** Weekly hours in the site's time zone; `end` at or before `start` is on the next day. */
export const hoursShape = z.strictObject({
  days: z.array(z.enum(WEEKDAYS)).min(1, "choose at least one day").max(7),
  start: clockTime,
  end: clockTime,
}).meta({ id: "Hours" });
export type Hours = z.output<typeof hoursShape>;

/** Hours as the room of machines reckons with them. */
export function timingOf({ days, start, end }: Hours): Timing {
  return { kind: "weekly", days, start, end };
}

/** `external.door_opened`: whatever type of its own another program reports. */
const OWN_TYPE = /^external\.[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const namesEvents = z.string().max(60).refine(
  (name) => OWN_TYPE.test(name) || [...FAMILIES, ...ROUTABLE_TYPES].includes(name as EventType),
  `must be one of ${FAMILIES.join(", ")} or a type such as alarm.raised`,
);
/** Types or families of events. */
export const eventNames = z.array(namesEvents).min(1, "choose at least one").max(40);

export const recipientShape = z.strictObject({
  channel: z.string().min(1).max(40).describe("id of a channel, or * for every one people read"),
  person: z.string().min(1).max(40).optional()
    .describe("id of a person: to their address instead of the channel's own recipients"),
}).meta({ id: "Recipient" });
export type Recipient = z.output<typeof recipientShape>;
const recipients = z.array(recipientShape).max(50);

const escalationShape = z.strictObject({
  after_minutes: z.number().int().min(1).max(10_080),
  recipients: recipients.min(1, "choose at least one recipient"),
}).meta({ id: "EscalationStep" });

const quietShape = hoursShape.extend({
  critical: z.boolean().default(true).describe("critical passes"),
}).meta({ id: "QuietHours" });

/** What a rule says. Defaults are those of a new rule. */
export const ruleShape = z.strictObject({
  name: z.string().trim().min(1, "give it a name").max(80),
  enabled: z.boolean().default(true),
  events: eventNames.default([
    "alarm.raised",
    "alarm.changed",
    "alarm.reopened",
    "alarm.unshelved",
    "alarm.flapping",
    "alarm.resolved",
    "channel",
  ]),
  severity: z.enum(SEVERITIES).default("warning").describe("this and above"),
  machines: z.array(z.string().trim().min(1).max(2000)).max(100).default([])
    .describe("machines or parts of the plant; none: all"),
  tags: z.array(z.string().trim().min(1).max(60)).max(50).default([])
    .describe("machines with one of these tags; none: all"),
  hours: hoursShape.nullable().default(null).describe("counts at these hours only"),
  quiet: quietShape.nullable().default(null).describe("quiet hours: held until they end"),
  digest_minutes: z.number().int().min(0).max(1440).default(0)
    .describe("collected into one message every so many minutes; 0: at once"),
  recipients: recipients.min(1, "choose at least one recipient"),
  escalation: z.array(escalationShape).max(10).default([]).describe(
    "whom next, when nobody acknowledges",
  ),
  muted_until: z.number().int().min(0).max(8e15).nullable().default(null).describe("epoch ms"),
});
export type RuleSpec = z.output<typeof ruleShape>;

/** What new and stored rules have in common, as the API document names it. */
export const ruleFieldsShape = z.object(
  ruleShape.omit({ quiet: true, muted_until: true }).partial().shape,
)
  .meta({ id: "RuleFields" });

/** A rule: what is sent to whom. */
export interface Rule extends RuleSpec {
  id: string;
  createdMs: number;
}

/** A rule as the API shows it. */
export const storedRuleShape = ruleShape.extend({
  id: z.string(),
  created_ms: msField,
  created: oldMs("created_ms"),
}).meta({ id: "Rule" });

export function ruleOf({ createdMs, ...rule }: Rule): z.output<typeof storedRuleShape> {
  return { ...rule, created_ms: createdMs, created: createdMs };
}

/** True when `type` is one of `names` or belongs to one of them. */
export function namesType(names: readonly string[], type: string): boolean {
  return names.includes(type) || names.includes(familyOf(type));
}

/** True when `severity` is `least` or above. */
export function isAtLeast(
  severity: Severity,
  least: Severity,
): boolean {
  return severityRank(severity) >= severityRank(least);
}
