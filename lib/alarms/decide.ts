/**
 * DESIGN. Everything that an alarm does is decided here and in `commands.ts` and `passing.ts`: pure
 * functions from a record, an input, the time and the options to the next record and the transitions that
 * led there. Nothing is looked up and nothing is written. A record that comes back as it went in (the same
 * object) has not changed. `nowMs` is the host's clock: devices' clocks may be off by any amount, so only
 * what is shown comes from them.
 */
import { type Severity, severityRank } from "../words/severity.ts";
import type { AlarmState } from "./alarm.ts";
import { type AlarmRecord, type Condition, isOpen, type Step } from "./record.ts";
import type { Signal } from "./signal.ts";
import { titleOf } from "./words.ts";

export interface AlarmOptions {
  /** A cause that comes back within this long belongs to the same alarm. */
  repeatMs: number;
  /** Coming this often within `repeatMs` is flapping. */
  flapTimes: number;
  /** What becomes of an alarm whose condition is over. */
  resolveWhenClear: "always" | "acknowledged";
  /** An alarm of single odd readings ends after this long without one. */
  quietMs: number;
  /** Minutes after which an alarm that nobody acknowledges goes to the next; empty: never. */
  escalationMinutes: (alarm: AlarmRecord) => readonly number[];
}

export interface Decision {
  alarm: AlarmRecord;
  steps: Step[];
}

/** What is known besides the signal. */
export interface SignalFacts {
  /** For an alarm that begins now. */
  newId: number;
  /** The machine is in a maintenance window. */
  maintenance: boolean;
}

/** Conditions of one alarm; further ones are not kept apart. */
const CONDITIONS_MOST = 500;
/** A sensor's time this far from the host's is not shown as when it happened. */
const TRUSTED_MS = 24 * 3_600_000;

/**
 * What a signal makes of the alarm that it belongs to (null: there is none). Gives null when it concerns
 * no alarm, and another alarm than the given one when a new one begins.
 */
export function decide(
  alarm: AlarmRecord | null,
  signal: Signal,
  facts: SignalFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision | null {
  if (!signal.present) return alarm === null ? null : ends(alarm, signal, nowMs, options);
  // A model's guess goes along with an alarm of its machine and raises none of its own.
  if (alarm === null && signal.source === "prediction" && signal.severity === "info") return null;
  if (alarm === null) return begins(signal, facts, nowMs, options);
  if (isOpen(alarm)) return goesOn(alarm, signal, nowMs, options);
  const known = alarm.conditions.find((one) => one.key === signal.key);
  const rank = severityRank(signal.severity);
  if (known?.present && rank <= severityRank(known.severity)) {
    // It stood when somebody resolved the alarm, and it still does: that was the answer to it.
    return { alarm, steps: [] };
  }
  if (signal.point && signal.cause !== alarm.cause) return adds(alarm, signal, nowMs);
  return comesBack(alarm, nowMs, options)
    ? reopens(alarm, signal, facts, nowMs, options)
    : begins(signal, facts, nowMs, options);
}

/** True when a resolved alarm is the one to open again, rather than a new one to begin. */
export function comesBack(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): boolean {
  if (alarm.resolvedBy !== null) return false;
  const shelved = alarm.shelvedUntilMs !== null && nowMs < alarm.shelvedUntilMs;
  return shelved || nowMs - alarm.timing.movedMs < options.repeatMs;
}

/** The way back to normal looks odd as well: it is no new alarm, only further evidence of the last. */
function adds(was: AlarmRecord, signal: Signal, nowMs: number): Decision {
  const conditions = withSignal(was.conditions, signal, shownMs(signal.tMs, nowMs));
  return { alarm: { ...was, conditions, version: was.version + 1 }, steps: [] };
}

function begins(
  signal: Signal,
  { newId, maintenance }: SignalFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const tMs = shownMs(signal.tMs, nowMs);
  const alarm: AlarmRecord = {
    id: newId,
    cause: signal.cause,
    source: signal.source,
    severity: signal.severity,
    state: "active",
    title: signal.text,
    machine: signal.machine,
    sensor: signal.sensor,
    value: signal.value,
    limit: signal.limit,
    count: 1,
    present: signal.present && !signal.point,
    flapping: false,
    maintenance,
    raisedMs: tMs,
    lastMs: tMs,
    clearedMs: null,
    acknowledgedMs: null,
    acknowledgedBy: null,
    shelvedUntilMs: null,
    resolvedMs: null,
    resolvedBy: null,
    note: null,
    verdict: null,
    escalated: 0,
    version: 1,
    conditions: [conditionOf(signal, tMs)],
    drivers: signal.drivers,
    timing: { cameMs: signal.point ? [] : [nowMs], movedMs: nowMs, escalateMs: nowMs },
    dueMs: null,
  };
  return told(scheduled(alarm, nowMs, options), "alarm.raised");
}

function reopens(
  was: AlarmRecord,
  signal: Signal,
  { maintenance }: SignalFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const open: AlarmRecord = {
    ...was,
    state: "active",
    maintenance,
    acknowledgedMs: null,
    acknowledgedBy: null,
    resolvedMs: null,
    note: null,
    escalated: 0,
    timing: { ...was.timing, escalateMs: nowMs },
  };
  const { alarm, came } = taken(open, signal, nowMs, options);
  if (came && flaps(alarm, options)) {
    return told(scheduled({ ...alarm, flapping: true }, nowMs, options), "alarm.flapping");
  }
  return told(scheduled(alarm, nowMs, options), "alarm.reopened");
}

function goesOn(
  was: AlarmRecord,
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const { alarm: next, came } = taken(was, signal, nowMs, options);
  let alarm = next;
  const worse = severityRank(alarm.severity) > severityRank(was.severity);
  if (worse) alarm = asksAgain(alarm, nowMs);
  const flapping = came && !alarm.flapping && flaps(alarm, options);
  if (flapping) alarm = { ...alarm, flapping: true };
  alarm = scheduled(alarm, nowMs, options);
  if (alarm.severity !== was.severity) return told(alarm, "alarm.changed");
  return flapping ? told(alarm, "alarm.flapping") : { alarm, steps: [] };
}

/** It got worse: what somebody took on or laid aside was less than this. */
function asksAgain(alarm: AlarmRecord, nowMs: number): AlarmRecord {
  return {
    ...alarm,
    state: "active",
    acknowledgedMs: null,
    acknowledgedBy: null,
    shelvedUntilMs: null,
    escalated: 0,
    timing: { ...alarm.timing, escalateMs: nowMs },
  };
}

/** Folds a present signal into an open alarm; `came`: what it was raised for was not there before. */
function taken(
  was: AlarmRecord,
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): { alarm: AlarmRecord; came: boolean } {
  const tMs = shownMs(signal.tMs, nowMs);
  const own = signal.cause === was.cause;
  const stood = was.conditions.some((one) => one.cause === signal.cause && one.present);
  const came = signal.point || !stood;
  const conditions = withSignal(was.conditions, signal, tMs);
  if (conditions === was.conditions) return { alarm: was, came: false };
  const counted = own && came;
  const { cameMs } = was.timing;
  const alarm = led({
    ...was,
    conditions,
    drivers: signal.drivers.length > 0 ? signal.drivers : was.drivers,
    count: was.count + (counted ? 1 : 0),
    lastMs: came ? Math.max(was.lastMs, tMs) : was.lastMs,
    present: conditions.some((one) => one.present),
    clearedMs: signal.point ? was.clearedMs : null,
    version: was.version + 1,
    timing: {
      ...was.timing,
      movedMs: came ? nowMs : was.timing.movedMs,
      cameMs: counted && !signal.point
        ? [...cameMs.filter((ms) => nowMs - ms < options.repeatMs), nowMs].slice(-options.flapTimes)
        : cameMs,
    },
  });
  return { alarm, came: counted && !signal.point };
}

function flaps({ timing }: AlarmRecord, options: AlarmOptions): boolean {
  return timing.cameMs.length >= options.flapTimes;
}

function ends(
  was: AlarmRecord,
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): Decision | null {
  const known = was.conditions.find((one) => one.key === signal.key);
  if (!known?.present) return null;
  const conditions = was.conditions.map((one) => one === known ? { ...one, present: false } : one);
  return without({ ...was, conditions }, was, nowMs, options, null);
}

/** Takes conditions away that nobody watches any more, e.g. because their limit was removed. */
export function withdraw(
  was: AlarmRecord,
  gone: (condition: Condition) => boolean,
  reason: string,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const conditions = was.conditions.map((one) =>
    one.present && gone(one) ? { ...one, present: false } : one
  );
  const left = { ...was, conditions };
  // A point does not stand; its alarm ends with the detector that spoke.
  const over = was.conditions[0].point && gone(was.conditions[0]);
  const touched = over || conditions.some((one, i) => one !== was.conditions[i]);
  return touched ? without(left, was, nowMs, options, reason) : { alarm: was, steps: [] };
}

function without(
  left: AlarmRecord,
  was: AlarmRecord,
  nowMs: number,
  options: AlarmOptions,
  reason: string | null,
): Decision {
  const present = left.conditions.some((one) => one.present);
  let alarm: AlarmRecord = { ...left, present, version: was.version + 1 };
  // Somebody resolved it while it stood: nothing to tell, only that it no longer stands.
  if (!isOpen(alarm)) return { alarm, steps: [] };
  if (present) {
    alarm = scheduled(led(alarm), nowMs, options);
    return alarm.severity === was.severity ? { alarm, steps: [] } : told(alarm, "alarm.changed");
  }
  alarm = { ...alarm, clearedMs: nowMs, timing: { ...alarm.timing, movedMs: nowMs } };
  if (reason !== null) return over(alarm, reason, nowMs);
  if (alarm.flapping || alarm.conditions[0].point) {
    return { alarm: scheduled(alarm, nowMs, options), steps: [] };
  }
  return cleared(alarm, nowMs, options);
}

/** The condition is over for good: the alarm ends, or waits for somebody to see it. */
export function cleared(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): Decision {
  if (options.resolveWhenClear === "always" || alarm.state === "acknowledged") {
    return over(alarm, null, nowMs);
  }
  return told(scheduled(alarm, nowMs, options), "alarm.cleared");
}

/** Resolved by itself. */
export function over(alarm: AlarmRecord, note: string | null, nowMs: number): Decision {
  const resolved: AlarmRecord = {
    ...alarm,
    state: "resolved",
    present: false,
    flapping: false,
    resolvedMs: nowMs,
    resolvedBy: null,
    note,
    dueMs: null,
    timing: { ...alarm.timing, movedMs: nowMs },
  };
  return told(resolved, "alarm.resolved", null, note);
}

export function told(
  alarm: AlarmRecord,
  type: Step["type"],
  actor: string | null = null,
  note: string | null = null,
): Decision {
  return { alarm, steps: [{ type, alarm, actor, note }] };
}

/** Sets when time alone moves it next. */
export function scheduled(
  alarm: AlarmRecord,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord {
  const { timing, shelvedUntilMs } = alarm;
  const due: number[] = [];
  if (shelvedUntilMs !== null) due.push(shelvedUntilMs);
  if (alarm.flapping) due.push(timing.movedMs + options.repeatMs);
  else if (alarm.conditions[0].point && !alarm.present) due.push(timing.movedMs + options.quietMs);
  if (alarm.maintenance) due.push(nowMs + MAINTENANCE_LOOK_MS);
  const escalation = nextEscalationMs(alarm, options);
  if (escalation !== null) due.push(escalation);
  const dueMs = due.length === 0 ? null : Math.min(...due);
  return dueMs === alarm.dueMs ? alarm : { ...alarm, dueMs };
}

/** Null: it is not to go any further. */
export function nextEscalationMs(alarm: AlarmRecord, options: AlarmOptions): number | null {
  const waits: AlarmState = "active";
  if (alarm.state !== waits || alarm.shelvedUntilMs !== null || alarm.maintenance) return null;
  const minutes = options.escalationMinutes(alarm)[alarm.escalated];
  return minutes === undefined ? null : alarm.timing.escalateMs + minutes * 60_000;
}

/** Whether the maintenance is over is looked at this often. */
const MAINTENANCE_LOOK_MS = 30_000;

function conditionOf(signal: Signal, tMs: number): Condition {
  const { key, cause, source, detector, sensor, severity, text, value, limit, point } = signal;
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
    firstFinding: signal.finding,
    lastFinding: signal.finding,
  };
}

/** The same list when the signal says nothing new. */
function withSignal(conditions: Condition[], signal: Signal, tMs: number): Condition[] {
  const at = conditions.findIndex((one) => one.key === signal.key);
  if (at < 0) {
    if (conditions.length >= CONDITIONS_MOST) return conditions;
    return [...conditions, conditionOf(signal, tMs)];
  }
  const known = conditions[at];
  if (known.present && known.severity === signal.severity && signal.finding === null) {
    return conditions;
  }
  const next: Condition = {
    ...conditionOf(signal, tMs),
    point: known.point && signal.point,
    count: known.count + (known.present ? 0 : 1),
    firstMs: known.firstMs,
    lastMs: Math.max(known.lastMs, tMs),
    firstFinding: known.firstFinding ?? signal.finding,
    lastFinding: signal.finding ?? known.lastFinding,
  };
  return conditions.with(at, next);
}

/** Severity, title and value follow the worst of what stands; its own first among equals. */
function led(alarm: AlarmRecord): AlarmRecord {
  const standing = alarm.conditions.filter((one) => one.present);
  const from = standing.length > 0 ? standing : alarm.conditions.filter((one) => one.point);
  if (from.length === 0) return alarm;
  const lead = from.reduce((best, one) =>
    severityRank(one.severity) > severityRank(best.severity) ? one : best
  );
  return {
    ...alarm,
    severity: standing.length > 0 ? lead.severity : oddness(alarm, lead),
    title: titleOf(lead, standing),
    sensor: lead.sensor ?? alarm.sensor,
    value: lead.value,
    limit: lead.limit,
  };
}

/** Of single odd readings: what was said is not taken back. */
function oddness(alarm: AlarmRecord, lead: Condition): Severity {
  if (!alarm.conditions[0].point) return lead.severity;
  return severityRank(alarm.severity) > severityRank(lead.severity)
    ? alarm.severity
    : lead.severity;
}

/** When it happened, as it is shown: the sensor's own time unless that cannot be. */
function shownMs(tMs: number, nowMs: number): number {
  return tMs <= nowMs && nowMs - tMs < TRUSTED_MS ? Math.trunc(tMs) : nowMs;
}
