import type { Clock } from "../base/clock.ts";
import { matcherOf } from "../detect/custom/patterns.ts";
import type { Sample } from "../faults/corrections/trial.ts";
import type { Facts } from "../faults/detectors/facts.ts";
import { type SensorDirectory, shownValue } from "../machines/sensor.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { ScriptRef } from "../scripts/script.ts";
import type { Scripts } from "../scripts/scripts.ts";
import { MINUTE_MS } from "../words/times.ts";

export interface ScriptSampleNeeds {
  clock: Pick<Clock, "now">;
  scripts: Pick<Scripts, "samples">;
  sensors: SensorDirectory;
  readings: Pick<ReadingsStore, "raw">;
  facts: () => Facts;
}

const SAMPLES = 20;
/** Readings from before are not looked for. */
const BACK_MS = 10 * MINUTE_MS;

/**
 * What a script was last given, the oldest first: a codec's messages; to a detector the latest readings of a sensor
 * that it watches; to a fault detector what there is to know now.
 */
export function createScriptSamples(
  needs: ScriptSampleNeeds,
): (ref: ScriptRef, source: string) => Promise<Sample[]> {
  const { scripts, facts, clock } = needs;
  const jsonSample = (value: unknown, tMs: number, topic: string): Sample => ({
    tMs,
    topic,
    payload: new TextEncoder().encode(JSON.stringify(value)),
  });
  return async (ref, source) => {
    if (ref.kind === "codec") return (await scripts.samples(ref)).toReversed();
    const nowMs = clock.now();
    // Its files are of the moment.
    if (ref.kind === "driver") return [];
    if (ref.kind === "fault_detector") return [jsonSample(facts(), nowMs, "facts")];
    const steps = await readingsFor(needs, patternsOf(source));
    return steps.map((step) => jsonSample(step, step.t_ms, step.sensor.path));
  };
}

/** By its text alone, which may not be readable as a script. */
function patternsOf(source: string): string[] {
  const list = /\bsensors\s*=\s*\[([^\]]*)/.exec(source)?.[1] ?? "";
  const found = [...list.matchAll(/["'`]([^"'`]+)["'`]/g)].map(([, pattern]) => pattern);
  return found.length > 0 ? found : ["*"];
}

async function readingsFor(
  { sensors, readings }: ScriptSampleNeeds,
  patterns: readonly string[],
) {
  const matches = matcherOf(patterns);
  const sensor = sensors.all().find(({ name, last }) => last !== null && matches(name));
  if (sensor === undefined) return [];
  const toMs = sensor.last!.tMs + 1;
  const query = { sensor: sensor.num, fromMs: toMs - BACK_MS, toMs, limit: 500 };
  const { tMs, value } = await readings.raw(query);
  return Array.from(tMs, (t_ms, i) => ({
    kind: "reading",
    t_ms,
    value: shownValue(sensor, value[i]),
    sensor: { path: sensor.name, unit: sensor.unit },
  })).slice(-SAMPLES);
}
