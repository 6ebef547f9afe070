/** What comments and files can belong to, and who says and shows things. */
import { PerchError } from "../base/errors.ts";
import type { EventType } from "../events/event.ts";
import type { Audited } from "../events/note.ts";
import type { Severity } from "../words/severity.ts";

export const SUBJECT_KINDS = ["alarm", "ticket"] as const;
export type SubjectKind = typeof SUBJECT_KINDS[number];

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

/** Who says something. */
export interface Author {
  /** Of the person or key. */
  id: string;
  name: string;
  /** May remove what others said and showed. */
  moderator: boolean;
  /** The audit row of what they do. */
  note: Audited;
}

/** @throws PerchError `not_found` */
export async function subjectOf(subjects: Subjects, kind: SubjectKind, id: string) {
  const subject = await subjects[kind](id);
  if (subject !== null) return subject;
  throw new PerchError("not_found", `there is no ${kind} "${id.slice(0, 40)}"`);
}
