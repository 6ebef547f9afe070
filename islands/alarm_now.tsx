import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { SEVERITY_MARKS, since, standing } from "./alarm_words.ts";
import { now, onAlarm } from "./live.ts";

/** How an alarm stands, changing in place; says when the page below it has become old. */
export function AlarmNow(
  { alarm: initial, nowMs, zone }: { alarm: Alarm; nowMs: number; zone: string },
): VNode {
  const [alarm, setAlarm] = useState(initial);
  useEffect(
    () => onAlarm((event) => void (event.alarm.id === initial.id && setAlarm(event.alarm))),
    [],
  );
  const time = typeof document === "undefined" ? nowMs : now.value;
  const open = alarm.state !== "resolved";
  return (
    <>
      <p class="alarm-now">
        <span class={open ? `alarm-severity ${alarm.severity}` : "alarm-severity good"}>
          <span aria-hidden="true">{open ? SEVERITY_MARKS[alarm.severity] : "✓"}</span>{" "}
          {open ? alarm.severity : "resolved"}
        </span>
        {` ${open ? "for" : "after"} ${since(alarm, time)}`}
        {alarm.count > 1 && `, ${alarm.count} times`}
        {`: ${standing(alarm, time, zone)}`}.
      </p>
      <p aria-live="polite">
        {alarm.version !== initial.version && (
          <a class="chip" href={`/alarms/${alarm.id}`}>It has changed: show</a>
        )}
      </p>
    </>
  );
}
