/** What custom detectors work with, and within which bounds. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Database } from "../../db/client.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { LIMITS } from "../../scripts/limits.ts";
import type { RunnableScript, Sandbox, ScriptKind, ScriptRef } from "../../scripts/script.ts";
import type { FindingStore, StoredFinding } from "../findings_store.ts";

/** A sensor as scripts see it. */
export interface SeenSensor {
  /** Full name. */
  path: string;
  unit: string | null;
  /** A reading as people see it: the number (on/off: 1 or 0), or the text. */
  shown(value: number): number | string;
}

export interface CustomDeps {
  clock: Clock;
  log: Log;
  db: Pick<Database, "query" | "write">;
  readings: Pick<ReadingsStore, "journalAfter" | "cursor" | "moveCursor" | "dropCursor">;
  findings: Pick<FindingStore, "add">;
  scripts: {
    /** What may run now. */
    runnable(kind: ScriptKind): readonly RunnableScript[];
    /** Null: there is no such file. `faulty`: it is there, and cannot be used as it is. */
    find(ref: ScriptRef): { state: string } | null;
    /** A script came, was changed, went, or may run now or no more. */
    onChange(listener: (kind: ScriptKind, name: string) => void): void;
    sandbox: Pick<Sandbox, "load">;
  };
  /** By storage number; null: it is gone. */
  sensorOf: (sensor: number) => SeenSensor | null;
  /** New findings, after they are on disk. */
  publish: (found: StoredFinding[]) => void;
  /** Other sensors than before are watched: alarms may have lost who judges them. */
  changed: () => void;
  /** A script cannot go on. */
  stopped: () => void;
  options?: Partial<CustomOptions>;
}

export interface CustomOptions {
  /** Steps of one call of the sandbox. */
  steps: number;
  /** Pause between two saves … */
  saveMs: number;
  /** … after so many steps; fewer are judged again after a crash … */
  saveSteps: number;
  /** … unless so long has passed. */
  quietSaveMs: number;
  /** Journal time between two ticks. */
  tickMs: number;
  /** Nothing came in for this long: idle ticks begin. */
  idleMs: number;
  /** Readings that may wait; more are read from the journal later. */
  queueReadings: number;
  /** A detector that gains nothing on what comes in for so long skips what waits. */
  patienceMs: number;
  /** A script that is gone for so long is forgotten: an editor may be writing it. */
  forgetMs: number;
  /** Longest wait for something to do. */
  waitMs: number;
}

export const CUSTOM_OPTIONS: CustomOptions = {
  // With what begins and ends a call, all that goes to the worker at a time.
  steps: LIMITS.batch - 2,
  saveMs: 5 * 60_000,
  saveSteps: 1_000,
  quietSaveMs: 3_600_000,
  tickMs: 10_000,
  idleMs: 30_000,
  queueReadings: 10_000,
  patienceMs: 60_000,
  forgetMs: 60_000,
  waitMs: 5_000,
};

/** What a detector may use beside what the sandbox allows. */
export const BOUNDS = {
  patterns: 32,
  patternChars: 1_024,
  titleChars: 100,
  /** Of one sensor, as JSON. */
  stateChars: 8_000,
  /** Of all its sensors. */
  statesChars: 1_000_000,
  sensors: 10_000,
  /** Of one step. */
  findings: 4,
  findingsPerMinute: 600,
  textChars: 300,
  numbers: 8,
} as const;
