/** What the console shows, as the control socket carries it. */
import type { FaultSeverity } from "../../words/fault.ts";

/** A correction that waits for a word. */
export interface ProposalView {
  id: number;
  /** File below the data directory, or `setting:<key>`. */
  target: string;
  /** Unified. */
  diff: string;
  /** What an approval is bound to. */
  diff_hash: string;
  /** A rule, or the model that answered. */
  author: string;
  /** What it changes and why. */
  text: string;
  /** What was tried on it, a sentence each. */
  tried: string[];
}

export interface FaultView {
  id: number;
  component: string;
  type: string;
  severity: FaultSeverity;
  message: string;
  file: string | null;
  line: number | null;
  column: number | null;
  first_ms: number;
  last_ms: number;
  /** Its component stands because of it. */
  paused: boolean;
  /** Messages that wait until it resumes. */
  waiting: number;
  proposal: ProposalView | null;
  /** A correction that was applied and is being watched, or why there is none. */
  instead: string | null;
}

/** What `s` shows: a line each. */
export interface StatusView {
  lines: string[];
}

/** Who approves: proved again for each approval. */
export interface Approver {
  email: string;
  password: string;
  /** Of the second factor. */
  code?: string;
}

/** Exactly what is approved. */
export interface Approval extends Approver {
  fault: number;
  proposal: number;
  diffHash: string;
}

/** What the console asks of Perch. What is answered is a sentence for people. */
export interface ConsoleCalls {
  /** Those that stand first, then the worst. */
  openFaults(): Promise<FaultView[]>;
  consoleStatus(): Promise<StatusView>;
  /** @throws PerchError `not_found` */
  resumeComponent(given: { component: string }): Promise<{ text: string }>;
  /** Looks for a correction anew. @throws PerchError `not_found`, `conflict` */
  proposeCorrection(given: { fault: number }): Promise<{ text: string }>;
  /** @throws PerchError `unauthenticated` (with an error of `code`: the password was right), `forbidden`, `conflict` */
  applyCorrection(given: Approval): Promise<{ text: string }>;
}
