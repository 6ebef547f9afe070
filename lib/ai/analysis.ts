/** What an analysis is: the same form whoever wrote it, a model or rules. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { SEVERITIES } from "../words/severity.ts";
import { plainText } from "./plain_text.ts";

export const OVERALL = ["Good", "Fair", "Poor", "Critical"] as const;
export type Overall = typeof OVERALL[number];
export const TRIGGERS = ["asked", "monitoring", "critical"] as const;
export type Trigger = typeof TRIGGERS[number];

const ISSUES_MOST = 20;
const LINES_MOST = 10;

/** Text of whoever wrote the analysis: cut, without what could lead somewhere. */
const words = (most: number) => z.string().transform((text) => plainText(text, most));
const severity = z.enum(SEVERITIES);
const cutList = <T extends z.ZodType>(item: T, most: number) =>
  z.array(item).transform((list) => list.slice(0, most));

/** What is asked of the model. Its texts are cut and cleaned as they are read. */
export const modelAnalysis = z.object({
  overall: z.enum(OVERALL).describe("how the plant is as a whole"),
  summary: words(600).describe("two or three sentences for people on duty"),
  issues: cutList(
    z.object({
      title: words(160).describe("what and where, in a few words"),
      severity,
      machine: z.string().max(300).nullable().describe('a "machine" of the data, or null'),
      evidence: words(500).describe("the numbers that show it, with units"),
      cause: words(400).describe("the most probable root cause, and what speaks for it"),
      recommendation: words(400).describe("what to do about it"),
    }),
    ISSUES_MOST,
  ),
  recommendations: cutList(words(300), LINES_MOST).describe(
    "what else to do, the most urgent first",
  ),
  insights: cutList(
    z.object({
      text: words(400).describe("what will probably happen, and when"),
      machine: z.string().max(300).nullable(),
    }),
    LINES_MOST,
  ).describe("predictions from trends, outlooks and distances to limits"),
});

/** What an analysis says. */
export type AnalysisBody = z.output<typeof modelAnalysis>;
export type Issue = AnalysisBody["issues"][number];

const issueShape = z.object({
  title: z.string(),
  severity,
  machine: z.string().nullable(),
  evidence: z.string(),
  cause: z.string(),
  recommendation: z.string(),
}).meta({ id: "AnalysisIssue" });

/** An analysis as lists show it. */
export const analysisShape = z.object({
  id: z.number(),
  at_ms: msField,
  trigger: z.enum(TRIGGERS),
  author: z.string().describe("the model that answered, or `rules`"),
  overall: z.enum(OVERALL),
  summary: z.string(),
  issues: z.array(issueShape),
  recommendations: z.array(z.string()),
  insights: z.array(z.object({ text: z.string(), machine: z.string().nullable() })),
  instead: z.string().nullable().describe("why rules wrote it"),
  tokens: z.number(),
  sent: z.string().nullable().optional().describe("what left for the model; for admins, of one"),
}).meta({ id: "Analysis" });
export type AnalysisJson = z.output<typeof analysisShape>;

/** An analysis as it was stored. */
export interface Analysis extends AnalysisBody {
  id: number;
  tMs: number;
  trigger: Trigger;
  author: string;
  instead: string | null;
  tokens: number;
  inputHash: string;
  /** What left for the model; null: nothing. */
  sent: string | null;
}

export function analysisJson(analysis: Analysis, withSent: boolean): AnalysisJson {
  const { tMs, inputHash: _, sent, ...rest } = analysis;
  return { ...rest, at_ms: tMs, ...(withSent ? { sent } : {}) };
}
