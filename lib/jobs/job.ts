/** Long work that a person or a schedule ordered: exports, imports, reports. */
import type { SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";

export const JOB_KINDS = ["export", "import", "report"] as const;
export type JobKind = typeof JOB_KINDS[number];
export const JOB_STATES = ["waiting", "running", "done", "failed", "cancelled"] as const;
export type JobState = typeof JOB_STATES[number];

/** How far it is. */
export interface JobProgress {
  /** 0…1; null: not known. */
  share: number | null;
  /** What is being done, for a person: "Reading Press 3 · temperature". */
  words: string;
  /** What was counted so far, by its name: `{ rows: 120000 }`. */
  counts: Record<string, number>;
}

/** The file that came of it, below `<data>/jobs`. */
export interface JobFile {
  /** As it is downloaded: `perch-hall-3-2026-11.pdf`. */
  name: string;
  type: string;
  bytes: number;
}

export interface Job {
  id: string;
  kind: JobKind;
  title: string;
  options: Record<string, unknown>;
  state: JobState;
  progress: JobProgress | null;
  /** What came of it, as its kind says. */
  result: Record<string, unknown> | null;
  /** Null: there is none, or it was removed by age. */
  file: JobFile | null;
  /** Why it failed, and what to do. */
  error: string | null;
  by: string;
  createdMs: number;
  startedMs: number | null;
  finishedMs: number | null;
}

/** What a kind of work is handed to do one job. */
export interface JobRun {
  job: Job;
  /** Aborted when it is cancelled, when Perch stops, and when jobs are shed in an emergency. */
  signal: AbortSignal;
  /** Keeps and shows how far it is; at most once a second is written. */
  progress(now: JobProgress): void;
  /** Path to write the file to; it gets its name when the work ends well, and goes when not. */
  file(name: string, type: string): Promise<string>;
}

/**
 * Does the work of one kind. A job that Perch's end interrupted runs again at the next start; what an import has
 * stored by then is known by its cursor. Throws PerchError with a sentence for a person.
 */
export interface JobWorker {
  kind: JobKind;
  run(run: JobRun): Promise<Record<string, unknown>>;
}

/** What the rooms that order work see of the jobs. */
export interface JobOrders {
  /** @throws PerchError `conflict` when too many wait, `storage_full`, `unavailable` while jobs are shed */
  order(order: JobOrder): Promise<Job>;
  find(kind: JobKind, id: string): Promise<Job | null>;
}

/** What is ordered. */
export interface JobOrder {
  kind: JobKind;
  title: string;
  options: Record<string, unknown>;
  /** Name of who ordered it. */
  by: string;
  /** Writes `<kind>.create` of `<kind>:<id>` into the audit log, in the transaction of the order. */
  audited: Audited;
  /** Written in the same transaction. */
  also?: readonly SqlStatement[];
}
