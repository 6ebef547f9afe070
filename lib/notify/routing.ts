/**
 * DESIGN. Who is told of an event is decided here and nowhere else, by pure functions over rules, channels and
 * what was told before. Every rule leaves a word on every event, so that "why did I (not) get this?" is answered
 * from what was decided then, not from what the rules say today.
 *
 * An alarm's end goes to whom its beginning went, whatever the rules say meanwhile: nobody is left with an alarm
 * that looks open.
 */
import type { Alarm } from "../alarms/alarm.ts";
import type { LoggedEvent } from "../events/event.ts";
import { isUnder } from "../machines/machine.ts";
import { type Span, spanAt } from "../machines/windows.ts";
import {
  EVERY_CHANNEL,
  familyOf,
  type Hours,
  isAtLeast,
  namesType,
  type Recipient,
  type Rule,
  timingOf,
} from "./rule.ts";

/** A channel as routing sees it. */
export interface RoutedChannel {
  id: string;
  name: string;
  enabled: boolean;
  /** People read it: it belongs to "every channel", and floods become a digest. */
  forPeople: boolean;
  /** It can write to a person's own address. */
  toPersons: boolean;
  /** A webhook's own choice of events; null: rules decide. */
  subscription: Subscription | null;
}

/** What a webhook asked for. */
export interface Subscription {
  events: readonly string[];
  severity: Rule["severity"];
}

export interface RoutingContext {
  nowMs: number;
  /** The site's time zone, an IANA name. */
  zone: string;
  channels: readonly RoutedChannel[];
  person(id: string): { name: string; email: string; active: boolean } | null;
  tagsOf(machine: string): readonly string[];
  /** Title of the maintenance window that a machine is in. */
  windowOf(machine: string): string | null;
  /** Where an alarm was told before, as `placeOf`. */
  told(subject: string): ReadonlySet<string>;
}

/** `skip`: not sent, for a reason. */
export type Choice = "send" | "hold" | "digest" | "skip";

/** What one rule or subscription said to one event, in words. */
export interface Decision {
  /** Null: none in particular. */
  rule: string | null;
  rule_name: string;
  channel: string | null;
  channel_name: string | null;
  /** Address on the channel; empty: the channel's own recipients. */
  target: string;
  decision: Choice;
  why: string;
}

/** One message that is to leave. */
export interface Planned {
  channel: string;
  target: string;
  state: "waiting" | "held" | "digest";
  /** When a held one may leave, when a digest is written. */
  untilMs: number | null;
  why: string;
}

export interface Routed {
  planned: Planned[];
  decisions: Decision[];
}

/** One place that a message can go to. */
export function placeOf(channel: string, target: string): string {
  return `${channel}\n${target}`;
}

const FIRST_NEWS = new Set(["alarm.raised", "alarm.reopened", "alarm.changed", "alarm.escalated"]);

/** Decides whom an event is sent to. */
export function decideRoutes(
  event: LoggedEvent,
  rules: readonly Rule[],
  context: RoutingContext,
): Routed {
  if (familyOf(event.type) === "access") return decidePersonal(event, context);
  const told = event.type === "alarm.resolved" ? context.told(event.subject) : new Set<string>();
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
        if ("target" in place && told.has(placeOf(place.channel.id, place.target))) {
          deliver(place, rule, "was told of the alarm");
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
    const why = owed ?? `${event.type} of ${event.severity} severity`;
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
      : !isAtLeast(event.severity, subscription.severity) && !told.has(placeOf(channel.id, ""))
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

/** What concerns one person goes to that person's own address and to nobody else. */
function decidePersonal(event: LoggedEvent, context: RoutingContext): Routed {
  const person = context.person(event.subject.slice("user:".length));
  const channel = context.channels.find((one) => one.enabled && one.toPersons) ?? null;
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

const CHOICES = { waiting: "send", held: "hold", digest: "digest" } as const;

function isSooner(a: Planned["state"], b: Planned["state"]): boolean {
  const order = ["waiting", "held", "digest"];
  return order.indexOf(a) < order.indexOf(b);
}

/** Why an event is sent to nobody by rules; webhooks are told all the same. */
function generalReason(
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
    return "the alarm comes and goes: said once, then silent";
  }
  return null;
}

/** Why a rule does not count for an event; null when it does. */
function ruleReason(
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
  // Without any steps the first are told again.
  const type = alarm === null ? event.type : "alarm.raised";
  if (!bySteps && !namesType(rule.events, type)) return `does not ask for ${type}`;
  const scope = scopeReason(rule, event.severity, machine, context);
  if (scope !== null) return scope;
  if (bySteps && recipientsOf(rule, event, rules).length === 0) {
    return "has no step after this time";
  }
  if (rule.hours !== null && !isIn(rule.hours, context)) return "counts at other hours only";
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

function recipientsOf(rule: Rule, event: LoggedEvent, rules: readonly Rule[]): Recipient[] {
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

type Place =
  | { channel: RoutedChannel; target: string }
  | { channel: RoutedChannel | null; fault: string };

/** Where a recipient is found. */
function address(
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

function timingFor(
  rule: Rule,
  event: LoggedEvent,
  context: RoutingContext,
): Pick<Planned, "state" | "untilMs"> & { why: string | null } {
  if (rule.quiet !== null && !(rule.quiet.critical && event.severity === "critical")) {
    const span = spanOf(rule.quiet, context);
    if (span !== null && span.fromMs <= context.nowMs) {
      const why = `quiet hours until ${rule.quiet.end}: held until then`;
      return { state: "held", untilMs: span.toMs, why };
    }
  }
  if (rule.digest_minutes > 0) {
    return {
      state: "digest",
      untilMs: nextMultiple(context.nowMs, rule.digest_minutes),
      why: `collected into one message every ${rule.digest_minutes} minutes`,
    };
  }
  return { state: "waiting", untilMs: null, why: null };
}

/** The next moment that is a multiple of so many minutes. */
export function nextMultiple(nowMs: number, minutes: number): number {
  const stepMs = minutes * 60_000;
  return (Math.floor(nowMs / stepMs) + 1) * stepMs;
}

function isIn(hours: Hours, context: RoutingContext): boolean {
  const span = spanOf(hours, context);
  return span !== null && span.fromMs <= context.nowMs;
}

function spanOf(hours: Hours, { nowMs, zone }: RoutingContext): Span | null {
  return spanAt(timingOf(hours), nowMs, zone);
}

/** The alarm that an event tells of; null for other events. */
export function alarmOf({ type, body }: Pick<LoggedEvent, "type" | "body">): Alarm | null {
  return type.startsWith("alarm.") ? (body as { alarm?: Alarm }).alarm ?? null : null;
}

/** The machine that an event is about; null when it is about none. */
export function machineOf(event: Pick<LoggedEvent, "type" | "body">): string | null {
  const body = event.body as Record<string, { machine?: unknown } | string | undefined> | null;
  if (body === null || typeof body !== "object") return null;
  for (const about of [body.alarm, body.ticket, body]) {
    const machine = (about as { machine?: unknown } | undefined)?.machine;
    if (typeof machine === "string") return machine;
  }
  return null;
}

/** Limits against floods: more than `messages` in `minutes` to one channel become one digest. */
export interface StormLimits {
  messages: number;
  minutes: number;
}

/**
 * Turns what would flood a channel for people into a digest. `sent` counts the single messages per channel of
 * the last minutes and is counted on.
 */
export function calmStorm(
  routed: Routed,
  sent: Map<string, number>,
  channels: readonly RoutedChannel[],
  limits: StormLimits,
  nowMs: number,
): Routed {
  const planned = routed.planned.map((plan) => {
    const channel = channels.find(({ id }) => id === plan.channel);
    if (plan.state !== "waiting" || !channel?.forPeople) return plan;
    const count = sent.get(plan.channel) ?? 0;
    sent.set(plan.channel, count + 1);
    if (count < limits.messages) return plan;
    const why = `more than ${limits.messages} messages in ${limits.minutes} minutes: ` +
      "collected into one";
    const untilMs = nextMultiple(nowMs, limits.minutes);
    return { ...plan, state: "digest" as const, untilMs, why };
  });
  const decisions = routed.decisions.map((decision) => {
    const plan = planned.find((p) =>
      p.channel === decision.channel && p.target === decision.target
    );
    if (decision.decision !== "send" || plan?.state !== "digest") return decision;
    return { ...decision, decision: "digest" as const, why: plan.why };
  });
  return { planned, decisions };
}
