import type { VNode } from "preact";
import type { ListedEvent } from "../lib/events/listed.ts";
import { eventWord } from "../lib/words/event_types.ts";
import { label, title } from "../lib/words/names.ts";
import { clockTime, dateTime } from "../lib/words/times.ts";
import { SEVERITY_MARKS } from "../lib/words/alarms.ts";

const COMPONENT = "component:";

/** One event of a list: when, how bad, what, where and who. `late`: others that happened later stand below it. */
export function EventRow(
  { event, late, nowMs, zone }: { event: ListedEvent; late: boolean; nowMs: number; zone: string },
): VNode {
  const { id, type, severity, text, machine, machine_name, actor, at_ms, subject } = event;
  const about = subjectOf(subject);
  const word = eventWord(type);
  // `Ticket 12 created` is one word with its link.
  const own = type.split(".")[0] === subject.split(":")[0] ? about : null;
  const component = subject.startsWith(COMPONENT) ? subject.slice(COMPONENT.length) : null;
  return (
    <li class="event" data-event={id}>
      <time dateTime={new Date(at_ms).toISOString()} title={dateTime(at_ms, zone)}>
        {clockTime(at_ms, nowMs, zone)}
      </time>
      <span class={`alarm-severity ${severity}`}>
        <span aria-hidden="true">{SEVERITY_MARKS[severity]}</span> {severity}
      </span>
      <div class="event-what">
        <a class="event-text" href={`/events/${id}`}>{text}</a>
        <p class="event-sub">
          {own !== null
            ? <a href={own.href}>{`${own.name} ${word.slice(word.indexOf(" ") + 1)}`}</a>
            : <span class="event-type">{word}</span>}
          {component !== null && <span>{component}</span>}
          {machine !== null && (
            <a href={`/machines/${machine.split("/").map(encodeURIComponent).join("/")}`}>
              {title(machine_name ?? label(machine.slice(machine.lastIndexOf("/") + 1)))}
            </a>
          )}
          {about !== null && own === null && <a href={about.href}>{about.name}</a>}
          {actor !== null && <span>by {actor}</span>}
          {late && <span>reported late</span>}
        </p>
      </div>
    </li>
  );
}

/** The page of what an event happened to; null: it has none. */
export function subjectOf(subject: string): { name: string; href: string } | null {
  const at = subject.indexOf(":");
  const id = subject.slice(at + 1);
  switch (subject.slice(0, at)) {
    case "alarm":
      return { name: "Alarm", href: `/alarms/${encodeURIComponent(id)}` };
    case "ticket":
      return { name: `Ticket ${id}`, href: `/tickets/${encodeURIComponent(id)}` };
    case "analysis":
      return { name: "Analysis", href: `/analyses/${encodeURIComponent(id)}` };
    case "sensor":
      return { name: "Sensor", href: `/sensors/${encodeURIComponent(id)}` };
    case "command_target":
      return { name: "Control", href: `/commands/${encodeURIComponent(id)}` };
    case "command_rule":
      return { name: "Rule", href: `/commands/rules/${encodeURIComponent(id)}` };
    default:
      return null;
  }
}
