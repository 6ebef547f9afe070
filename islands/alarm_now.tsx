import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { alarmWords } from "../lib/words/alarms.ts";
import { now, onAlarm, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** What an alarm is and how it stands, changing in place; says when the page below it has become old. */
export function AlarmNow(
  { alarm: initial, nowMs, zone }: { alarm: Alarm; nowMs: number; zone: string },
): VNode {
  const [alarm, setAlarm] = useState(initial);
  useEffect(() => {
    const offs = [
      onAlarm((event) => void (event.alarm.id === initial.id && setAlarm(event.alarm))),
      onReset(async () => {
        const answer = await fetchOwn(`/api/alarms/${initial.id}`).catch(() => null);
        if (answer?.ok) setAlarm(await answer.json());
      }),
    ];
    return () => offs.forEach((off) => off());
  }, []);
  const time = typeof document === "undefined" ? nowMs : now.value;
  const { tone, mark, word, since, people } = alarmWords(alarm, time, zone);
  return (
    <>
      <h1 class="answer">
        <span class={`mark ${tone}`} aria-hidden="true">{mark}</span>
        {alarm.title}
      </h1>
      <p class="alarm-now">
        <span class={`alarm-severity ${tone}`}>
          <span aria-hidden="true">{mark}</span> {word}
        </span>
        {` ${since}`}
        {people !== "" && `: ${people}`}.
      </p>
      <p aria-live="polite">
        {alarm.version !== initial.version && (
          <a class="chip" href={`/alarms/${alarm.id}`}>It has changed: show</a>
        )}
      </p>
    </>
  );
}
