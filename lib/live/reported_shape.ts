/** What other programs say about how they are doing, and how it is answered. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { saidField } from "../events/external.ts";

export const REPORTED_STATES = ["online", "degraded", "error", "offline"] as const;
export type ReportedState = typeof REPORTED_STATES[number];

const number = z.int().min(0).max(1_000_000_000).optional();
/** What a program says about itself. */
export const reportShape = z.strictObject({
  state: z.enum(REPORTED_STATES, {
    error: ({ input }) =>
      `is ${JSON.stringify(input)?.slice(0, 60) ?? "missing"}: give ${REPORTED_STATES.join(", ")}`,
  }),
  detail: saidField(500).optional().describe("a sentence for people"),
  expires_s: z.int().min(10).max(30 * 86_400).optional()
    .describe("offline when it does not report for so long; default never"),
  queue: number.describe("what waits; an alarm above 50"),
  failed: number.describe("what was given up; an alarm above 10"),
  tries: number.describe("of the last hour"),
  successes: number.describe("of these tries; an alarm below 80 % of more than 10"),
}).refine(({ tries, successes }) => successes === undefined || successes <= (tries ?? -1), {
  path: ["successes"],
  message: "give `tries` too, at least as many",
}).meta({ id: "ComponentReport" });
export type Report = z.output<typeof reportShape>;

/** A program that reports, as it is known. */
export interface Reported {
  name: string;
  state: ReportedState;
  detail: string;
  reporter: string;
  reportedMs: number;
  /** In this state since; later than its last report when it fell silent. */
  sinceMs: number;
  /** It may be silent for so long; null: for ever. */
  expiresMs: number | null;
  queue: number | null;
  failed: number | null;
  tries: number | null;
  successes: number | null;
}

export const reportedShape = z.object({
  state: z.enum(REPORTED_STATES),
  reporter: z.string(),
  reported_ms: msField,
  since_ms: msField,
  expires_ms: msField.nullable().describe("counts as offline from then on; null: never"),
  queue: z.number().nullable(),
  failed: z.number().nullable(),
  tries: z.number().nullable(),
  successes: z.number().nullable(),
}).meta({ id: "Reported" });
