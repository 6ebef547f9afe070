/** What the runner works with, and how. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Database } from "../../db/client.ts";
import type { Runs } from "../../readings/runs.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { Finding } from "../detector.ts";
import type { FindingStore, StoredFinding } from "../findings_store.ts";
import type { Watch } from "./watched.ts";

/** The columns of a commit group that detection reads. */
export interface DetectGroup {
  readonly groupId: number;
  readonly n: number;
  readonly sensor: Uint32Array;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  /** Left out: none of them are from the past. */
  readonly flags?: Uint8Array;
  /** The same sensor by sensor. Left out: worked out. */
  readonly runs?: Runs;
}

export interface RunnerDeps {
  clock: Clock;
  log: Log;
  readings: Pick<ReadingsStore, "journalAfter" | "cursor" | "moveCursor">;
  db: Pick<Database, "query" | "write">;
  findings: Pick<FindingStore, "add" | "trim">;
  /** How a sensor is to be watched; null: it is not known (any more). */
  plan: (sensor: number) => Watch[] | null;
  /** Further sensors of its machine. Left out: none. */
  othersOf?: (sensor: number) => readonly number[];
  /** Since when Perch has been listening without a break, by the host's clock; another value: a new start. */
  heardSinceMs?: () => number;
  /** Findings that are urgent: stored within a twentieth of a second. Left out: none. */
  urgent?: (finding: Finding) => boolean;
  /** New findings, after they are on disk. */
  publish: (found: StoredFinding[]) => void;
  options?: Partial<RunnerOptions>;
}

export interface RunnerOptions {
  /** Longest work between two turns of the event loop. */
  sliceMs: number;
  /** Pause between the starts of two rounds of saving … */
  saveMs: number;
  /** … in which at least so many readings came in; fewer are judged again after a crash … */
  saveReadings: number;
  /** … unless so long has passed: each round costs the card something. */
  quietSaveMs: number;
  /** Journal time between two ticks. */
  tickMs: number;
  /** Nothing came in for this long: idle ticks begin. */
  idleMs: number;
  /** Readings that may wait; more are read from the journal later. */
  queueReadings: number;
}

export const RUNNER_OPTIONS: RunnerOptions = {
  sliceMs: 5,
  saveMs: 10 * 60_000,
  saveReadings: 10_000,
  quietSaveMs: 6 * 3_600_000,
  tickMs: 10_000,
  idleMs: 30_000,
  queueReadings: 100_000,
};
