/**
 * DESIGN. Everything that an alarm does is decided here (observations), in `commands.ts` (people) and in
 * `passing.ts` (time): pure functions from a record, an input, the time and the options to the next record and
 * its steps. Nothing is looked up and nothing is written. The same object returned means that nothing
 * changed. `nowMs` is the host's clock: devices' clocks may be off by any amount, so only what is shown comes
 * from them.
 */
import { severityRank } from "../words/severity.ts";
import { NOTHING_YET } from "./alarm_store.ts";
import { conditionOf, showingWorst, shownMs, withObservation } from "./conditions.ts";
import { type AlarmOptions, type Decision, withStep } from "./decision.ts";
import { ends } from "./ending.ts";
import { type AlarmRecord, isOpen } from "./record.ts";
import type { Observation } from "./observation.ts";
import { scheduled } from "./timers.ts";

/** What is known besides the observation. */
export interface ObservationFacts {
  /** For an alarm that is raised now. */
  newId: number;
  /** The machine is in a maintenance window. */
  maintenance: boolean;
}

/**
 * What an observation makes of the alarm that it belongs to (null: there is none). Gives null when it concerns
 * no alarm, and another alarm than the given one when a new one is raised.
 */
export function decide(
  alarm: AlarmRecord | null,
  observation: Observation,
  facts: ObservationFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision | null {
  if (!observation.present) return alarm === null ? null : ends(alarm, observation, nowMs, options);
  // A model's guess goes along with an alarm of its machine and raises none of its own.
  if (alarm === null && observation.source === "prediction" && observation.severity === "info") {
    return null;
  }
  if (alarm === null) return raises(observation, facts, nowMs, options);
  if (isOpen(alarm)) return continues(alarm, observation, nowMs, options);
  const known = alarm.conditions.find((one) => one.key === observation.key);
  const rank = severityRank(observation.severity);
  if (known?.present && rank <= severityRank(known.severity)) {
    // It was present when somebody resolved the alarm, and it still is: that answered it.
    return { alarm, steps: [] };
  }
  if (observation.point && observation.cause !== alarm.cause) {
    return withEvidence(alarm, observation, nowMs);
  }
  return mayReopen(alarm, nowMs, options)
    ? reopens(alarm, observation, facts, nowMs, options)
    : raises(observation, facts, nowMs, options);
}

/** True when a resolved alarm is reopened rather than a new one raised. */
export function mayReopen(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): boolean {
  if (alarm.resolvedBy !== null) return false;
  const shelved = alarm.shelvedUntilMs !== null && nowMs < alarm.shelvedUntilMs;
  return shelved || nowMs - alarm.timing.movedMs < options.repeatMs;
}

/** A return to normal often looks odd too: no new alarm, only further evidence for the last one. */
function withEvidence(was: AlarmRecord, observation: Observation, nowMs: number): Decision {
  const conditions = withObservation(was.conditions, observation, shownMs(observation.tMs, nowMs));
  return { alarm: { ...was, conditions, version: was.version + 1 }, steps: [] };
}

function raises(
  observation: Observation,
  { newId, maintenance }: ObservationFacts,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const tMs = shownMs(observation.tMs, nowMs);
  const { cause, source, severity, machine, sensor, value, limit, drivers } = observation;
  const alarm: AlarmRecord = {
    ...NOTHING_YET,
    ...{ cause, source, severity, machine, sensor, value, limit, drivers },
    id: newId,
    state: "active",
    title: observation.text,
    count: 1,
    present: observation.present && !observation.point,
    flapping: false,
    maintenance,
    raisedMs: tMs,
    lastMs: tMs,
    escalated: 0,
    version: 1,
    conditions: [conditionOf(observation, tMs)],
    timing: { cameMs: observation.point ? [] : [nowMs], movedMs: nowMs, escalateMs: nowMs },
  };
  return withStep(scheduled(alarm, nowMs, options), "alarm.raised", observation.by ?? null);
}

function reopens(
  was: AlarmRecord,
  observation: Observation,
  { maintenance }: ObservationFacts,
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
  const { alarm, came } = updated(open, observation, nowMs, options);
  if (came && flaps(alarm, options)) {
    return withStep(scheduled({ ...alarm, flapping: true }, nowMs, options), "alarm.flapping");
  }
  return withStep(scheduled(alarm, nowMs, options), "alarm.reopened");
}

function continues(
  was: AlarmRecord,
  observation: Observation,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const { alarm: next, came } = updated(was, observation, nowMs, options);
  let alarm = next;
  const worse = severityRank(alarm.severity) > severityRank(was.severity);
  if (worse) alarm = unacknowledged(alarm, nowMs);
  const flapping = came && !alarm.flapping && flaps(alarm, options);
  if (flapping) alarm = { ...alarm, flapping: true };
  alarm = scheduled(alarm, nowMs, options);
  const changed = alarm.severity !== was.severity ? withStep(alarm, "alarm.changed").steps : [];
  const began = flapping ? withStep(alarm, "alarm.flapping").steps : [];
  return { alarm, steps: [...changed, ...began] };
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

/** Folds an observation that is present into an open alarm; `came`: what it was raised for had not been present. */
function updated(
  was: AlarmRecord,
  observation: Observation,
  nowMs: number,
  options: AlarmOptions,
): { alarm: AlarmRecord; came: boolean } {
  const tMs = shownMs(observation.tMs, nowMs);
  const own = observation.cause === was.cause;
  const stood = was.conditions.some((one) => one.cause === observation.cause && one.present);
  const came = observation.point || !stood;
  const conditions = withObservation(was.conditions, observation, tMs);
  if (conditions === was.conditions) return { alarm: was, came: false };
  const counted = own && came;
  const { cameMs } = was.timing;
  const alarm = showingWorst({
    ...was,
    conditions,
    drivers: observation.drivers.length > 0 ? observation.drivers : was.drivers,
    count: was.count + (counted ? 1 : 0),
    lastMs: came ? Math.max(was.lastMs, tMs) : was.lastMs,
    present: conditions.some((one) => one.present),
    clearedMs: observation.point ? was.clearedMs : null,
    version: was.version + 1,
    timing: {
      ...was.timing,
      movedMs: came ? nowMs : was.timing.movedMs,
      // It had been over: it is as bad as it is only since it came again.
      ...(came && !observation.point && !was.present ? { severityMs: nowMs } : {}),
      cameMs: counted && !observation.point
        ? [...cameMs.filter((ms) => nowMs - ms < options.repeatMs), nowMs].slice(-options.flapTimes)
        : cameMs,
    },
  }, nowMs);
  return { alarm, came: counted && !observation.point };
}

function flaps({ timing }: AlarmRecord, options: AlarmOptions): boolean {
  return timing.cameMs.length >= options.flapTimes;
}
