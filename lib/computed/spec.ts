/** How a sensor is computed from others, as people say it, zod first. */
import { z } from "zod";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { EXPRESSION_MOST } from "./expression.ts";

export const INPUTS_MOST = 20;
export const WAYS = {
  difference: "Difference",
  sum: "Sum",
  mean: "Mean",
  min: "Smallest",
  max: "Largest",
  rate: "Rate of a counter",
  total: "Total",
  run_time: "Run hours",
  expression: "Expression",
} as const;
export type Way = keyof typeof WAYS;
export const WAY_NAMES = Object.keys(WAYS) as [Way, ...Way[]];

/** One line each, for people who choose. */
export const WAYS_ABOUT: Readonly<Record<Way, string>> = {
  difference: "the first minus the second",
  sum: "all added up",
  mean: "the mean of all",
  min: "the smallest of all at each moment",
  max: "the largest of all at each moment",
  rate: "how fast a counter counts: kW from kWh, L/min from litres",
  total: "added up over time: kWh from W, litres from L/min",
  run_time: "hours for which it was on, or above a value",
  expression: "your own: a - b * 2, if(a > 80, 1, 0), min, max, abs, round",
};

export const PERS = { s: 1000, min: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
export type Per = keyof typeof PERS;

const name = z.string().regex(
  /^[A-Za-z_]\w{0,30}$/,
  "letters, digits and _, beginning with a letter",
);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

const inputShape = z.strictObject({
  name: name.optional().describe("in an expression; default a, b, c …"),
  sensor: z.string().min(1).max(2000).describe("id or name"),
});

/** The fields beside the way and its inputs; each way uses some of them. */
const fields = {
  expression: z.string().trim().min(1).max(EXPRESSION_MOST).optional(),
  stale_after_ms: whole(1000, 30 * DAY_MS).optional().describe(
    "of several inputs: the last value of each counts for so long; default 10 min",
  ),
  per: z.enum(["s", "min", "h", "d"]).optional()
    .describe("rate: per what; total: what the input is per, where its unit does not say"),
  rolls_over_at: z.number().positive().max(2 ** 64).nullable().optional().describe(
    "rate: where the counter begins again, such as 65536 for 16 bits; else a fall is a reset",
  ),
  method: z.enum(["trapezoid", "hold"]).optional()
    .describe("total: between readings on a line, or as the reading before"),
  longest_gap_ms: whole(1000, 30 * DAY_MS).optional().describe(
    "rate, total, run_time: a longer time between two readings does not count; default 1 h",
  ),
  above: z.number().nullable().optional().describe("run_time: above it is running; null: on/off"),
  start: z.number().optional().describe("total, run_time: where it begins; default 0"),
};

/** What is asked for. */
export const specShape = z.strictObject({
  how: z.enum(WAY_NAMES),
  inputs: z.array(inputShape).min(1).max(INPUTS_MOST),
  ...fields,
}).superRefine((spec, issue) => {
  for (const message of specFaults(spec)) {
    issue.addIssue({ code: "custom", path: [message.path], message: message.message });
  }
}).meta({ id: "ComputedSpec" });
export type AskedSpec = z.output<typeof specShape>;

/** The same with everything said; inputs by public id. */
export interface Spec {
  how: Way;
  inputs: { name: string; sensor: string }[];
  expression?: string;
  staleAfterMs: number;
  per: Per;
  rollsOverAt: number | null;
  method: "trapezoid" | "hold";
  longestGapMs: number;
  above: number | null;
  start: number;
}

const SINGLE: ReadonlySet<Way> = new Set(["rate", "total", "run_time"]);
/** The value goes on from the one before it. */
const ADDING: ReadonlySet<Way> = new Set(["total", "run_time"]);
export const isSingle = (how: Way) => SINGLE.has(how);
export const isAdding = (how: Way) => ADDING.has(how);

/** Which fields a way does not know. */
export const FIELDS_OF: Readonly<Record<Way, readonly (keyof typeof fields)[]>> = {
  difference: ["stale_after_ms"],
  sum: ["stale_after_ms"],
  mean: ["stale_after_ms"],
  min: ["stale_after_ms"],
  max: ["stale_after_ms"],
  rate: ["per", "rolls_over_at", "longest_gap_ms"],
  total: ["per", "method", "longest_gap_ms", "start"],
  run_time: ["above", "longest_gap_ms", "start"],
  expression: ["expression", "stale_after_ms"],
};

function specFaults(
  spec: {
    how: Way;
    inputs: { name?: string; sensor: string }[];
  } & { [name in keyof typeof fields]?: unknown },
) {
  const faults: { path: string; message: string }[] = [];
  const { how, inputs } = spec;
  if (isSingle(how) && inputs.length !== 1) {
    faults.push({ path: "inputs", message: `${WAYS[how].toLowerCase()} takes one sensor` });
  }
  if (how === "difference" && inputs.length !== 2) {
    faults.push({ path: "inputs", message: "a difference takes two sensors" });
  }
  for (const field of Object.keys(fields) as (keyof typeof fields)[]) {
    if (spec[field] === undefined || FIELDS_OF[how].includes(field)) continue;
    faults.push({ path: field, message: `does not belong to ${WAYS[how].toLowerCase()}` });
  }
  if (how === "expression" && spec.expression === undefined) {
    faults.push({ path: "expression", message: "is missing" });
  }
  const names = inputs.map((input, i) => (input.name ?? letter(i)).toLowerCase());
  const twice = names.find((one, i) => names.indexOf(one) < i);
  if (twice !== undefined) faults.push({ path: "inputs", message: `two are named "${twice}"` });
  return faults;
}

export const letter = (i: number) => String.fromCharCode(97 + i);

/** Everything said that was left out. `idOf` finds an input's sensor. */
export function wholeSpec(asked: AskedSpec, idOf: (sensor: string, i: number) => string): Spec {
  return {
    how: asked.how,
    inputs: asked.inputs.map(({ name, sensor }, i) => ({
      name: name ?? letter(i),
      sensor: idOf(sensor, i),
    })),
    ...(asked.expression === undefined ? {} : { expression: asked.expression }),
    staleAfterMs: asked.stale_after_ms ?? 10 * MINUTE_MS,
    per: asked.per ?? "h",
    rollsOverAt: asked.rolls_over_at ?? null,
    method: asked.method ?? "trapezoid",
    longestGapMs: asked.longest_gap_ms ?? HOUR_MS,
    above: asked.above ?? null,
    start: asked.start ?? 0,
  };
}

/** A spec as the API shows it: with the fields of its way. */
export function askedSpec(spec: Spec): AskedSpec {
  const all = {
    expression: spec.expression,
    stale_after_ms: spec.staleAfterMs,
    per: spec.per,
    rolls_over_at: spec.rollsOverAt,
    method: spec.method,
    longest_gap_ms: spec.longestGapMs,
    above: spec.above,
    start: spec.start,
  };
  const own = FIELDS_OF[spec.how].map((field) => [field, all[field]]);
  return { how: spec.how, inputs: spec.inputs, ...Object.fromEntries(own) };
}
