/**
 * Alarms in words: the one place that says how an alarm stands, and what waits for a person. Server, browser, messages
 * and the assistant say the same of the same alarm. Pure.
 */
import { label, machineTitle } from "./names.ts";
import { beside, exact, number, withUnit } from "./numbers.ts";
import { SEVERITIES, type Severity, severityRank } from "./severity.ts";
import { clockTime, lasted } from "./times.ts";

export const SEVERITY_MARKS: Readonly<Record<Severity, string>> = {
  info: "●",
  warning: "▲",
  critical: "■",
};

/** What is said of an alarm depends on this alone. */
export interface StatedAlarm {
  severity: Severity;
  state: "active" | "acknowledged" | "resolved";
  present: boolean;
  flapping: boolean;
  maintenance: boolean;
  count: number;
  raised_ms: number;
  /** Since when it is as severe as it is. */
  severity_ms: number;
  last_ms: number;
  cleared_ms: number | null;
  acknowledged_by: string | null;
  shelved_until_ms: number | null;
  resolved_ms: number | null;
  resolved_by: string | null;
}

/** True when a person is waited for: a warning or worse that is neither acknowledged nor shelved. */
export function waitsForPerson(
  { severity, state, shelved_until_ms }: Pick<
    StatedAlarm,
    "severity" | "state" | "shelved_until_ms"
  >,
  nowMs: number,
): boolean {
  return severity !== "info" && state === "active" &&
    (shelved_until_ms === null || shelved_until_ms <= nowMs);
}

/** How an alarm stands: `■ critical` and `for 4 s, open for 6 h: not acknowledged`. */
export function alarmWords(
  alarm: StatedAlarm,
  nowMs: number,
  zone: string,
): { tone: Severity | "good"; mark: string; word: string; since: string; people: string } {
  const { severity, state } = alarm;
  const people = peopleWords(alarm, nowMs, zone);
  if (state === "resolved") {
    const since = `after ${lasted((alarm.resolved_ms ?? nowMs) - alarm.raised_ms)}${
      timesOf(alarm)
    }`;
    return { tone: "good", mark: "✓", word: "resolved", since, people };
  }
  const since = `${standsSince(alarm, nowMs)}${timesOf(alarm)}`;
  return { tone: severity, mark: SEVERITY_MARKS[severity], word: severity, since, people };
}

/** Since when it is so, and since when it is open where that is longer. */
function standsSince(alarm: StatedAlarm, nowMs: number): string {
  const open = lasted(nowMs - alarm.raised_ms);
  if (alarm.flapping) return `comes and goes, open for ${open}`;
  if (!alarm.present) {
    return alarm.cleared_ms === null
      ? `seen ${lasted(nowMs - alarm.last_ms)} ago`
      : `over for ${lasted(nowMs - alarm.cleared_ms)}`;
  }
  const so = lasted(nowMs - Math.max(alarm.severity_ms, alarm.raised_ms));
  return so === open ? `for ${so}` : `for ${so}, open for ${open}`;
}

const timesOf = ({ count }: StatedAlarm) => count > 1 ? `, ${count} times` : "";

/** What people have done about it, or that nobody has. Of a hint nobody is waited for. */
function peopleWords(alarm: StatedAlarm, nowMs: number, zone: string): string {
  const { state, resolved_by, acknowledged_by, shelved_until_ms } = alarm;
  if (state === "resolved") return resolved_by === null ? "by itself" : `by ${resolved_by}`;
  const parts: string[] = [];
  if (shelved_until_ms !== null && shelved_until_ms > nowMs) {
    parts.push(`shelved until ${clockTime(shelved_until_ms, nowMs, zone)}`);
  }
  if (state === "acknowledged") parts.push(`acknowledged by ${acknowledged_by}`);
  if (alarm.maintenance) parts.push("in maintenance: not sent");
  if (waitsForPerson(alarm, nowMs)) parts.unshift(NOT_ACKNOWLEDGED);
  return parts.join(", ");
}

export const NOT_ACKNOWLEDGED = "not acknowledged";

/** How many alarms are open, and how many of them wait for a person. */
export interface OpenAlarms extends Readonly<Record<Severity, number>> {
  /** Of warnings and worse. */
  waiting: number;
  waiting_critical: number;
}

/** The same of a list of open ones. */
export function openAlarms(
  alarms: Iterable<Pick<StatedAlarm, "severity" | "state" | "shelved_until_ms">>,
  nowMs: number,
): OpenAlarms {
  const counts = { info: 0, warning: 0, critical: 0, waiting: 0, waiting_critical: 0 };
  for (const alarm of alarms) {
    if (alarm.state === "resolved") continue;
    counts[alarm.severity]++;
    if (!waitsForPerson(alarm, nowMs)) continue;
    counts.waiting++;
    if (alarm.severity === "critical") counts.waiting_critical++;
  }
  return counts;
}

/** Open alarms of a place: how many, and since when there are such of the worst kind; null: there are none. */
export interface OpenAt extends Pick<OpenAlarms, "warning" | "critical"> {
  sinceMs: number | null;
}

export const NONE_OPEN: OpenAt = { warning: 0, critical: 0, sinceMs: null };

/** The same of a list of alarms. */
export function openAt(
  alarms: Iterable<Pick<StatedAlarm, "severity" | "state" | "severity_ms">>,
): OpenAt {
  const counts = { info: 0, warning: 0, critical: 0 };
  const since = { info: Infinity, warning: Infinity, critical: Infinity };
  for (const { severity, state, severity_ms } of alarms) {
    if (state === "resolved") continue;
    counts[severity]++;
    since[severity] = Math.min(since[severity], severity_ms);
  }
  const { warning, critical } = counts;
  const worst = critical > 0 ? since.critical : since.warning;
  return { warning, critical, sinceMs: warning + critical === 0 ? null : worst };
}

/** `3 alarms`. */
export const alarmsCount = (n: number) => n === 1 ? "1 alarm" : `${n} alarms`;

/** The answer of the page of alarms: `2 of 3 alarms not acknowledged`; hints only beside it. */
export function openWords(
  { info, warning, critical, waiting, waiting_critical }: OpenAlarms,
): { tone: "warning" | "critical" | null; text: string } {
  const all = warning + critical;
  if (all === 0) {
    const hints = info === 1 ? "1 hint" : `${info} hints`;
    return { tone: null, text: info === 0 ? "No alarm is open" : `No alarm is open, ${hints}` };
  }
  if (waiting === 0) {
    return { tone: null, text: `${alarmsCount(all)} open, all acknowledged or shelved` };
  }
  const of = waiting === all ? alarmsCount(all) : `${waiting} of ${alarmsCount(all)}`;
  const tone = waiting_critical > 0 ? "critical" : "warning";
  return { tone, text: `${of} ${NOT_ACKNOWLEDGED}` };
}

/**
 * How a machine or a sensor is. Its status tells of limits and silence alone; a warning that is open is one
 * whatever its values are: nothing is called normal over it.
 */
export function statusWords<Status extends string>(
  status: Status,
  open: Pick<OpenAlarms, "warning" | "critical">,
): { tone: Status | "warning" | "critical"; text: string } {
  const { warning, critical } = open;
  if (status !== "normal" || warning + critical === 0) return { tone: status, text: status };
  const parts = [
    critical > 0 && `${critical} critical ${critical === 1 ? "alarm" : "alarms"}`,
    warning > 0 && (warning === 1 ? "1 warning" : `${warning} warnings`),
  ].filter((part) => part !== false);
  return { tone: critical > 0 ? "critical" : "warning", text: `${parts.join(", ")} open` };
}

/** Where it is: what people call the machine. */
export function placeOf(alarm: { machine: string | null; machine_name: string | null }): string {
  return alarm.machine === null
    ? "Perch itself"
    : machineTitle({ name: alarm.machine_name, path: alarm.machine });
}

/** The part of the plant, for beside the machine's name. */
export function areaOf({ machine }: { machine: string | null }): string {
  return machine?.split("/").slice(0, -1).map(label).join(" · ") ?? "";
}

/** `83.4 °C, limit 80 °C`; null where there is no value. */
export function valueOf(
  { value, limit, unit, source }: {
    value: number | null;
    limit: number | null;
    unit: string | null;
    source: string;
  },
): string | null {
  if (value === null || source === "system") return null;
  if (limit === null) return withUnit(number(value), unit);
  return `${withUnit(beside(value, limit), unit)}, limit ${withUnit(exact(limit), unit)}`;
}

/** The worst severity of some; null: there is none. */
export function worstSeverity(alarms: readonly { severity: Severity }[]): Severity | null {
  const worst = Math.max(-1, ...alarms.map(({ severity }) => severityRank(severity)));
  return worst < 0 ? null : SEVERITIES[worst];
}
