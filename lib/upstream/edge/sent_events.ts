import type { AlarmEventBody } from "../../alarms/alarm.ts";
import type { LoggedEvent } from "../../events/event.ts";
import type { EndedAlarm, SentAlarm, SentEvent } from "../wire.ts";

const TITLE_CHARS_MOST = 1_000;

/** An event as the centre gets it; with what is known of an alarm that is over, where it says so. */
export function sentEvent(event: LoggedEvent): SentEvent {
  const { uid, type, severity, tMs, subject, text, actor, body } = event;
  const ended = type === "alarm.resolved" ? endedAlarm((body as AlarmEventBody).alarm) : null;
  return {
    ...{ uid, type, severity, t: tMs },
    subject: subject.slice(0, 300),
    text: text.slice(0, 4_000),
    actor: actor?.slice(0, 200) ?? null,
    ...(ended === null ? {} : { ended }),
  };
}

/** An alarm as the centre gets it. */
export function sentAlarm(alarm: AlarmEventBody["alarm"]): SentAlarm {
  const { id, severity, title, machine, value, limit, acknowledged_by, raised_ms } = alarm;
  const shown = title.slice(0, TITLE_CHARS_MOST);
  return { id, severity, title: shown, machine, value, limit, acknowledged_by, raised_ms };
}

/** Null: somebody reopened it in the same moment. */
function endedAlarm(alarm: AlarmEventBody["alarm"]): EndedAlarm | null {
  const { count, raised_ms, resolved_ms, resolved_by } = alarm;
  if (resolved_ms === null) return null;
  return { ...sentAlarm(alarm), count, raised_ms, resolved_ms, resolved_by };
}
