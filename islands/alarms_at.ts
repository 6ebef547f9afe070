import { useEffect, useState } from "preact/hooks";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { onAlarm, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** What a statement about a place needs of an open alarm. */
export type OpenAlarm = Pick<Alarm, "id" | "severity" | "title">;

/** Open alarms of a machine (path), or of one of its sensors (id) alone. */
export interface AlarmsAt {
  machine: string;
  sensor: string | null;
  alarms: OpenAlarm[];
}

/** What is asked of a machine is asked once for all of a page that ask together. */
const asking = new Map<string, Promise<Alarm[]>>();

function askFor(machine: string): Promise<Alarm[]> {
  const query = new URLSearchParams({ open: "true", limit: "500", machine });
  const asked = asking.get(machine) ?? fetchOwn(`/api/alarms?${query}`)
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`alarms: ${answer.status}`);
      return (await answer.json()).items;
    })
    .finally(() => asking.delete(machine));
  asking.set(machine, asked);
  return asked;
}

/** The open ones of a machine (path; null: of none) that `isHere`, as they are now. */
export function useOpenAlarms<T extends OpenAlarm>(
  machine: string | null,
  initial: readonly T[],
  isHere: (alarm: Alarm) => boolean,
): readonly (T | Alarm)[] {
  const [alarms, setAlarms] = useState<readonly (T | Alarm)[]>(initial);
  useEffect(() => {
    if (machine === null) return;
    // A machine's path is also that of an area.
    const isOurs = (alarm: Alarm) => alarm.machine === machine && isHere(alarm);
    const offs = [
      onAlarm(({ alarm }) => {
        if (!isOurs(alarm)) return;
        setAlarms((list) => [
          ...(alarm.state === "resolved" ? [] : [alarm]),
          ...list.filter(({ id }) => id !== alarm.id),
        ]);
      }),
      // A Perch that is away again says so elsewhere.
      onReset(() => askFor(machine).then((all) => setAlarms(all.filter(isOurs)), () => {})),
    ];
    return () => offs.forEach((off) => off());
  }, []);
  return alarms;
}

/** The same, as it is now; null: nobody asked for it. */
export const useAlarmsAt = (at: AlarmsAt | null): readonly OpenAlarm[] =>
  useOpenAlarms(
    at?.machine ?? null,
    at?.alarms ?? [],
    (alarm) => at!.sensor === null || alarm.sensor_id === at!.sensor,
  );

/** How many of them are warnings, and how many critical. */
export function countsOf(alarms: readonly OpenAlarm[]): { warning: number; critical: number } {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const { severity } of alarms) counts[severity]++;
  return counts;
}
