/**
 * The alarms that can still move, in memory: open ones, and resolved ones that may come back or whose
 * condition still stands. Says to which of them an observation belongs.
 */
import { severityRank } from "../words/severity.ts";
import type { AlarmSource } from "./alarm.ts";
import { mayReopen } from "./decide.ts";
import { type AlarmOptions } from "./decision.ts";
import { type AlarmRecord, isOpen } from "./record.ts";
import type { Observation } from "./observation.ts";

export interface Book {
  get(id: number): AlarmRecord | undefined;
  all(): IterableIterator<AlarmRecord>;
  /** Those of a machine (path). */
  at(machine: string): AlarmRecord[];
  /** Adds or replaces. */
  put(alarm: AlarmRecord): void;
  remove(id: number): void;
  /** The alarm that an observation belongs to; null: none. */
  choose(observation: Observation, nowMs: number, options: AlarmOptions): AlarmRecord | null;
  /** Alarms but this one in which the observation's condition stands. */
  holders(observation: Observation, butId: number): AlarmRecord[];
  /** Forgets what can no longer move. */
  prune(nowMs: number, options: AlarmOptions): void;
}

/** True while a later observation or time can still change it. */
export function isLive(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): boolean {
  return isOpen(alarm) || alarm.present || mayReopen(alarm, nowMs, options) ||
    nowMs - alarm.timing.movedMs < options.repeatMs;
}

export function createBook(): Book {
  const byId = new Map<number, AlarmRecord>();
  /** By machine; Perch's own under the empty path. */
  const places = new Map<string, Set<number>>();

  const placeOf = (alarm: { machine: string | null }) => alarm.machine ?? "";

  function remove(id: number): void {
    const known = byId.get(id);
    if (known === undefined) return;
    byId.delete(id);
    const place = places.get(placeOf(known))!;
    place.delete(id);
    if (place.size === 0) places.delete(placeOf(known));
  }

  function put(alarm: AlarmRecord): void {
    const known = byId.get(alarm.id);
    if (known !== undefined && placeOf(known) !== placeOf(alarm)) remove(alarm.id);
    byId.set(alarm.id, alarm);
    const place = places.get(placeOf(alarm));
    if (place) place.add(alarm.id);
    else places.set(placeOf(alarm), new Set([alarm.id]));
  }

  const at = (place: string) => [...places.get(place) ?? []].map((id) => byId.get(id)!);
  const near = (observation: Observation) => at(placeOf(observation));

  return {
    get: (id) => byId.get(id),
    all: () => byId.values(),
    at,
    put,
    remove,
    choose: (observation, nowMs, options) => chosen(near(observation), observation, nowMs, options),
    holders: (observation, butId) =>
      near(observation).filter((alarm) => alarm.id !== butId && holds(alarm, observation)),
    prune(nowMs, options) {
      for (const alarm of byId.values()) if (!isLive(alarm, nowMs, options)) remove(alarm.id);
    },
  };
}

/** Which of the alarms of its machine an observation belongs to. */
export function chosen(
  near: readonly AlarmRecord[],
  observation: Observation,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord | null {
  const standing = near.find((alarm) => holds(alarm, observation));
  if (standing !== undefined && (isOpen(standing) || !observation.present)) return standing;
  if (!observation.present) return null;
  if (standing !== undefined && !isWorse(observation, standing)) return standing;
  const open = near.filter(isOpen);
  return open.find((alarm) => alarm.cause === observation.cause) ?? related(open, observation) ??
    recent(near, observation, nowMs, options) ?? standing ?? null;
}

function holds(alarm: AlarmRecord, observation: Observation): boolean {
  return alarm.conditions.some((one) => one.key === observation.key && one.present);
}

function isWorse(observation: Observation, alarm: AlarmRecord): boolean {
  const known = alarm.conditions.find((one) => one.key === observation.key);
  return known === undefined || severityRank(observation.severity) > severityRank(known.severity);
}

/** Say what is wrong by themselves: nothing else is evidence of it, nor is it of anything else. */
const ALONE: ReadonlySet<AlarmSource> = new Set(["silence", "system", "person"]);

/**
 * An open alarm about the same trouble: of the same sensor; of the machine, when its prediction
 * named the sensor; and for what is no more than a hint (an odd reading, a prediction) any of the machine.
 */
function related(open: readonly AlarmRecord[], observation: Observation): AlarmRecord | null {
  if (ALONE.has(observation.source)) return null;
  const others = open.filter((alarm) => !ALONE.has(alarm.source));
  const sameSensor = others.find((alarm) => ofSensor(alarm, observation.sensor));
  if (sameSensor !== undefined) return sameSensor;
  if (observation.sensor !== null) {
    const named = others.find((alarm) => alarm.drivers.includes(observation.sensor!));
    if (named !== undefined) return named;
  }
  if (observation.source === "prediction") {
    const driven = others.filter((alarm) =>
      observation.drivers.some((num) => ofSensor(alarm, num))
    );
    return worst(driven) ?? worst(others);
  }
  return observation.point ? worst(others) : null;
}

function ofSensor(alarm: AlarmRecord, sensor: number | null): boolean {
  return sensor !== null &&
    alarm.conditions.some((one) => one.sensor === sensor && one.source !== "silence");
}

function worst(alarms: readonly AlarmRecord[]): AlarmRecord | null {
  return alarms.reduce<AlarmRecord | null>(
    (best, one) =>
      best === null || severityRank(one.severity) > severityRank(best.severity) ? one : best,
    null,
  );
}

/** A resolved alarm that is to open again; of an odd reading also one that has only just ended. */
function recent(
  near: readonly AlarmRecord[],
  observation: Observation,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord | null {
  const resolved = near.filter((alarm) => !isOpen(alarm)).toReversed();
  const back = resolved.find((alarm) =>
    mayReopen(alarm, nowMs, options) &&
    (alarm.cause === observation.cause ||
      alarm.conditions.some((one) => one.key === observation.key))
  );
  if (back !== undefined) return back;
  if (!observation.point) return null;
  return resolved.find((alarm) =>
    ofSensor(alarm, observation.sensor) && nowMs - alarm.timing.movedMs < options.repeatMs
  ) ?? null;
}
