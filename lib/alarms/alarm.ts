/**
 * What an alarm is. Words follow ISA-18.2: the *condition* is what the alarm reports; it comes and goes
 * by itself; the alarm is *acknowledged* by a person who takes it on, *shelved* when it shall be quiet for
 * a while, and *resolved* when it is over.
 */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { anomalyShape } from "../detect/anomaly.ts";
import { eventShape } from "../events/event.ts";
import { SEVERITIES } from "../words/severity.ts";
import { VERDICTS } from "../words/verdict.ts";

export const ALARM_STATES = ["active", "acknowledged", "resolved"] as const;
export type AlarmState = typeof ALARM_STATES[number];

/** Where an alarm comes from. */
export const ALARM_SOURCES = [
  "threshold",
  "detector",
  "silence",
  "prediction",
  "system",
  "person",
] as const;
export type AlarmSource = typeof ALARM_SOURCES[number];

/** An alarm as the API, the live stream, the pages and every delivery show it. */
export const alarmShape = z.object({
  id: z.string(),
  cause: z.string().describe(
    "what it was raised for, e.g. `sensor:4fk2…:threshold`: one open alarm each",
  ),
  source: z.enum(ALARM_SOURCES),
  severity: z.enum(SEVERITIES),
  state: z.enum(ALARM_STATES),
  title: z.string().describe("what and where in one sentence without a final stop"),
  machine: z.string().nullable().describe("path; null: Perch itself"),
  machine_id: z.string().nullable(),
  machine_name: z.string().nullable(),
  sensor: z.string().nullable(),
  sensor_id: z.string().nullable(),
  unit: z.string().nullable(),
  value: z.number().nullable().describe("at the last occurrence"),
  limit: z.number().nullable().describe("what was crossed"),
  count: z.number().describe("occurrences of the condition"),
  present: z.boolean().describe("the condition still stands"),
  flapping: z.boolean(),
  maintenance: z.boolean().describe("the machine was in a maintenance window: recorded, not sent"),
  raised_ms: msField,
  severity_ms: msField.describe("since when it is as severe as it is"),
  last_ms: msField,
  cleared_ms: msField.nullable(),
  acknowledged_ms: msField.nullable(),
  acknowledged_by: z.string().nullable(),
  shelved_until_ms: msField.nullable(),
  resolved_ms: msField.nullable(),
  resolved_by: z.string().nullable().describe("null: by itself"),
  note: z.string().nullable(),
  verdict: z.enum(VERDICTS).nullable(),
  escalated: z.number().describe("steps of escalation so far"),
  version: z.number().describe("grows with each change; an older one is refused"),
}).meta({ id: "Alarm" });
export type Alarm = z.output<typeof alarmShape>;

/** One thing that an alarm reports. */
export const conditionShape = z.object({
  key: z.string(),
  source: z.enum(ALARM_SOURCES),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  sensor: z.string().nullable(),
  present: z.boolean(),
  count: z.number(),
  first_ms: msField,
  last_ms: msField,
}).meta({ id: "AlarmCondition" });

/** An alarm with what it reports, what the detectors found, and its history; its pictures are added by who knows them. */
export const alarmDetailShape = alarmShape.extend({
  conditions: z.array(conditionShape).describe("what it reports; the first raised it"),
  evidence: z.array(anomalyShape).describe("what the detectors found, newest first"),
  history: z.array(eventShape).describe("newest first"),
});

/** Body of every `alarm.*` event: the alarm after the transition. */
export interface AlarmEventBody {
  alarm: Alarm;
  /** What a person wrote with it: a resolve note, a comment, a reason to shelve. */
  note: string | null;
}
