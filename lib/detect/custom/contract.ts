/** What a detector's script exports and answers, held against what is allowed. Pure. */
import { z } from "zod";
import type { ScriptFault } from "../../scripts/script.ts";
import { SEVERITIES, type Severity } from "../../words/severity.ts";
import type { FindingPhase } from "../detector.ts";
import { BOUNDS } from "./options.ts";
import { isPattern, matcherOf } from "./patterns.ts";

/** What a script says of itself. */
export interface Exports {
  title: string | null;
  /** Another one: its state starts anew. */
  version: string;
  /** Whether it wants the sensor of this path. */
  matches(path: string): boolean;
}

const exportsShape = z.object({
  sensors: z.array(z.string().max(BOUNDS.patternChars).refine(isPattern, "is no pattern"))
    .min(1).max(BOUNDS.patterns),
  title: z.string().trim().max(BOUNDS.titleChars).optional(),
  version: z.union([z.string().max(100), z.number()]).optional(),
});

export function readExports(
  exports: Readonly<Record<string, unknown>>,
): { exports: Exports } | { fault: ScriptFault } {
  const read = exportsShape.safeParse(exports);
  if (!read.success) return { fault: faultOf("contract", `it exports ${worded(read.error)}`) };
  const { sensors, title, version } = read.data;
  return {
    exports: {
      title: title || null,
      version: String(version ?? ""),
      matches: matcherOf(sensors),
    },
  };
}

const number = z.number();
const findingShape = z.strictObject({
  phase: z.enum(["point", "raised", "changed", "cleared"]),
  severity: z.enum(SEVERITIES).optional(),
  text: z.string().max(BOUNDS.textChars).transform(plain).pipe(z.string().min(1)),
  score: number.min(0).max(1).optional(),
  value: number.optional(),
  expected_low: number.optional(),
  expected_high: number.optional(),
  numbers: z.record(z.string().regex(/^\w{1,40}$/), number)
    .refine((all) => Object.keys(all).length <= BOUNDS.numbers, `has more than ${BOUNDS.numbers}`)
    .optional(),
}).refine(({ phase, severity }) => phase === "cleared" || severity !== undefined, {
  path: ["severity"],
  message: `has to be one of ${SEVERITIES.join(", ")}`,
});

const findingsShape = z.array(findingShape).max(BOUNDS.findings);

/** A finding as a script gives it. */
export interface GivenFinding {
  phase: FindingPhase;
  severity: Severity;
  text: string;
  score?: number;
  value?: number;
  expectedLow?: number;
  expectedHigh?: number;
  numbers?: Record<string, number>;
}

/** The findings of a step; null or left out: none. */
export function readFindings(
  given: unknown,
): { findings: GivenFinding[] } | { fault: ScriptFault } {
  if (given === null || given === undefined) return { findings: [] };
  const read = findingsShape.safeParse(given);
  if (!read.success) return { fault: faultOf("shape", `findings${worded(read.error)}`) };
  return {
    findings: read.data.map(({ severity, expected_low, expected_high, ...rest }) => ({
      ...rest,
      severity: rest.phase === "cleared" ? "info" : severity!,
      ...(expected_low === undefined ? {} : { expectedLow: expected_low }),
      ...(expected_high === undefined ? {} : { expectedHigh: expected_high }),
    })),
  };
}

export function faultOf(type: ScriptFault["type"], message: string): ScriptFault {
  return { type, message, line: null, column: null };
}

export const TOO_MUCH_STATE = faultOf(
  "memory",
  `the states of its sensors together are larger than ${BOUNDS.statesChars / 1_000_000} MB`,
);

/** The first thing that is wrong, with its place: `sensors[0] is no pattern`. */
function worded(error: z.ZodError): string {
  const [{ path, message }] = error.issues;
  const place = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`);
  const text = message.replace(/^[A-Z]/, (first) => first.toLowerCase());
  return `${place.join("").replace(/^\./, "").slice(0, 100)}: ${text}`.slice(0, 400);
}

/** Without characters that a terminal or a page would act on. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
}
