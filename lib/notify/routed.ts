/** What routing is given and what it decides. */
import type { Rule } from "./rule.ts";

/** A channel as routing sees it. */
export interface RoutedChannel {
  id: string;
  name: string;
  enabled: boolean;
  /** People read it: it belongs to "every channel", and floods become a digest. */
  forPeople: boolean;
  /** It can write to a person's own address. */
  toPersons: boolean;
  /** Only on devices that the person chose: invitations do not go there. */
  ownDevices?: boolean;
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
  /** Where an alarm was sent before, as `placeOf`. */
  notified(subject: string): ReadonlySet<string>;
}

/** `skip`: not sent, for a reason. */
export type Choice = "send" | "hold" | "digest" | "skip";

/** What one rule or subscription decided about one event, and why. */
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
