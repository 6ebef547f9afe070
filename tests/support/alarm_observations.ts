/** Observations and options for tests of alarms. */
import type { AlarmOptions } from "../../lib/alarms/decision.ts";
import type { AlarmRecord } from "../../lib/alarms/record.ts";
import type { Observation } from "../../lib/alarms/observation.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";

export const NOW_MS = Date.UTC(2026, 0, 5, 8);

export const OPTIONS: AlarmOptions = {
  repeatMs: 5 * MINUTE_MS,
  flapTimes: 4,
  resolveWhenClear: "always",
  quietMs: 60 * MINUTE_MS,
  escalationMinutes: () => [],
};

/** A threshold of sensor 1 of `hall/press`, unless it says otherwise. */
export function observation(change: Partial<Observation> = {}): Observation {
  const key = change.key ?? "sensor:s1:threshold";
  return {
    key,
    cause: change.cause ?? key,
    source: "threshold",
    detector: "threshold",
    sensor: 1,
    machine: "hall/press",
    present: true,
    point: false,
    severity: "warning",
    text: "bearing 83.4 °C is above warning 80 °C",
    value: 83.4,
    limit: 80,
    tMs: NOW_MS,
    finding: null,
    drivers: [],
    ...change,
  };
}

let findings = 0;
/** The same as a finding of its own. */
export const found = (change: Partial<Observation> = {}) =>
  observation({ finding: ++findings, ...change });
export const ended = (change: Partial<Observation> = {}) =>
  observation({ finding: ++findings, present: false, severity: "info", ...change });
/** An odd reading. */
export const odd = (change: Partial<Observation> = {}) =>
  found({
    key: "sensor:s1:streaming",
    source: "detector",
    detector: "streaming",
    point: true,
    text: "bearing: 83 where 65 is usual",
    limit: null,
    ...change,
  });
export const predicted = (change: Partial<Observation> = {}) =>
  observation({
    key: "machine:m1:prediction",
    source: "prediction",
    detector: null,
    sensor: null,
    text: "the press is unusual",
    value: null,
    limit: null,
    ...change,
  });
export const silent = (sensor: number, change: Partial<Observation> = {}) =>
  found({
    key: `sensor:s${sensor}:silence`,
    cause: "machine:m1:silence",
    source: "silence",
    detector: "silence",
    sensor,
    text: `sensor ${sensor}: no reading for 30 s, expected every 1 s`,
    value: null,
    limit: null,
    ...change,
  });

export function states(alarm: AlarmRecord) {
  const { state, severity, present, count, flapping } = alarm;
  return { state, severity, present, count, flapping };
}
