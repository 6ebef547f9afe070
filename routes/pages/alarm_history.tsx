import type { VNode } from "preact";
import { dateTime } from "../../islands/format.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";

const WORDS: Partial<Record<LoggedEvent["type"], string>> = {
  "alarm.raised": "Raised",
  "alarm.changed": "Severity changed",
  "alarm.cleared": "The condition is over",
  "alarm.reopened": "Came back",
  "alarm.flapping": "Comes and goes",
  "alarm.acknowledged": "Acknowledged",
  "alarm.shelved": "Shelved",
  "alarm.unshelved": "Back from the shelf",
  "alarm.escalated": "Escalated",
  "alarm.resolved": "Resolved",
  "alarm.commented": "Comment",
};

/** What happened to an alarm, oldest first, like a conversation. */
export function AlarmHistory(
  { items, next, zone }: { items: LoggedEvent[]; next: string | null; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="history">
      <h2 id="history">History</h2>
      {next !== null && <p class="muted">{`The newest ${items.length} steps.`}</p>}
      <ol class="history">
        {items.toReversed().map((event) => (
          <li key={event.id}>
            <p>
              <time class="muted" dateTime={new Date(event.tMs).toISOString()}>
                {dateTime(event.tMs, zone)}
              </time>{" "}
              <strong>{WORDS[event.type] ?? event.type}</strong>
              {event.actor !== null && ` by ${event.actor}`}
            </p>
            <p>{saidOf(event) ?? event.text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function saidOf(event: LoggedEvent): string | null {
  return (event.body as { note?: string | null } | null)?.note ?? null;
}
