/** What charts draw beside the readings, of every kind alike. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { SEVERITIES } from "../words/severity.ts";

export const ANNOTATION_KINDS = ["alarm", "ticket", "maintenance", "note"] as const;
export type AnnotationKind = typeof ANNOTATION_KINDS[number];

export const annotationShape = z.object({
  kind: z.enum(ANNOTATION_KINDS),
  id: z.string().describe("of the alarm, ticket, window or note"),
  at_ms: msField,
  until_ms: msField.nullable().describe("alarm, ticket: null while open; note: null for a moment"),
  text: z.string(),
  severity: z.enum(SEVERITIES).nullable().describe("of an alarm"),
  machine: z.string().nullable().describe("path; null: the whole site"),
  sensor: z.string().nullable().describe("full name; null: the machine as a whole"),
  by: z.string().nullable().describe("who wrote a note or opened a ticket"),
}).meta({ id: "Annotation" });
export type Annotation = z.output<typeof annotationShape>;
