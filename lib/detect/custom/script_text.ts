/**
 * What is appended to a detector's script, so that one call of the sandbox takes a whole batch: it hands each step
 * the state of its sensor. States are JSON between any two steps, so that it makes no difference where a batch ends.
 * A script can only forge its own answers with it; those are looked at outside.
 */
import type { RunnableScript } from "../../scripts/script.ts";
import { BOUNDS } from "./options.ts";

/** The function that the sandbox is asked to call. */
export const ENTRY = "__perch_step";

/** The first input of a call. */
export interface Begin {
  batch: number;
  /** Storage number, JSON of the state. */
  states: [number, string][];
  sensors: [number, { path: string; unit: string | null }][];
}
/** Batch, storage number, kind, time, value. */
export type StepInput = [
  number,
  number,
  "reading" | "tick",
  number,
  (number | string | null)?,
];
/** The last input: the states that changed are answered, as many as fit. */
export interface Take {
  take: number;
}

/** What a step is answered with; null: nothing was found. */
export type StepAnswer = null | { findings: unknown } | { shape: string } | { lost: true };
/** What `Take` is answered with. */
export type TakeAnswer =
  | { states: [number, string | null][]; more: boolean }
  | { lost: true };

const TAKE_CHARS = 400_000;

const SUFFIX = `
;const __perch = (() => {
  const { parse, stringify } = JSON;
  let batch = 0, running = false, states, sensors, changed;
  const answer = (given, num) => {
    if (typeof given !== "object" || given === null) {
      return { shape: "step has to answer an object with state and findings" };
    }
    if (typeof given.then === "function") {
      return { shape: "step answered a promise, and has to answer at once" };
    }
    const text = stringify(given.state);
    if (text !== undefined && text.length > ${BOUNDS.stateChars}) {
      return { shape: "the state of a sensor is larger than ${BOUNDS.stateChars} characters" };
    }
    if (text === undefined) states.delete(num);
    else states.set(num, text);
    changed.add(num);
    const { findings } = given;
    if (findings === undefined || findings === null) return null;
    return Array.isArray(findings) && findings.length === 0 ? null : { findings };
  };
  return {
    begin(given) {
      batch = given.batch;
      states = new Map(given.states);
      sensors = new Map(given.sensors);
      changed = new Set();
      running = false;
      return null;
    },
    step([of, num, kind, t_ms, value]) {
      // One that a limit has ended ends the batch: the next would most likely be ended too.
      if (of !== batch || running) return { lost: true };
      const text = states.get(num);
      const { path, unit } = sensors.get(num);
      const input = { kind, t_ms, sensor: { path, unit } };
      if (kind === "reading") input.value = value;
      running = true;
      try {
        const given = step(text === undefined ? undefined : parse(text) ?? undefined, input);
        running = false;
        return answer(given, num);
      } catch (error) {
        running = false;
        throw error;
      }
    },
    take({ take }) {
      if (take !== batch) return { lost: true };
      const out = [];
      let chars = 0;
      for (const num of changed) {
        const text = states.get(num) ?? null;
        chars += text === null ? 0 : text.length;
        if (out.length > 0 && chars > ${TAKE_CHARS}) return { states: out, more: true };
        out.push([num, text]);
        changed.delete(num);
      }
      return { states: out, more: false };
    },
  };
})();
export function ${ENTRY}(input) {
  if (Array.isArray(input)) return __perch.step(input);
  return input.take === undefined ? __perch.begin(input) : __perch.take(input);
}
if (typeof step !== "function") throw new TypeError("step has to be declared: export function step");
`;

/** The script as it is loaded. Its own lines keep their numbers. */
export function withEntry(script: RunnableScript): RunnableScript {
  return { ...script, source: script.source + SUFFIX };
}
