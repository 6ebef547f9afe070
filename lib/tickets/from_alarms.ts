/** What becomes of a ticket when its alarm moves. Pure. */
import type { Alarm } from "../alarms/alarm.ts";
import type { AlarmTransition } from "../alarms/keeper.ts";
import type { EventType } from "../events/event.ts";
import { severityRank } from "../words/severity.ts";
import { PRIORITIES, type Priority, type TicketRow, UNRESOLVED } from "./ticket.ts";

export interface AutomaticOptions {
  /** Alarms open tickets. */
  on: boolean;
  leastSeverity: Alarm["severity"];
}

/** What becomes of an alarm's ticket. */
export type TicketStep =
  | { kind: "open"; priority: Priority }
  | { kind: "resolve" }
  /** A resolved or closed one is open again. */
  | { kind: "reopen" }
  /** The ticket stays as it is and its history records it. */
  | { kind: "record"; text: string }
  | { kind: "raise_priority"; priority: Priority };

const PRIORITY: Record<Alarm["severity"], Priority> = {
  info: "low",
  warning: "normal",
  critical: "high",
};

/** What a transition asks of the alarm's ticket; null: nothing. */
export function stepOf(
  { type, alarm, actor }: Pick<AlarmTransition, "type" | "alarm" | "actor">,
  ticket: Pick<TicketRow, "state" | "priority"> | null,
  options: AutomaticOptions,
): TicketStep | null {
  if (ticket === null) {
    const wanted = options.on && alarm.state !== "resolved" && !alarm.maintenance &&
      severityRank(alarm.severity) >= severityRank(options.leastSeverity);
    return wanted && OPENING.has(type)
      ? { kind: "open", priority: PRIORITY[alarm.severity] }
      : null;
  }
  const unresolved = UNRESOLVED.includes(ticket.state);
  switch (type) {
    case "alarm.reopened":
      return unresolved ? { kind: "record", text: "its alarm was reopened" } : { kind: "reopen" };
    case "alarm.resolved":
      if (!unresolved) return null;
      // What somebody works on is not taken from them because the condition went away by itself.
      return actor === null && ticket.state === "in_progress"
        ? { kind: "record", text: "its alarm is over" }
        : { kind: "resolve" };
    case "alarm.changed": {
      const priority = PRIORITY[alarm.severity];
      const higher = PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(ticket.priority);
      return unresolved && higher ? { kind: "raise_priority", priority } : null;
    }
    default:
      return null;
  }
}

const OPENING = new Set<EventType>(["alarm.raised", "alarm.changed", "alarm.reopened"]);
