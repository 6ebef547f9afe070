/** To whom a rule sends an event, step by step of escalation, and where each of them is found. Pure. */
import type { Alarm } from "../alarms/alarm.ts";
import type { LoggedEvent } from "../events/event.ts";
import { isUnder } from "../machines/machine.ts";
import { alarmOf } from "./about.ts";
import type { RoutedChannel, RoutingContext } from "./routed.ts";
import { EVERY_CHANNEL, isAtLeast, type Recipient, type Rule } from "./rule.ts";

export function recipientsOf(rule: Rule, event: LoggedEvent, rules: readonly Rule[]): Recipient[] {
  const alarm = alarmOf(event);
  if (event.type !== "alarm.escalated" || alarm === null) return rule.recipients;
  const minutes = escalationMinutes(alarm, rules);
  if (minutes.length === 0) return rule.recipients;
  const after = minutes[Math.min(alarm.escalated, minutes.length) - 1];
  return rule.escalation.filter((step) => step.after_minutes === after)
    .flatMap((step) => step.recipients);
}

/** After how many minutes without acknowledgement an alarm goes a step further, by all rules together. */
export function escalationMinutes(
  { severity, machine }: Pick<Alarm, "severity" | "machine">,
  rules: readonly Rule[],
): number[] {
  const minutes = rules.filter((rule) =>
    rule.enabled && isAtLeast(severity, rule.severity) &&
    (rule.machines.length === 0 ||
      machine !== null && rule.machines.some((above) => isUnder(machine, above)))
  ).flatMap((rule) => rule.escalation.map((step) => step.after_minutes));
  return [...new Set(minutes)].sort((a, b) => a - b);
}

export type Place =
  | { channel: RoutedChannel; target: string }
  | { channel: RoutedChannel | null; fault: string };

/** Where a recipient is found. */
export function address(
  recipient: Recipient,
  context: Pick<RoutingContext, "channels" | "person">,
): Place[] {
  if (recipient.channel === EVERY_CHANNEL) {
    const every = context.channels.filter((channel) => channel.forPeople && channel.enabled);
    if (every.length === 0) return [{ channel: null, fault: "there is no channel for people yet" }];
    return every.flatMap((channel) => address({ ...recipient, channel: channel.id }, context));
  }
  const channel = context.channels.find((one) => one.id === recipient.channel);
  if (channel === undefined) return [{ channel: null, fault: "its channel was deleted" }];
  if (!channel.enabled) return [{ channel, fault: "the channel is switched off" }];
  if (recipient.person === undefined) return [{ channel, target: "" }];
  const person = context.person(recipient.person);
  if (person === null) return [{ channel, fault: "the person was deleted" }];
  if (!person.active) return [{ channel, fault: `${person.name} is not active` }];
  if (!channel.toPersons) return [{ channel, fault: "the channel cannot write to one person" }];
  return [{ channel, target: person.email }];
}
