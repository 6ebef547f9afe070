/** What a script does with the messages that were kept of it: the same messages for the text before and after. */
import type { Sandbox, ScriptFault, ScriptKind, ScriptRef } from "../../scripts/script.ts";
import { EXPORTS } from "./rules/rule.ts";

/** A message as it was kept. */
export interface Sample {
  tMs: number;
  topic: string;
  payload: Uint8Array;
}

/** What came of one message. */
export type Outcome = { fault: ScriptFault } | { answer: unknown };

/** What a text did with all of them. */
export interface Tried {
  /** Why it could not be loaded; null: it could. */
  load: ScriptFault | null;
  /** One for each message, in their order; none when it could not be loaded. */
  outcomes: readonly Outcome[];
  faults: number;
  /** How many of the messages gave readings or findings. */
  answered: number;
  /** How many readings or findings came out of all. */
  values: number;
  /** How many of them have no value. */
  empty: number;
}

export interface TrialDeps {
  sandbox: Sandbox;
  /** What is wrong with an answer that came without an error, in a sentence; null: nothing is. */
  judge(kind: ScriptKind, answer: unknown): string | null;
  /** What is wrong with what a script exports; null: nothing is. */
  judgeExports(kind: ScriptKind, exports: Readonly<Record<string, unknown>>): string | null;
}

/** The latest of them are enough to see what a change does. */
export const SAMPLES_MOST = 20;

/** Loads a text, gives it each message and looks at what it answers. It changes nothing and never rejects. */
export async function tryOn(
  { sandbox, judge, judgeExports }: TrialDeps,
  ref: ScriptRef,
  source: string,
  samples: readonly Sample[],
): Promise<Tried> {
  const loaded = await sandbox.load({ ...ref, source, hash: "" });
  if ("fault" in loaded) return unloadable(loaded.fault);
  const { script } = loaded;
  try {
    const wrong = judgeExports(ref.kind, script.exports);
    if (wrong !== null) return unloadable(faultOf("contract", wrong));
    const inputs = samples.slice(-SAMPLES_MOST).map((one) =>
      inputOf(ref.kind, script.exports, one)
    );
    const { call } = EXPORTS[ref.kind];
    const answers = ref.kind === "detector"
      ? (await script.fold(call, null, inputs)).answers
      : await script.call(call, inputs);
    return triedOf(answers.map((one): Outcome => {
      if ("fault" in one) return one;
      const wrong = judge(ref.kind, one.ok);
      return wrong === null ? { answer: one.ok } : { ...shapeFault(wrong), answer: one.ok };
    }));
  } finally {
    script.unload();
  }
}

/**
 * Runs what tries many texts one after the other. A sandbox without a script ends its worker: one that does nothing
 * keeps it until the end.
 */
export async function whileWarm<T>(sandbox: Sandbox, run: () => Promise<T>): Promise<T> {
  const source = "export const check = () => [];";
  const idle = await sandbox.load({ kind: "fault_detector", name: "trial", source, hash: "" });
  try {
    return await run();
  } finally {
    if ("script" in idle) idle.script.unload();
  }
}

function shapeFault(message: string): { fault: ScriptFault } {
  return { fault: faultOf("shape", message) };
}

function faultOf(type: ScriptFault["type"], message: string): ScriptFault {
  return { type, message, line: null, column: null };
}

function unloadable(load: ScriptFault): Tried {
  return { load, outcomes: [], faults: 0, answered: 0, values: 0, empty: 0 };
}

function triedOf(outcomes: readonly Outcome[]): Tried {
  const sizes = outcomes.map((one) => "fault" in one ? 0 : sizeOf(one.answer));
  return {
    load: null,
    outcomes,
    faults: outcomes.filter((one) => "fault" in one).length,
    answered: sizes.filter((size) => size > 0).length,
    values: sizes.reduce((sum, size) => sum + size, 0),
    empty: outcomes.reduce((sum, one) => sum + ("fault" in one ? 0 : emptyIn(one.answer)), 0),
  };
}

/** A reading of null is taken for none, and is nothing that a correction should bring about. */
function emptyIn(answer: unknown): number {
  return Array.isArray(answer) ? answer.filter((one) => one?.value === null).length : 0;
}

function sizeOf(answer: unknown): number {
  if (Array.isArray(answer)) return answer.length - emptyIn(answer);
  const { findings } = (answer ?? {}) as { findings?: unknown };
  return Array.isArray(findings) ? findings.length : 0;
}

/** What a message is to a script of this kind. */
function inputOf(
  kind: ScriptKind,
  exports: Readonly<Record<string, unknown>>,
  { topic, payload, tMs }: Sample,
): unknown {
  const text = new TextDecoder().decode(payload);
  if (kind !== "codec") return jsonOf(text) ?? null;
  const bytes = exports.binary === true ? { bytes: [...payload] } : {};
  return { topic, text, ...bytes, received_ms: tMs };
}

/** What a text of JSON holds; undefined: it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names that occur in the objects of the messages, at most 200. */
export function keysOf(samples: readonly Sample[]): string[] {
  const keys = new Set<string>();
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== "object" || value === null || depth > 6) return;
    if (!Array.isArray(value)) {
      for (const key of Object.keys(value)) if (keys.size < 200) keys.add(key);
    }
    for (const one of Object.values(value).slice(0, 50)) visit(one, depth + 1);
  };
  for (const { payload } of samples) visit(jsonOf(new TextDecoder().decode(payload)), 0);
  return [...keys];
}
