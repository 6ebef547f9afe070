/** Alarms as a list shows them. Pure. */
import type { Alarm } from "../lib/alarms/alarm.ts";
import { severityRank } from "../lib/words/severity.ts";

/** Alarms by machine: where the worst is first, then the newest. */
export function grouped(alarms: readonly Alarm[]): { place: string; alarms: Alarm[] }[] {
  const groups = [...Map.groupBy(alarms, (alarm) => alarm.machine ?? "").values()];
  const worst = (list: Alarm[]) => Math.max(...list.map(({ severity }) => severityRank(severity)));
  const newest = (list: Alarm[]) => Math.max(...list.map(({ id }) => Number(id)));
  return groups
    .map((list) => ({ place: list[0].machine ?? "", alarms: list }))
    .sort((a, b) => worst(b.alarms) - worst(a.alarms) || newest(b.alarms) - newest(a.alarms));
}
