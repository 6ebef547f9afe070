/** Why an event is not sent: in general, and by one rule. Pure. */
import type { Alarm } from "../alarms/alarm.ts";
import type { LoggedEvent } from "../events/event.ts";
import { isUnder } from "../machines/machine.ts";
import { alarmOf } from "./about.ts";
import { escalationMinutes, recipientsOf } from "./recipients.ts";
import type { RoutingContext } from "./routed.ts";
import { type Hours, isAtLeast, namesType, type Rule } from "./rule.ts";
import { spanOf } from "./rule_times.ts";

const FIRST_NEWS = new Set(["alarm.raised", "alarm.reopened", "alarm.changed", "alarm.escalated"]);

/** Why an event is sent to nobody by rules; webhooks are notified all the same. */
export function generalReason(
  event: LoggedEvent,
  alarm: Alarm | null,
  machine: string | null,
  context: RoutingContext,
): string | null {
  if (alarm?.maintenance) return "was raised in a maintenance window: recorded, not sent";
  if (event.type !== "alarm.resolved" && machine !== null) {
    const window = context.windowOf(machine);
    if (window !== null) return `maintenance window "${window}": recorded, not sent`;
  }
  if (alarm === null || !FIRST_NEWS.has(event.type)) return null;
  if (alarm.shelved_until_ms !== null && alarm.shelved_until_ms > context.nowMs) {
    return "the alarm is shelved";
  }
  const worse = event.type === "alarm.changed" && alarm.severity === "critical";
  if (alarm.flapping && event.type !== "alarm.escalated" && !worse) {
    return "the alarm comes and goes: sent once, then silent";
  }
  return null;
}

/** Why a rule does not count for an event; null when it does. */
export function ruleReason(
  rule: Rule,
  event: LoggedEvent,
  machine: string | null,
  rules: readonly Rule[],
  context: RoutingContext,
): string | null {
  if (!rule.enabled) return "the rule is switched off";
  if (rule.muted_until !== null && rule.muted_until > context.nowMs) return "the rule is muted";
  const alarm = event.type === "alarm.escalated" ? alarmOf(event) : null;
  const bySteps = alarm !== null && escalationMinutes(alarm, rules).length > 0;
  if (bySteps && rule.escalation.length === 0) return "has no steps of escalation";
  // Without any steps the first recipients are notified again.
  const type = alarm === null ? event.type : "alarm.raised";
  if (!bySteps && !namesType(rule.events, type)) return `does not cover ${type}`;
  const scope = scopeReason(rule, event.severity, machine, context);
  if (scope !== null) return scope;
  if (bySteps && recipientsOf(rule, event, rules).length === 0) {
    return "has no step after this time";
  }
  if (rule.hours !== null && !isIn(rule.hours, context)) return "applies only at other times";
  return null;
}

function scopeReason(
  rule: Rule,
  severity: Rule["severity"],
  machine: string | null,
  context: Pick<RoutingContext, "tagsOf">,
): string | null {
  if (!isAtLeast(severity, rule.severity)) return `${severity} is below ${rule.severity}`;
  if (rule.machines.length > 0) {
    if (machine === null) return "is for certain machines; this is about Perch itself";
    if (!rule.machines.some((above) => isUnder(machine, above))) {
      return `${machine} is not under ${rule.machines.join(", ")}`;
    }
  }
  if (rule.tags.length > 0) {
    const tags = machine === null ? [] : context.tagsOf(machine);
    if (!rule.tags.some((tag) => tags.includes(tag))) {
      return `the machine has none of the tags ${rule.tags.join(", ")}`;
    }
  }
  return null;
}

function isIn(hours: Hours, context: RoutingContext): boolean {
  const span = spanOf(hours, context);
  return span !== null && span.fromMs <= context.nowMs;
}
