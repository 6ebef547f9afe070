import type { LoggedEvent } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import { isUnder } from "../machines/machine.ts";
import { decideRoutes } from "./routing.ts";
import { placeOf, type RoutingContext } from "./routed.ts";
import { EVERY_CHANNEL, type Rule, type RuleSpec } from "./rule.ts";

/** What a rule would have sent. */
export interface DryRun {
  fromMs: number;
  /** Events that were looked at. */
  events: number;
  /** True when there were more events than are looked at. */
  cut: boolean;
  sent: number;
  held: number;
  collected: number;
  /** The newest of what would have been sent, with where to. */
  items: { event: LoggedEvent; to: { channel: string; target: string; why: string }[] }[];
}

const MOST_EVENTS = 5_000;
const PAGE = 500;
const SHOWN = 50;

/** Runs a rule over the events of the past, at their own times. Nothing is sent. */
export async function dryRun(
  spec: RuleSpec,
  deps: {
    events: Pick<EventLog, "list">;
    context: Omit<RoutingContext, "nowMs" | "notified">;
    fromMs: number;
  },
): Promise<DryRun> {
  const rule: Rule = { ...spec, id: "dry-run", createdMs: 0, enabled: true, muted_until: null };
  const { events, cut } = await pastEvents(deps.events, deps.fromMs);
  const channels = deps.context.channels.map((one) => ({ ...one, subscription: null }));
  const names = new Map(channels.map(({ id, name }) => [id, name]));
  const notified = new Map<string, Set<string>>();
  const result: DryRun = {
    fromMs: deps.fromMs,
    events: events.length,
    cut,
    sent: 0,
    held: 0,
    collected: 0,
    items: [],
  };
  for (const event of events) {
    const { planned } = decideRoutes(event, [rule], {
      ...deps.context,
      channels,
      nowMs: event.tMs,
      notified: (subject) => notified.get(subject) ?? new Set(),
    });
    if (planned.length === 0) continue;
    const places = notified.get(event.subject) ?? new Set();
    notified.set(event.subject, places);
    for (const { channel, target, state } of planned) {
      places.add(placeOf(channel, target));
      if (state === "waiting") result.sent++;
      else if (state === "held") result.held++;
      else result.collected++;
    }
    const to = planned.map(({ channel, target, why }) => ({
      channel: names.get(channel) ?? channel,
      target,
      why,
    }));
    result.items.unshift({ event, to });
    if (result.items.length > SHOWN) result.items.pop();
  }
  return result;
}

/** Oldest first; the newest when there are too many. */
async function pastEvents(
  log: Pick<EventLog, "list">,
  fromMs: number,
): Promise<{ events: LoggedEvent[]; cut: boolean }> {
  const events: LoggedEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = await log.list({ fromMs, limit: PAGE, cursor });
    events.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && events.length < MOST_EVENTS);
  return { events: events.reverse(), cut: cursor !== undefined };
}

/** What a rule can be checked against when it is saved. */
export interface Plant {
  context: Omit<RoutingContext, "nowMs" | "notified">;
  machines: readonly { path: string; tags: readonly string[] }[];
}

/** Why a rule would reach nobody, or not whom it means, in sentences. Empty: nothing is wrong with it. */
export function ruleWarnings(rule: RuleSpec, { context, machines }: Plant): string[] {
  const out: string[] = [];
  const all = [...rule.recipients, ...rule.escalation.flatMap((step) => step.recipients)];
  let reached = 0;
  for (const { channel: id, person: personId } of all) {
    if (id === EVERY_CHANNEL) {
      const every = context.channels.filter((one) => one.forPeople && one.enabled);
      if (every.length === 0) out.push("There is no channel for people yet.");
      reached += every.length;
      continue;
    }
    const channel = context.channels.find((one) => one.id === id);
    if (channel === undefined) out.push(`There is no channel ${id}.`);
    else if (!channel.enabled) out.push(`The channel ${channel.name} is switched off.`);
    else if (personId !== undefined && !channel.toPersons) {
      out.push(`The channel ${channel.name} cannot write to one person.`);
    } else reached++;
    if (personId === undefined) continue;
    const person = context.person(personId);
    if (person === null) out.push(`There is no person ${personId}.`);
    else if (!person.active) out.push(`${person.name} is not active and gets nothing.`);
  }
  const inScope = machines.filter(({ path, tags }) =>
    (rule.machines.length === 0 || rule.machines.some((above) => isUnder(path, above))) &&
    (rule.tags.length === 0 || rule.tags.some((tag) => tags.includes(tag)))
  );
  if (inScope.length === 0 && (rule.machines.length > 0 || rule.tags.length > 0)) {
    out.push("No machine matches.");
  }
  if (reached === 0) out.push("It reaches nobody as things are.");
  return [...new Set(out)];
}
