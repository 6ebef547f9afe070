/** For how long a machine ran and how often it started, and how long each state lasted. Pure. */
import type { Sensor } from "../../machines/sensor.ts";
import type { Held } from "./held_values.ts";
import type { Range } from "./sources.ts";
import { cutTo, united } from "../../words/past_spans.ts";

export interface Running {
  runMs: number;
  starts: number;
}

export interface StateTime {
  value: number;
  ms: number;
  /** How often it came. */
  times: number;
}

const ON_OFF = /(^|[_\s-])(is_?running|running|run|in_operation|operating|producing|active)$/i;
const RUNS = /^(run|runs|running|producing|production|in production|operating|operation|on)$/i;

/** The values that say that the machine runs; null: this sensor does not say so. */
export function runsOf(
  { kind, sensor, states }: Pick<Sensor, "kind" | "sensor" | "states">,
): ((value: number) => boolean) | null {
  if (kind === "binary") return ON_OFF.test(sensor) ? (value) => value !== 0 : null;
  if (kind !== "text") return null;
  const codes = new Set(states.flatMap((text, code) => RUNS.test(text.trim()) ? [code] : []));
  return codes.size === 0 ? null : (value) => codes.has(value);
}

/** `heard`: when Perch listened; at other times nothing is known. */
export function runningIn(
  held: readonly Held[],
  runs: (value: number) => boolean,
  heard: readonly Range[],
): Running {
  let starts = 0;
  held.forEach(({ value, entered }, i) => {
    if (entered && runs(value) && !runs(held[i - 1].value)) starts++;
  });
  return { runMs: heardOf(held.filter(({ value }) => runs(value)), heard), starts };
}

/** The longest first. */
export function stateTimes(held: readonly Held[], heard: readonly Range[]): StateTime[] {
  const byValue = Map.groupBy(held, ({ value }) => value);
  return [...byValue].map(([value, own]) => ({
    value,
    ms: heardOf(own, heard),
    times: own.filter(({ entered }) => entered).length,
  })).sort((a, b) => b.ms - a.ms || a.value - b.value);
}

/** How much of it was heard, in ms. Both are in order. */
function heardOf(ranges: readonly Range[], heard: readonly Range[]): number {
  const known = united(heard);
  let sum = 0, first = 0;
  for (const range of ranges) {
    while (first < known.length && known[first].toMs <= range.fromMs) first++;
    for (let i = first; i < known.length && known[i].fromMs < range.toMs; i++) {
      const [{ fromMs, toMs }] = cutTo([known[i]], range);
      sum += toMs - fromMs;
    }
  }
  return sum;
}
