/**
 * The contract of scripts: JavaScript that somebody put into the data directory. What runs them is `sandbox.ts`; what
 * may run, `scripts.ts`.
 */

/** A folder each: `<data>/codecs`, `<data>/detectors`, `<data>/fault_detectors`, `<data>/drivers`. */
export const SCRIPT_KINDS = ["codec", "detector", "fault_detector", "driver"] as const;
export type ScriptKind = typeof SCRIPT_KINDS[number];

export interface ScriptRef {
  kind: ScriptKind;
  /** Of the file, without `.js`. */
  name: string;
}

/** A script that may run, as it is on disk now. */
export interface RunnableScript extends ScriptRef {
  source: string;
  /** sha256 of the source, in hex. */
  hash: string;
}

/** What went wrong in a script, and where. */
export interface ScriptFault {
  /**
   * `syntax`: it cannot be read; `contract`: something it has to export is missing or wrong; `runtime`: it threw;
   * `shape`: it answered something else than is allowed; `time`, `memory`, `output`: it went beyond a limit.
   */
  type: "syntax" | "contract" | "runtime" | "shape" | "time" | "memory" | "output";
  message: string;
  /** From 1; null: not known. */
  line: number | null;
  column: number | null;
}

/** The answer to one of the inputs of a call. */
export type ScriptAnswer = { ok: unknown } | { fault: ScriptFault };

/** A loaded script. Calls of one are answered in order. */
export interface LoadedScript {
  readonly ref: ScriptRef;
  readonly hash: string;
  /** What it exports that is data (`topics`, `sensors`, `title`), as JSON values. */
  readonly exports: Readonly<Record<string, unknown>>;
  /**
   * Calls an exported function once for each input, all of them in one go, and never rejects: what the script does
   * wrong is in the answers, as many as there are inputs. Inputs and answers are JSON values.
   */
  call(name: string, inputs: readonly unknown[]): Promise<ScriptAnswer[]>;
  /**
   * Calls it with (state, input) for each input in turn. It answers an object with `state`, which the next input gets
   * and which the answers leave out; where it fails the state stays as it was. Never rejects. `state`: after the last.
   */
  fold(
    name: string,
    state: unknown,
    inputs: readonly unknown[],
  ): Promise<{ answers: ScriptAnswer[]; state: unknown }>;
  /** Forgets it; calls under way are answered with a fault. */
  unload(): void;
}

/** The function that each kind has to export. */
export const FUNCTION_OF: Readonly<Record<ScriptKind, string>> = {
  codec: "decode",
  detector: "step",
  fault_detector: "check",
  driver: "read",
};

/** The part of Perch that a script is: `codec:pump`. */
export function componentOf({ kind, name }: ScriptRef): string {
  return `${kind}:${name}`;
}

/** Where scripts run: without files, network, environment, timers and each other, within limits. */
export interface Sandbox {
  load(script: RunnableScript): Promise<{ script: LoadedScript } | { fault: ScriptFault }>;
  /** Ends the worker; nothing answers any more. */
  stop(): void;
}
