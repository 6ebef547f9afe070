/** Events as the API lists them. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { SEVERITIES } from "../words/severity.ts";
import type { LoggedEvent } from "./event.ts";
import { placeOf } from "./place.ts";

/** An event of the log in a list. */
export const listedEventShape = z.object({
  id: z.number(),
  uid: z.string(),
  type: z.string(),
  severity: z.enum(SEVERITIES),
  at_ms: msField,
  text: z.string(),
  subject: z.string().describe("`alarm:<id>`, `sensor:<id>` …"),
  machine: z.string().nullable().describe("path, as it was then"),
  machine_name: z.string().nullable(),
  sensor: z.string().nullable().describe("full name"),
  actor: z.string().nullable().describe("null: Perch itself"),
}).meta({ id: "ListedEvent" });
export type ListedEvent = z.output<typeof listedEventShape>;

/** One event with everything. */
export const wholeEventShape = listedEventShape.extend({
  body: z.unknown().describe("what it was about, as it was then"),
}).meta({ id: "WholeEvent" });

export function listedEventOf(event: LoggedEvent): ListedEvent {
  const { id, uid, type, severity, tMs, text, subject, actor } = event;
  const { machine, name, sensor } = placeOf(event);
  return {
    id,
    uid,
    type,
    severity,
    at_ms: tMs,
    text,
    subject,
    machine,
    machine_name: name,
    sensor,
    actor,
  };
}
