/** What people note at a time of a sensor, a machine or the site. */
import { z } from "zod";
import { epochMs } from "../base/epoch.ts";
import { msField } from "../base/wire.ts";

/** Characters of a note. */
export const NOTE_MOST = 500;

/** Notes of one sensor, of one machine as a whole, and of the site as a whole. */
export const NOTES_MOST = 1_000;

const text = z.string().trim().min(1, "must not be empty").max(NOTE_MOST);
const until = epochMs.nullable().describe("null: it is about a moment");

/** A note as the API, charts and pages show it. */
export const noteShape = z.object({
  id: z.string(),
  at_ms: msField,
  until_ms: msField.nullable().describe("null: it is about a moment"),
  machine: z.string().nullable().describe("path; null: the whole site"),
  sensor: z.string().nullable().describe("full name; null: the machine as a whole"),
  sensor_id: z.string().nullable(),
  text: z.string(),
  author: z.string(),
  author_id: z.string(),
  created_ms: msField,
  changed_ms: msField.nullable(),
}).meta({ id: "ChartNote" });
export type Note = z.output<typeof noteShape>;

/** What a new note is made of. */
export const noteDraftShape = z.strictObject({
  at_ms: epochMs,
  until_ms: until.optional(),
  machine: z.string().min(1).max(2000).optional().describe("path or id"),
  sensor: z.string().min(1).max(2000).optional().describe("id, full name or machine/sensor"),
  text,
});
export type NoteDraft = z.output<typeof noteDraftShape>;

/** What may be changed of a note; what is left out stays. */
export const noteChangeShape = z.strictObject({
  at_ms: epochMs,
  until_ms: until,
  text,
}).partial();
export type NoteChange = z.output<typeof noteChangeShape>;
