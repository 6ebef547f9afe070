import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { LoggedEvent } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import type { OutboxStore } from "./outbox_store.ts";
import { decideRoutes } from "./routing.ts";
import { calmStorm, type StormLimits } from "./storm.ts";
import { placeOf, type Routed, type RoutingContext } from "./routed.ts";
import type { Rule } from "./rule.ts";
import { createWake } from "../base/wake.ts";

export interface RouterDeps {
  db: Pick<Database, "write">;
  events: Pick<EventLog, "toRoute" | "routed">;
  outbox: OutboxStore;
  clock: Clock;
  log: Log;
  rules: () => readonly Rule[];
  /** All of the context but the time and what was sent before. */
  context: () => Omit<RoutingContext, "nowMs" | "notified">;
  storm: () => StormLimits;
  /** Deliveries were written for these channels. */
  onDeliveries: (channels: ReadonlySet<string>) => void;
}

/** Decides about every event that waits, in the order of the log. */
export interface Router {
  readonly task: Task;
  /** Something may wait. */
  wake(): void;
}

/** Events of one transaction. */
const PAGE = 200;
/** Some events are not announced: those before a crash, those of the command line. */
const LOOK_MS = 1_000;

export function createRouter(deps: RouterDeps): Router {
  const { db, events, outbox, clock } = deps;
  const wake = createWake(clock);

  /** Events, what becomes of them and the mark that it was decided: together or not at all. */
  async function routePage(): Promise<number> {
    const waiting = await events.toRoute(PAGE);
    if (waiting.length === 0) return 0;
    const nowMs = clock.now();
    const resolved = waiting.filter((event) => event.type === "alarm.resolved");
    const notified = await outbox.notifiedPlaces(resolved.map((event) => event.subject));
    const context = {
      ...deps.context(),
      nowMs,
      notified: (subject: string) => notified.get(subject) ?? new Set<string>(),
    };
    const limits = deps.storm();
    const sent = await outbox.sentSince(nowMs - limits.minutes * 60_000);
    const rules = deps.rules();
    const statements: SqlStatement[] = [];
    const channels = new Set<string>();
    for (const event of waiting) {
      const routed = calmStorm(
        decide(event, rules, context),
        sent,
        context.channels,
        limits,
        nowMs,
      );
      for (const plan of routed.planned) {
        statements.push(outbox.add(event, plan, nowMs));
        channels.add(plan.channel);
        remember(notified, event, plan.channel, plan.target);
      }
      statements.push(outbox.routing(event, nowMs, routed.decisions));
    }
    await db.write([...statements, events.routed(waiting.map((event) => event.id))]);
    if (channels.size > 0) deps.onDeliveries(channels);
    return waiting.length;
  }

  /** An event that cannot be decided about must not stop those behind it. */
  function decide(
    event: LoggedEvent,
    rules: readonly Rule[],
    context: RoutingContext,
  ): Routed {
    try {
      return decideRoutes(event, rules, context);
    } catch (error) {
      deps.log.error("an event could not be routed", { event: event.id, error });
      const why = `could not be decided: ${messageOf(error)}`;
      const nobody = { rule: null, channel: null, channel_name: null, target: "" };
      return {
        planned: [],
        decisions: [{ ...nobody, rule_name: "Perch", decision: "skip", why }],
      };
    }
  }

  return {
    wake: wake.now,
    task: {
      name: "notify router",
      async run(signal) {
        for (;;) {
          const routed = await routePage();
          signal.throwIfAborted();
          if (routed < PAGE) await wake.sleep(LOOK_MS, signal);
        }
      },
    },
  };
}

/** A resolved alarm of the same page knows where its beginning goes. */
function remember(
  notified: Map<string, Set<string>>,
  { subject, type }: LoggedEvent,
  channel: string,
  target: string,
): void {
  if (type === "alarm.resolved") return;
  const places = notified.get(subject);
  if (places !== undefined) places.add(placeOf(channel, target));
}
