/** One call of the sandbox for a batch of steps. */
import type { LoadedScript } from "../../scripts/script.ts";
import type { Draft } from "./memory.ts";
import type { SeenSensor } from "./options.ts";
import { type Begin, ENTRY, type StepInput, type Take } from "./script_text.ts";
import { isFatal, judge, type Judged, NOTHING_JUDGED, type Step, takeStates } from "./steps.ts";

export interface Call {
  script: LoadedScript;
  draft: Draft;
  /** Another number than that of any other call to this script. */
  batch: number;
  steps: readonly Step[];
  sensorOf: (sensor: number) => SeenSensor | null;
}

/**
 * Has a script judge steps, and takes what came of it into the draft. Null: the sandbox was started anew in between
 * and the draft is worth nothing. Steps of sensors that are gone are left out.
 */
export async function callScript(
  { script, draft, batch, steps: all, sensorOf }: Call,
): Promise<Judged | null> {
  const seen = new Map<number, SeenSensor>();
  for (const { sensor } of all) {
    const one = seen.get(sensor) ?? sensorOf(sensor);
    if (one !== null) seen.set(sensor, one);
  }
  const steps = all.filter(({ sensor }) => seen.has(sensor));
  if (steps.length === 0) return NOTHING_JUDGED;
  const inputs: (Begin | StepInput | Take)[] = [
    begin(batch, draft, seen),
    ...steps.map((step) => inputOf(batch, step, seen.get(step.sensor)!)),
    { take: batch },
  ];
  const [begun, ...answers] = await script.call(ENTRY, inputs);
  if ("fault" in begun) {
    return isFatal(begun.fault) ? { ...NOTHING_JUDGED, fatal: begun.fault } : null;
  }
  const taken = answers.pop();
  const judged = judge(draft, script.ref.name, steps, answers);
  if (judged === null || judged.fatal !== null) return judged;
  let done = takeStates(draft, taken);
  while (done === false) {
    const [more] = await script.call(ENTRY, [{ take: batch }]);
    done = takeStates(draft, more);
  }
  return done === null ? null : judged;
}

/** Characters of states that one call takes along: more take the interpreter too long to read. */
const STATE_CHARS = 200_000;

/** How many of these steps one call takes, at least one. */
export function fitting(steps: readonly Step[], draft: Draft, from: number, most: number): number {
  const seen = new Set<number>();
  let chars = 0;
  let n = 0;
  for (; n < most && from + n < steps.length; n++) {
    const { sensor } = steps[from + n];
    if (seen.has(sensor)) continue;
    seen.add(sensor);
    chars += draft.get(sensor)?.state?.length ?? 0;
    if (n > 0 && chars > STATE_CHARS) break;
  }
  return n;
}

function begin(batch: number, draft: Draft, seen: ReadonlyMap<number, SeenSensor>): Begin {
  const states: Begin["states"] = [];
  const sensors: Begin["sensors"] = [];
  for (const [num, { path, unit }] of seen) {
    sensors.push([num, { path, unit }]);
    const state = draft.get(num)?.state ?? null;
    if (state !== null) states.push([num, state]);
  }
  return { batch, states, sensors };
}

function inputOf(batch: number, { sensor, kind, tMs, value }: Step, seen: SeenSensor): StepInput {
  return kind === "tick"
    ? [batch, sensor, kind, tMs]
    : [batch, sensor, kind, tMs, seen.shown(value)];
}
