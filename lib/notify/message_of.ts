import type { AlarmEventBody } from "../alarms/alarm.ts";
import { machineTitle } from "../words/names.ts";
import { beside, exact, plain, withUnit } from "../words/numbers.ts";
import type { EventType, LoggedEvent } from "../events/event.ts";
import type { Message, MessageFact, MessageKind } from "./message.ts";
import { reportOf } from "./report.ts";

/** What a message needs to know beside its event. */
export interface MessageOptions {
  /** The site's time zone, an IANA name. */
  zone: string;
  /** Without a trailing slash; null: messages have no link. */
  publicUrl: string | null;
  /** Instead of the page of the event's subject (the one-use link of an invitation). */
  link?: string;
  /** Addresses for this message alone. */
  to?: readonly string[];
}

const FIRING = new Set<EventType>([
  "alarm.raised",
  "alarm.changed",
  "alarm.reopened",
  "alarm.flapping",
  "alarm.escalated",
  "alarm.unshelved",
]);
/** Subjects that have a page. */
const PAGES: Record<string, string> = {
  alarm: "alarms",
  ticket: "tickets",
  machine: "machines",
  analysis: "analyses",
  report: "reports",
};

/** An event in words for every channel. Pure: the same event gives the same message on each repeat. */
export function messageOf(event: LoggedEvent, options: MessageOptions): Message {
  const { uid, type, subject, severity, text, body, tMs, actor } = event;
  const note = fieldOf(body, "note");
  const report = reportOf(event);
  return {
    uid,
    kind: kindOf(type),
    severity,
    tMs,
    title: text,
    lines: typeof note === "string" && note !== "" && !text.includes(note) ? [note] : [],
    facts: factsOf(event, options.zone),
    link: options.link ?? pageOf(subject, options.publicUrl),
    thread: subject,
    event: { type, subject, severity, text, t: tMs, actor, body },
    to: options.to ?? [],
    ...(report === null
      ? {}
      : { kind: "report", title: report.title, facts: report.facts, report }),
  };
}

/** Several messages as one, the newest last. `left` are further ones that are not shown. */
export function digestOf(
  uid: string,
  messages: readonly Message[],
  options: Pick<MessageOptions, "zone" | "publicUrl"> & { left?: number; tMs: number },
): Message {
  const left = options.left ?? 0;
  const count = messages.length + left;
  const severities = messages.map((message) => message.severity);
  return {
    uid,
    kind: "digest",
    severity: severities.includes("critical")
      ? "critical"
      : severities.includes("warning")
      ? "warning"
      : "info",
    tMs: options.tMs,
    title: count === 1 ? "1 message" : `${count} messages`,
    lines: [
      ...messages.map(({ tMs, title }) => `${timeIn(tMs, options.zone)}  ${title}`),
      ...(left > 0 ? [`and ${left} more`] : []),
    ],
    facts: [],
    link: options.publicUrl === null ? null : `${options.publicUrl}/alarms`,
    thread: null,
    event: null,
    types: [...new Set(messages.flatMap(({ event }) => event === null ? [] : [event.type]))],
    to: [],
  };
}

/** What the test button sends. */
export function testMessage(
  uid: string,
  { site, actor, nowMs, publicUrl }: {
    site: string;
    actor: string;
    nowMs: number;
    publicUrl: string | null;
  },
): Message {
  return {
    uid,
    kind: "test",
    severity: "info",
    tMs: nowMs,
    title: `Test message from ${site}`,
    lines: [`${actor} tries this channel. Nothing happened, and there is nothing to do.`],
    facts: [],
    link: publicUrl,
    thread: null,
    event: null,
    to: [],
  };
}

function kindOf(type: EventType): MessageKind {
  if (type === "alarm.resolved") return "resolved";
  if (FIRING.has(type)) return "firing";
  return type.startsWith("access.") ? "invitation" : "info";
}

function pageOf(subject: string, publicUrl: string | null): string | null {
  const cut = subject.indexOf(":");
  const page = PAGES[subject.slice(0, cut)];
  if (publicUrl === null || page === undefined) return null;
  return `${publicUrl}/${page}/${encodeURIComponent(subject.slice(cut + 1))}`;
}

function factsOf({ body, tMs, actor }: LoggedEvent, zone: string): MessageFact[] {
  const alarm = fieldOf(body, "alarm") as AlarmEventBody["alarm"] | undefined;
  const ticket = fieldOf(body, "ticket") as Record<string, unknown> | undefined;
  const facts: [string, unknown][] = alarm !== undefined
    ? alarmFacts(alarm, zone)
    : ticket !== undefined
    ? ticketFacts(ticket, zone)
    : [];
  facts.push(["Time", timeIn(tMs, zone)], ["By", actor]);
  return facts.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([label, value]) => ({ label, value: String(value) }));
}

function alarmFacts(alarm: AlarmEventBody["alarm"], zone: string): [string, unknown][] {
  const { value, limit } = alarm;
  return [
    ["Severity", alarm.severity],
    ["State", alarm.state],
    ["Machine", alarm.machine_name ?? alarm.machine],
    ["Sensor", alarm.sensor],
    [
      "Value",
      value === null
        ? null
        : withUnit(limit === null ? plain(value) : beside(value, limit), alarm.unit),
    ],
    ["Limit", limit === null ? null : withUnit(exact(limit), alarm.unit)],
    ["Occurred", alarm.count > 1 ? `${alarm.count} times` : null],
    ["Since", timeIn(alarm.raised_ms, zone)],
  ];
}

function ticketFacts(ticket: Record<string, unknown>, zone: string): [string, unknown][] {
  const due = ticket.due_ms;
  return [
    ["Ticket", ticket.id],
    ["Title", ticket.title],
    ["State", typeof ticket.state === "string" ? ticket.state.replaceAll("_", " ") : null],
    ["Priority", ticket.priority],
    ["Assignee", ticket.assignee],
    ["Machine", machineOf(ticket)],
    ["Due", typeof due === "number" ? timeIn(due, zone) : null],
  ];
}

function machineOf({ machine, machine_name }: Record<string, unknown>): unknown {
  if (typeof machine !== "string") return machine;
  return machineTitle({
    name: typeof machine_name === "string" ? machine_name : null,
    path: machine,
  });
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

/** `2026-01-05 12:00:03` in the site's time zone. */
function timeIn(tMs: number, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(tMs);
}
