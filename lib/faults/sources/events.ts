import type { Clock } from "../../base/clock.ts";
import type { LoggedEvent } from "../../events/event.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { FaultSource, Sighting } from "../fault.ts";

/** An error stands for so long after its latest event. */
export const EVENT_STANDS_MS = 10 * MINUTE_MS;
const CAUSES_MOST = 50;
/** So many errors of another program are no small matter. */
const SEVERAL = 10;

/** Errors that nothing else shows as long as they last. */
const ERRORS: ReadonlySet<string> = new Set([
  "backup.failed",
  "channel.switched_off",
  "external.error",
  "host.out_of_memory",
  "intake.quarantined",
  "readings.damaged",
  "unit.failed",
]);

/** The part that an event is about, by its family. */
const PARTS: Readonly<Record<string, string>> = {
  backup: "backup",
  channel: "outbox",
  host: "host",
  intake: "intake",
  readings: "storage",
  unit: "units",
};

export interface EventSource extends FaultSource {
  /** Hears new events of the log. */
  hear(news: readonly LoggedEvent[]): void;
}

/** Errors of the event log, those that other programs report among them: one fault for each kind and subject. */
export function eventSource({ clock }: { clock: Clock }): EventSource {
  const standing = new Map<string, { sighting: Sighting; heardMs: number }>();

  return {
    name: "events",
    hear(news) {
      for (const event of news) {
        if (!ERRORS.has(event.type)) continue;
        const cause = `event:${event.type}:${event.subject}`;
        const times = (standing.get(cause)?.sighting.times ?? 0) + 1;
        standing.delete(cause);
        standing.set(cause, { sighting: sightingOf(event, times), heardMs: clock.monotonic() });
        if (standing.size > CAUSES_MOST) standing.delete(standing.keys().next().value!);
      }
    },
    look() {
      const nowMs = clock.monotonic();
      for (const [cause, { heardMs }] of standing) {
        if (nowMs - heardMs > EVENT_STANDS_MS) standing.delete(cause);
      }
      return [...standing.values()].map(({ sighting }) => sighting);
    },
  };
}

function sightingOf(
  { type, subject, severity, text, actor }: LoggedEvent,
  times: number,
): Sighting {
  const family = type.split(".")[0];
  const isOwn = family !== "external";
  const isSmall = !isOwn && severity !== "critical" && times < SEVERAL;
  return {
    cause: `event:${type}:${subject}`,
    component: isOwn ? PARTS[family] ?? family : `program:${actor ?? subject}`,
    type: "error_event",
    severity: isOwn && severity === "critical" ? "high" : isSmall ? "low" : "medium",
    message: text,
    times,
  };
}
