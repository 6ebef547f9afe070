import type { VNode } from "preact";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { alarmWords } from "../lib/words/alarms.ts";
import { severityRank } from "../lib/words/severity.ts";
import { dateTime } from "../lib/words/times.ts";
import { useOpenAlarms } from "./alarms_at.ts";
import { now } from "./live.ts";

export interface AlarmsHereProps {
  /** Open ones. */
  alarms: Alarm[];
  /** Path. */
  machine: string;
  /** Id: those of this sensor and those of the machine as a whole; null: all of the machine. */
  sensor: string | null;
  nowMs: number;
  zone: string;
}

/** The open alarms of a machine or a sensor, the worst first; they come and go by themselves. */
export function AlarmsHere(props: AlarmsHereProps): VNode {
  const alarms = useOpenAlarms<Alarm>(
    props.machine,
    props.alarms,
    ({ sensor_id }) => props.sensor === null || sensor_id === null || sensor_id === props.sensor,
  );
  const nowMs = typeof document === "undefined" ? props.nowMs : Math.max(now.value, props.nowMs);
  if (alarms.length === 0) return <p class="muted">No open alarms.</p>;
  const sorted = alarms.toSorted((a, b) =>
    severityRank(b.severity) - severityRank(a.severity) || Number(b.id) - Number(a.id)
  );
  return (
    <ul>
      {sorted.map((alarm) => ({ alarm, words: alarmWords(alarm, nowMs, props.zone) })).map((
        { alarm, words },
      ) => (
        <li key={alarm.id}>
          <a class="alarm-here" href={`/alarms/${alarm.id}`}>
            <span class={`alarm-severity ${words.tone}`}>
              <span aria-hidden="true">{words.mark}</span> {words.word}
            </span>{" "}
            {alarm.title}
          </a>{" "}
          <span class="muted">
            <time
              dateTime={new Date(alarm.raised_ms).toISOString()}
              title={dateTime(alarm.raised_ms, props.zone)}
            >
              {words.since}
            </time>
            {words.people !== "" && `, ${words.people}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
