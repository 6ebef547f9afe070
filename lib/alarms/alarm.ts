/**
 * What an alarm is. Words follow ISA-18.2: the *condition* is what the alarm tells of and comes and goes
 * by itself; the alarm is *acknowledged* by a person who takes it on, *shelved* when it shall be quiet for
 * a while, and *resolved* when it is over.
 */
import type { Severity } from "../words/severity.ts";
import type { Verdict } from "../words/verdict.ts";

export const ALARM_STATES = ["active", "acknowledged", "resolved"] as const;
export type AlarmState = typeof ALARM_STATES[number];

/** Where an alarm comes from. */
export const ALARM_SOURCES = [
  "threshold",
  "detector",
  "silence",
  "prediction",
  "system",
] as const;
export type AlarmSource = typeof ALARM_SOURCES[number];

/** An alarm as the API, the live stream, the pages and every delivery show it. */
export interface Alarm {
  id: string;
  /** What it is about, e.g. `sensor:4fk2…:threshold`: one open alarm each. */
  cause: string;
  source: AlarmSource;
  severity: Severity;
  state: AlarmState;
  /** What and where in one sentence without a final stop: `bearing 83.4 °C is above critical 80 °C`. */
  title: string;
  /** Path of the machine; null: Perch itself. */
  machine: string | null;
  machine_id: string | null;
  /** What people call the machine. */
  machine_name: string | null;
  /** Full name. */
  sensor: string | null;
  sensor_id: string | null;
  unit: string | null;
  /** At the last occurrence. */
  value: number | null;
  /** What was crossed. */
  limit: number | null;
  /** Times that what it was raised for has come. */
  count: number;
  /** The condition still stands. */
  present: boolean;
  flapping: boolean;
  /** Raised while the machine was in a maintenance window: recorded, not sent. */
  maintenance: boolean;
  raised_ms: number;
  /** Of the last occurrence. */
  last_ms: number;
  cleared_ms: number | null;
  acknowledged_ms: number | null;
  acknowledged_by: string | null;
  shelved_until_ms: number | null;
  resolved_ms: number | null;
  /** Null while open, and when it ended by itself. */
  resolved_by: string | null;
  note: string | null;
  verdict: Verdict | null;
  /** Steps of escalation it has gone. */
  escalated: number;
  /** Grows with each change: who sends an old one back is told that somebody was faster. */
  version: number;
}

/** Body of every `alarm.*` event: the alarm after the transition. */
export interface AlarmEventBody {
  alarm: Alarm;
  /** What was said with it: a resolve note, a comment, a reason to shelve. */
  note: string | null;
}
