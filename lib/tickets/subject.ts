/** What comments and files can belong to, what they are, and who writes and attaches them. */
import { z } from "zod";
import { PerchError } from "../base/errors.ts";
import { msField } from "../base/wire.ts";
import type { EventType } from "../events/event.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Severity } from "../words/severity.ts";

export const SUBJECT_KINDS = ["alarm", "ticket"] as const;
export type SubjectKind = typeof SUBJECT_KINDS[number];

/** A comment as the API and the pages show it. */
export const commentShape = z.object({
  id: z.number(),
  author_id: z.string(),
  author: z.string().describe("their name at that time"),
  text: z.string().describe("Markdown; empty when deleted"),
  created_ms: msField,
  edited_ms: msField.nullable(),
  deleted_ms: msField.nullable(),
}).meta({ id: "Comment" });

export type Comment = z.output<typeof commentShape>;

/** A file as the API and the pages show it. */
export const attachmentShape = z.object({
  id: z.number(),
  author_id: z.string(),
  author: z.string().describe("their name at that time"),
  name: z.string().describe("what its sender called it, cleaned"),
  type: z.string().describe("MIME type by content"),
  bytes: z.number(),
  width: z.number().nullable().describe("pixels; null for what is no picture"),
  height: z.number().nullable(),
  created_ms: msField,
}).meta({ id: "Attachment" });

export type Attachment = z.output<typeof attachmentShape>;

/** An alarm or ticket as a comment sees it. */
export interface Subject {
  /** `alarm:<id>`, `ticket:T-12`. */
  key: string;
  /** What people call it: `T-12`, an alarm's title. */
  name: string;
  commented: EventType & `${string}.commented`;
  severity: Severity;
  /** Body of its events. */
  bodyOf(note: string): unknown;
}

/** Finds what a comment is about; null when there is none. */
export type Subjects = Record<SubjectKind, (id: string) => Promise<Subject | null>>;

/** Who writes or attaches something. */
export interface Author {
  /** Of the person or key. */
  id: string;
  name: string;
  /** May remove what others wrote and attached. */
  moderator: boolean;
  /** The audit row of what they do. */
  audited: Audited;
}

/** @throws PerchError `not_found` */
export async function subjectOf(subjects: Subjects, kind: SubjectKind, id: string) {
  const subject = await subjects[kind](id);
  if (subject !== null) return subject;
  throw new PerchError("not_found", `there is no ${kind} "${id.slice(0, 40)}"`);
}
