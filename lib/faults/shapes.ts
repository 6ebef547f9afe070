/** Faults and pauses as the API answers them. */
import { z } from "zod";
import { msField, onWire } from "../base/wire.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { PausedComponent } from "./people.ts";
import { FAULT_SEVERITIES, FAULT_STATES, waitingWords } from "../words/fault.ts";
import { PAUSED_TYPE } from "./decide.ts";

export const faultShape = z.object({
  id: z.number(),
  component: z.string().describe("`codec:pump`, `task:backup`, `storage` …"),
  type: z.string().describe("`syntax_error`, `task_hung`, `failed_check` …"),
  severity: z.enum(FAULT_SEVERITIES),
  state: z.enum(FAULT_STATES),
  message: z.string(),
  file: z.string().nullable().describe("below the data directory"),
  line: z.number().nullable(),
  column: z.number().nullable(),
  first_ms: msField,
  last_ms: msField,
  ended_ms: msField.nullable(),
  n: z.number().describe("how often it happened"),
  paused: z.boolean().describe("it paused its component"),
}).meta({ id: "Fault" });
export type FaultJson = z.output<typeof faultShape>;

const wire = onWire<FaultRow>(faultShape);
export const faultJson = (fault: FaultRow): FaultJson => wire(fault) as unknown as FaultJson;

/** A part that is paused. */
export const pauseShape = z.object({
  component: z.string(),
  text: z.string().describe("why, and what waits"),
  since_ms: msField,
  by: z.string().describe("`fault:<id>`"),
  waiting: z.number().nullable().describe("messages that wait until it resumes"),
  fault: z.number().nullable().describe("that holds it, or stands for who paused it"),
}).meta({ id: "Pause" });

export function pauseJson(paused: PausedComponent): z.output<typeof pauseShape> {
  const { component, sinceMs, by, waiting, fault } = paused;
  return {
    component,
    text: pausedText(paused),
    since_ms: sinceMs,
    by,
    waiting: waiting ?? null,
    fault: fault?.id ?? null,
  };
}

/** Why it is paused, and what waits. */
export function pausedText({ component, fault, waiting }: PausedComponent): string {
  const waits = waitingWords(component, waiting);
  const why = fault === null ? "" : `: ${fault.message}`;
  const what = fault?.type === PAUSED_TYPE ? fault.message : `${component} is paused${why}`;
  return `${what.replace(/\.$/, "")}.${waits === null ? "" : ` ${waits}.`}`;
}
