import type { LoggedEvent } from "../events/event.ts";
import type { Report } from "./report.ts";
import type { Severity } from "../words/severity.ts";

export type MessageKind =
  | "firing"
  | "resolved"
  | "info"
  | "digest"
  | "test"
  | "invitation"
  | "report";

/** What is sent, in words that every channel can show. Texts are plain: each channel escapes for itself. */
export interface Message {
  /** Goes outside with each delivery and is the same on every repeat. */
  uid: string;
  kind: MessageKind;
  severity: Severity;
  tMs: number;
  /** One line without a final stop. */
  title: string;
  /** Paragraphs below the title. */
  lines: readonly string[];
  facts: readonly MessageFact[];
  /** Page to open; null without `PERCH_PUBLIC_URL`. */
  link: string | null;
  /** What messages about the same thing have in common (`alarm:4fk2…`): mails with it are one thread. */
  thread: string | null;
  /** What machines get; null where there is no single event behind it (a digest). */
  event: MessageEvent | null;
  /** Types of the events of a digest. */
  types?: readonly string[];
  /** What a message of the kind `report` says beside its title. */
  report?: Report;
  /** Of the alarm, for channels that show them; left out: there is none. */
  pictures?: readonly MessagePicture[];
  /** For channels that attach them; left out: there is none. */
  files?: readonly MessageFile[];
  /** Addresses for this message alone (an invitation); empty: those of the channel. */
  to: readonly string[];
}

/** A picture that goes along. */
export interface MessagePicture {
  /** `Front-20261129-201502.jpg`. */
  file: string;
  /** What it shows: `Front, 2026-11-29 20:15:02`. */
  text: string;
  jpeg: Uint8Array;
}

/** A file that goes along. */
export interface MessageFile {
  /** `perch-hall-3-2026-11.pdf`. */
  file: string;
  type: string;
  content: Uint8Array;
}

export interface MessageFact {
  label: string;
  value: string;
}

/** The event as JSON for whoever reads it by program. */
export type MessageEvent = Pick<LoggedEvent, "type" | "subject" | "severity" | "text" | "body"> & {
  t: number;
  actor: string | null;
};
