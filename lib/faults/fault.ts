/** The contract of faults: what is wrong with Perch itself, and what can be paused because of it. */
import type { FaultRow } from "../db/schema/faults.ts";
import type { Sighting } from "../words/fault.ts";

export type { Sighting };

/** A fault, from its first sight until it is over, as its row has it. */
export type Fault = FaultRow;

/**
 * Where faults are looked for, every five seconds. What is not seen again is over.
 */
export interface FaultSource {
  name: string;
  look(): readonly Sighting[] | Promise<readonly Sighting[]>;
}

/** Why something is paused, and since when. */
export interface Pause {
  sinceMs: number;
  /** Fault that paused it, or who did. */
  by: string;
  /** Messages that wait until it resumes. */
  waiting?: number;
}

/** A part that can be paused without losing anything. */
export interface Pausable {
  /** As in `Sighting.component`. */
  readonly component: string;
  pause(by: string): Promise<void>;
  resume(by: string): Promise<void>;
  paused(): Pause | null;
  /** What it runs now: after another text a look that began before says nothing of it. */
  version?(): string | null;
  /** Only a person pauses it: no fault does. */
  readonly byPersonOnly?: boolean;
}
