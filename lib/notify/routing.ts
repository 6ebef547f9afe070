/**
 * DESIGN. Who is notified of an event is decided here and nowhere else, by pure functions over rules, channels and
 * what was sent before (`recipients.ts`, `reasons.ts`, `rule_times.ts`). Every rule leaves its reason on every
 * event, so that "why did I (not) get this?" is answered from what was decided then, not from today's rules.
 *
 * The end of an alarm is sent to everybody who was notified of its beginning, whatever the rules are by then:
 * nobody is left with an alarm that looks open.
 */
import type { LoggedEvent } from "../events/event.ts";
import { alarmOf, machineOf } from "./about.ts";
import { generalReason, ruleReason } from "./reasons.ts";
import { address, type Place, recipientsOf } from "./recipients.ts";
import {
  type Choice,
  type Decision,
  placeOf,
  type Planned,
  type Routed,
  type RoutedChannel,
  type RoutingContext,
} from "./routed.ts";
import { familyOf, isAtLeast, namesType, type Rule } from "./rule.ts";
import { timingFor } from "./rule_times.ts";

/** Decides whom an event is sent to. */
export function decideRoutes(
  event: LoggedEvent,
  rules: readonly Rule[],
  context: RoutingContext,
): Routed {
  if (familyOf(event.type) === "access") return decidePersonal(event, context);
  const notified = event.type === "alarm.resolved"
    ? context.notified(event.subject)
    : new Set<string>();
  const alarm = alarmOf(event);
  const machine = machineOf(event);
  const blocked = generalReason(event, alarm, machine, context);
  const routed: Routed = { planned: [], decisions: [] };
  for (const rule of rules) {
    const apart = ruleReason(rule, event, machine, rules, context) ?? blocked;
    const wanted = recipientsOf(rule, event, rules);
    const passing = apart === null ? wanted : [];
    const owed = namesType(rule.events, event.type)
      ? [...rule.recipients, ...rule.escalation.flatMap((step) => step.recipients)]
      : [];
    const before = routed.decisions.length;
    for (const recipient of passing) {
      address(recipient, context).forEach((place) => deliver(place, rule, null));
    }
    for (const recipient of owed) {
      for (const place of address(recipient, context)) {
        if ("target" in place && notified.has(placeOf(place.channel.id, place.target))) {
          deliver(place, rule, "was notified of the alarm");
        }
      }
    }
    if (routed.decisions.length === before) {
      note(rule, null, "", "skip", apart ?? "names no recipient for this");
    }
  }
  for (const channel of context.channels) subscribed(channel);
  return routed;

  function note(
    rule: Pick<Rule, "id" | "name"> | null,
    channel: RoutedChannel | null,
    target: string,
    decision: Choice,
    why: string,
  ): void {
    routed.decisions.push({
      rule: rule?.id ?? null,
      rule_name: rule?.name ?? "Webhook",
      channel: channel?.id ?? null,
      channel_name: channel?.name ?? null,
      target,
      decision,
      why,
    });
  }

  function deliver(place: Place, rule: Rule, owed: string | null): void {
    if ("fault" in place) return note(rule, place.channel, "", "skip", place.fault);
    const { channel, target } = place;
    const timing = timingFor(rule, event, context);
    const why = owed ?? `${event.type.replace(/[._]/g, " ")}, ${event.severity}`;
    const at = routed.planned.findIndex((p) => p.channel === channel.id && p.target === target);
    if (at >= 0 && !isSooner(timing.state, routed.planned[at].state)) {
      if (owed === null) note(rule, channel, target, "skip", "sent there already by another rule");
      return;
    }
    if (at >= 0) routed.planned.splice(at, 1);
    routed.planned.push({ channel: channel.id, target, ...timing, why: timing.why ?? why });
    note(rule, channel, target, CHOICES[timing.state], timing.why ?? why);
  }

  function subscribed(channel: RoutedChannel): void {
    const { subscription } = channel;
    if (subscription === null) return;
    const reason = !channel.enabled
      ? "the webhook is switched off"
      : !namesType(subscription.events, event.type)
      ? `is not subscribed to ${event.type}`
      : !isAtLeast(event.severity, subscription.severity) && !notified.has(placeOf(channel.id, ""))
      ? `${event.severity} is below ${subscription.severity}`
      : null;
    if (reason !== null) return note(null, channel, "", "skip", reason);
    const why = `is subscribed to ${event.type}`;
    routed.planned.push({
      channel: channel.id,
      target: "",
      state: "waiting",
      untilMs: null,
      why,
    });
    note(null, channel, "", "send", why);
  }
}

const CHOICES = { waiting: "send", held: "hold", digest: "digest" } as const;

function isSooner(a: Planned["state"], b: Planned["state"]): boolean {
  const order = ["waiting", "held", "digest"];
  return order.indexOf(a) < order.indexOf(b);
}

/** What concerns one person goes to that person's own address and to nobody else. */
function decidePersonal(event: LoggedEvent, context: RoutingContext): Routed {
  const person = context.person(event.subject.slice("user:".length));
  const channel = context.channels.find((one) => one.enabled && one.toPersons && !one.ownDevices) ??
    null;
  const target = person?.email ?? "";
  const fault = person === null
    ? "the person was deleted"
    : channel === null
    ? "there is no channel that writes to a person's own address"
    : null;
  const why = fault ?? "concerns this person alone";
  const decision: Decision = {
    rule: null,
    rule_name: "Invitations and passwords",
    channel: channel?.id ?? null,
    channel_name: channel?.name ?? null,
    target,
    decision: fault === null ? "send" : "skip",
    why,
  };
  const planned: Planned[] = channel === null || person === null
    ? []
    : [{ channel: channel.id, target, state: "waiting", untilMs: null, why }];
  return { planned, decisions: [decision] };
}
