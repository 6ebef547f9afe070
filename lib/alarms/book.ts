/**
 * The alarms that can still move, in memory: open ones, and resolved ones that may come back or whose
 * condition still stands. Says to which of them a signal belongs.
 */
import { severityRank } from "../words/severity.ts";
import { mayReopen } from "./decide.ts";
import { type AlarmOptions } from "./decision.ts";
import { type AlarmRecord, isOpen } from "./record.ts";
import type { Signal } from "./signal.ts";

export interface Book {
  get(id: number): AlarmRecord | undefined;
  all(): IterableIterator<AlarmRecord>;
  /** Adds or replaces. */
  put(alarm: AlarmRecord): void;
  remove(id: number): void;
  /** The alarm that a signal belongs to; null: none. */
  choose(signal: Signal, nowMs: number, options: AlarmOptions): AlarmRecord | null;
  /** Alarms but this one in which the signal's condition stands. */
  holders(signal: Signal, butId: number): AlarmRecord[];
  /** Forgets what can no longer move. */
  prune(nowMs: number, options: AlarmOptions): void;
}

/** True while a later signal or time can still change it. */
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

  const near = (signal: Signal) =>
    [...places.get(placeOf(signal)) ?? []].map((id) => byId.get(id)!);

  return {
    get: (id) => byId.get(id),
    all: () => byId.values(),
    put,
    remove,
    choose: (signal, nowMs, options) => chosen(near(signal), signal, nowMs, options),
    holders: (signal, butId) =>
      near(signal).filter((alarm) => alarm.id !== butId && holds(alarm, signal)),
    prune(nowMs, options) {
      for (const alarm of byId.values()) if (!isLive(alarm, nowMs, options)) remove(alarm.id);
    },
  };
}

/** Which of the alarms of its machine a signal belongs to. */
export function chosen(
  near: readonly AlarmRecord[],
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord | null {
  const standing = near.find((alarm) => holds(alarm, signal));
  if (standing !== undefined && (isOpen(standing) || !signal.present)) return standing;
  if (!signal.present) return null;
  if (standing !== undefined && !isWorse(signal, standing)) return standing;
  const open = near.filter(isOpen);
  return open.find((alarm) => alarm.cause === signal.cause) ?? related(open, signal) ??
    recent(near, signal, nowMs, options) ?? standing ?? null;
}

function holds(alarm: AlarmRecord, signal: Signal): boolean {
  return alarm.conditions.some((one) => one.key === signal.key && one.present);
}

function isWorse(signal: Signal, alarm: AlarmRecord): boolean {
  const known = alarm.conditions.find((one) => one.key === signal.key);
  return known === undefined || severityRank(signal.severity) > severityRank(known.severity);
}

/**
 * An open alarm about the same trouble: of the same sensor; of the machine, when its prediction
 * named the sensor; and for what is no more than a hint (an odd reading, a prediction) any of the machine.
 */
function related(open: readonly AlarmRecord[], signal: Signal): AlarmRecord | null {
  if (signal.source === "silence" || signal.source === "system") return null;
  const others = open.filter((alarm) => alarm.source !== "silence" && alarm.source !== "system");
  const sameSensor = others.find((alarm) => ofSensor(alarm, signal.sensor));
  if (sameSensor !== undefined) return sameSensor;
  if (signal.sensor !== null) {
    const named = others.find((alarm) => alarm.drivers.includes(signal.sensor!));
    if (named !== undefined) return named;
  }
  if (signal.source === "prediction") {
    const driven = others.filter((alarm) => signal.drivers.some((num) => ofSensor(alarm, num)));
    return worst(driven) ?? worst(others);
  }
  return signal.point ? worst(others) : null;
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
  signal: Signal,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord | null {
  const resolved = near.filter((alarm) => !isOpen(alarm)).toReversed();
  const back = resolved.find((alarm) =>
    mayReopen(alarm, nowMs, options) &&
    (alarm.cause === signal.cause || alarm.conditions.some((one) => one.key === signal.key))
  );
  if (back !== undefined) return back;
  if (!signal.point) return null;
  return resolved.find((alarm) =>
    ofSensor(alarm, signal.sensor) && nowMs - alarm.timing.movedMs < options.repeatMs
  ) ?? null;
}
