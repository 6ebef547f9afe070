import type { VNode } from "preact";
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
};

/** A step of an alarm in a word or two, with its sentence where the word alone is not enough. */
export function alarmStep(event: LoggedEvent): VNode {
  const word = WORDS[event.type];
  if (word === undefined) return <>{event.text}</>;
  return (
    <>
      <strong>{word}</strong> {WITH_SENTENCE.has(event.type) && event.text}
    </>
  );
}

/** Steps whose sentence holds what the word does not: a value, a limit, a time. */
const WITH_SENTENCE: ReadonlySet<LoggedEvent["type"]> = new Set([
  "alarm.raised",
  "alarm.changed",
  "alarm.reopened",
  "alarm.flapping",
  "alarm.shelved",
]);
