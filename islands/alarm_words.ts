/** Alarms in words, the same on the server and in the browser. Pure. */
import type { Alarm } from "../lib/alarms/alarm.ts";
import { label, title } from "../lib/words/names.ts";
import { beside, exact, number } from "../lib/words/numbers.ts";
import { severityRank } from "../lib/words/severity.ts";
import { clockTime, duration } from "../lib/words/times.ts";

export const SEVERITY_MARKS = { info: "●", warning: "▲", critical: "■" } as const;

/** Where it is: what people call the machine. */
export function placeOf(alarm: Pick<Alarm, "machine" | "machine_name">): string {
  return alarm.machine === null ? "Perch itself" : title(alarm.machine_name ?? alarm.machine);
}

/** The part of the plant, for beside the machine's name. */
export function areaOf(alarm: Pick<Alarm, "machine">): string {
  return alarm.machine?.split("/").slice(0, -1).map(label).join(" · ") ?? "";
}

/** `83.4 °C, limit 80 °C`; null where there is no value. */
export function valueOf({ value, limit, unit, source }: Alarm): string | null {
  if (value === null || source === "system") return null;
  const withUnit = (text: string) => unit === null ? text : `${text} ${unit}`;
  if (limit === null) return withUnit(number(value));
  return `${withUnit(beside(value, limit))}, limit ${withUnit(exact(limit))}`;
}

/** How it stands, in a few words. */
export function standing(alarm: Alarm, nowMs: number, zone: string): string {
  const { state, resolved_by, acknowledged_by, shelved_until_ms, present, flapping } = alarm;
  if (state === "resolved") return resolved_by === null ? "over" : `resolved by ${resolved_by}`;
  const parts: string[] = [];
  if (shelved_until_ms !== null && shelved_until_ms > nowMs) {
    parts.push(`shelved until ${clockTime(shelved_until_ms, nowMs, zone)}`);
  }
  if (state === "acknowledged") parts.push(`acknowledged by ${acknowledged_by}`);
  if (flapping) parts.push("comes and goes");
  else if (!present && alarm.cleared_ms !== null) parts.push("over, nobody has acknowledged it");
  if (alarm.maintenance) parts.push("in maintenance: not sent");
  return parts.length === 0 ? "nobody has acknowledged it" : parts.join(", ");
}

/** How long it has been open, or was. */
export function since(alarm: Alarm, nowMs: number): string {
  return duration((alarm.resolved_ms ?? nowMs) - alarm.raised_ms);
}

/** Alarms by machine: where the worst is first, then the newest. */
export function grouped(alarms: readonly Alarm[]): { place: string; alarms: Alarm[] }[] {
  const groups = [...Map.groupBy(alarms, (alarm) => alarm.machine ?? "").values()];
  const worst = (list: Alarm[]) => Math.max(...list.map(({ severity }) => severityRank(severity)));
  const newest = (list: Alarm[]) => Math.max(...list.map(({ id }) => Number(id)));
  return groups
    .map((list) => ({ place: list[0].machine ?? "", alarms: list }))
    .sort((a, b) => worst(b.alarms) - worst(a.alarms) || newest(b.alarms) - newest(a.alarms));
}
