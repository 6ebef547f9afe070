import { useEffect, useState } from "preact/hooks";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { onAlarm } from "./live.ts";

/** What a statement about a place needs of an open alarm. */
export type OpenAlarm = Pick<Alarm, "id" | "severity" | "title">;

/** Open alarms of a machine (path), or of one of its sensors (id) alone. */
export interface AlarmsAt {
  machine: string;
  sensor: string | null;
  alarms: OpenAlarm[];
}

/** The same, as it is now; null: nobody asked for it. */
export function useAlarmsAt(at: AlarmsAt | null): readonly OpenAlarm[] {
  const [alarms, setAlarms] = useState(at?.alarms ?? []);
  useEffect(() => {
    if (at === null) return;
    return onAlarm(({ alarm }) => {
      if (alarm.machine !== at.machine) return;
      if (at.sensor !== null && alarm.sensor_id !== at.sensor) return;
      setAlarms((list) => [
        ...(alarm.state === "resolved" ? [] : [alarm]),
        ...list.filter(({ id }) => id !== alarm.id),
      ]);
    });
  }, []);
  return alarms;
}

/** How many of them are warnings, and how many critical. */
export function countsOf(alarms: readonly OpenAlarm[]): { warning: number; critical: number } {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const { severity } of alarms) counts[severity]++;
  return counts;
}
