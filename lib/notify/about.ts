/** What an event is about. */
import type { Alarm } from "../alarms/alarm.ts";
import type { LoggedEvent } from "../events/event.ts";

/** The alarm that an event is about; null for other events. */
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
