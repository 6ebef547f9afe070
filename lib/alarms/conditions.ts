/** The conditions of an alarm: how an observation becomes one, and what the alarm shows of them. Pure. */
import { type Severity, severityRank } from "../words/severity.ts";
import type { AlarmRecord, Condition } from "./record.ts";
import type { Observation } from "./observation.ts";
import { titleOf } from "./words.ts";

/** Conditions of one alarm; further ones are not stored. */
const CONDITIONS_MOST = 500;

/** A sensor's time this far from the host's is not shown as when it happened. */
const TRUSTED_MS = 24 * 3_600_000;

export function conditionOf(observation: Observation, tMs: number): Condition {
  const { key, cause, source, detector, sensor, severity, text, value, limit, point } = observation;
  return {
    key,
    cause,
    source,
    detector,
    sensor,
    severity,
    text,
    value,
    limit,
    point,
    present: !point,
    count: 1,
    firstMs: tMs,
    lastMs: tMs,
    firstFinding: observation.finding,
    lastFinding: observation.finding,
  };
}

/** The same list when the observation brings nothing new. */
export function withObservation(
  conditions: Condition[],
  observation: Observation,
  tMs: number,
): Condition[] {
  const at = conditions.findIndex((one) => one.key === observation.key);
  if (at < 0) {
    if (conditions.length >= CONDITIONS_MOST) return conditions;
    return [...conditions, conditionOf(observation, tMs)];
  }
  const known = conditions[at];
  if (known.present && known.severity === observation.severity && observation.finding === null) {
    if (isSaid(known, observation)) return conditions;
  }
  const next: Condition = {
    ...conditionOf(observation, tMs),
    point: known.point && observation.point,
    count: known.count + (known.present ? 0 : 1),
    firstMs: known.firstMs,
    lastMs: Math.max(known.lastMs, tMs),
    firstFinding: known.firstFinding ?? observation.finding,
    lastFinding: observation.finding ?? known.lastFinding,
  };
  return conditions.with(at, next);
}

/**
 * It would say nothing new. Of Perch and other programs the words count: another cause is told, while numbers go up and
 * down all the time. A prediction of the same class is worded anew each time.
 */
function isSaid(known: Condition, { source, text }: Observation): boolean {
  return source !== "system" || withoutNumbers(known.text) === withoutNumbers(text);
}

const withoutNumbers = (text: string) => text.replace(/\d+(?:[.,]\d+)*/g, "#");

/**
 * Severity, title and value follow the worst condition that is present; its own first among equals. `nowMs`: since then
 * it is as severe as it is, where that is another severity.
 */
export function showingWorst(alarm: AlarmRecord, nowMs: number): AlarmRecord {
  const standing = alarm.conditions.filter((one) => one.present);
  const from = standing.length > 0 ? standing : alarm.conditions.filter((one) => one.point);
  if (from.length === 0) return alarm;
  const lead = from.reduce((best, one) =>
    severityRank(one.severity) > severityRank(best.severity) ? one : best
  );
  const severity = standing.length > 0 ? lead.severity : oddReadingSeverity(alarm, lead);
  return {
    ...alarm,
    severity,
    timing: severity === alarm.severity ? alarm.timing : { ...alarm.timing, severityMs: nowMs },
    title: titleOf(lead, standing),
    sensor: lead.sensor ?? alarm.sensor,
    value: lead.value,
    limit: lead.limit,
  };
}

/** Of single odd readings: an alarm never becomes less severe than it was shown. */
function oddReadingSeverity(alarm: AlarmRecord, lead: Condition): Severity {
  if (!alarm.conditions[0].point) return lead.severity;
  return severityRank(alarm.severity) > severityRank(lead.severity)
    ? alarm.severity
    : lead.severity;
}

/** When it happened, as it is shown: the sensor's own time unless that cannot be. */
export function shownMs(tMs: number, nowMs: number): number {
  return tMs <= nowMs && nowMs - tMs < TRUSTED_MS ? Math.trunc(tMs) : nowMs;
}
