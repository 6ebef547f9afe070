/**
 * DESIGN. Everything that an alarm does is decided here (signals), in `commands.ts` (people) and in
 * `passing.ts` (time): pure functions from a record, an input, the time and the options to the next record and
 * its steps. Nothing is looked up and nothing is written. The same object returned means that nothing
 * changed. `nowMs` is the host's clock: devices' clocks may be off by any amount, so only what is shown comes
 * from them.
 */
import { severityRank } from "../words/severity.ts";
import { NOTHING_YET } from "./alarm_store.ts";
import { conditionOf, showingWorst, shownMs, withSignal } from "./conditions.ts";
import { type AlarmOptions, type Decision, withStep } from "./decision.ts";
import { ends } from "./ending.ts";
import { type AlarmRecord, isOpen } from "./record.ts";
import type { Signal } from "./signal.ts";
import { scheduled } from "./timers.ts";

/** What is known besides the signal. */
export interface SignalFacts {
  /** For an alarm that is raised now. */
  newId: number;
  /** The machine is in a maintenance window. */
  maintenance: boolean;
}

/**
 * What a signal makes of the alarm that it belongs to (null: there is none). Gives null when it concerns
 * no alarm, and another alarm than the given one when a new one is raised.
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
  if (alarm === null) return raises(signal, facts, nowMs, options);
  if (isOpen(alarm)) return continues(alarm, signal, nowMs, options);
  const known = alarm.conditions.find((one) => one.key === signal.key);
  const rank = severityRank(signal.severity);
  if (known?.present && rank <= severityRank(known.severity)) {
    // It was present when somebody resolved the alarm, and it still is: that answered it.
    return { alarm, steps: [] };
  }
  if (signal.point && signal.cause !== alarm.cause) return withEvidence(alarm, signal, nowMs);
  return mayReopen(alarm, nowMs, options)
    ? reopens(alarm, signal, facts, nowMs, options)
    : raises(signal, facts, nowMs, options);
}

/** True when a resolved alarm is reopened rather than a new one raised. */
export function mayReopen(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): boolean {
  if (alarm.resolvedBy !== null) return false;
  const shelved = alarm.shelvedUntilMs !== null && nowMs < alarm.shelvedUntilMs;
  return shelved || nowMs - alarm.timing.movedMs < options.repeatMs;
}

/** A return to normal often looks odd too: no new alarm, only further evidence for the last one. */
function withEvidence(was: AlarmRecord, signal: Signal, nowMs: number): Decision {
  const conditions = withSignal(was.conditions, signal, shownMs(signal.tMs, nowMs));
  return { alarm: { ...was, conditions, version: was.version + 1 }, steps: [] };
}

function raises(
  signal: Signal,
  { newId, maintenance }: SignalFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const tMs = shownMs(signal.tMs, nowMs);
  const { cause, source, severity, machine, sensor, value, limit, drivers } = signal;
  const alarm: AlarmRecord = {
    ...NOTHING_YET,
    ...{ cause, source, severity, machine, sensor, value, limit, drivers },
    id: newId,
    state: "active",
    title: signal.text,
    count: 1,
    present: signal.present && !signal.point,
    flapping: false,
    maintenance,
    raisedMs: tMs,
    lastMs: tMs,
    escalated: 0,
    version: 1,
    conditions: [conditionOf(signal, tMs)],
    timing: { cameMs: signal.point ? [] : [nowMs], movedMs: nowMs, escalateMs: nowMs },
  };
  return withStep(scheduled(alarm, nowMs, options), "alarm.raised");
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
  const { alarm, came } = updated(open, signal, nowMs, options);
  if (came && flaps(alarm, options)) {
    return withStep(scheduled({ ...alarm, flapping: true }, nowMs, options), "alarm.flapping");
  }
  return withStep(scheduled(alarm, nowMs, options), "alarm.reopened");
}

function continues(
  was: AlarmRecord,
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const { alarm: next, came } = updated(was, signal, nowMs, options);
  let alarm = next;
  const worse = severityRank(alarm.severity) > severityRank(was.severity);
  if (worse) alarm = unacknowledged(alarm, nowMs);
  const flapping = came && !alarm.flapping && flaps(alarm, options);
  if (flapping) alarm = { ...alarm, flapping: true };
  alarm = scheduled(alarm, nowMs, options);
  if (alarm.severity !== was.severity) return withStep(alarm, "alarm.changed");
  return flapping ? withStep(alarm, "alarm.flapping") : { alarm, steps: [] };
}

/** It got worse: what somebody acknowledged or shelved was less than this. */
function unacknowledged(alarm: AlarmRecord, nowMs: number): AlarmRecord {
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

/** Folds a present signal into an open alarm; `came`: what it was raised for had not been present. */
function updated(
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
  const alarm = showingWorst({
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
