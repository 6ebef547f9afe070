/** The contract of corrections: a changed text for one file or setting, and what becomes of it. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import type { corrections } from "../../db/schema/faults.ts";

export type Correction = typeof corrections.$inferSelect;
export type CorrectionState = Correction["state"];

export const CORRECTION_STATES = [
  "proposed",
  "outdated",
  "dismissed",
  "applying",
  "watching",
  "kept",
  "rolled_back",
  "failed",
] as const satisfies readonly CorrectionState[];

/** It is being put in place, or watched: until it has ended nothing else of the same target begins. */
export const UNDER_WAY: readonly CorrectionState[] = ["applying", "watching"];

/** One stored message, and what the text before and the text after make of it. */
const triedShape = z.object({
  topic: z.string(),
  payload: z.string().describe("as text, shortened"),
  before: z.string().describe("answer as JSON, or the error"),
  after: z.string(),
  changed: z.boolean(),
});

/** What was tried, before anybody was asked. */
export const trialShape = z.object({
  loads: z.boolean(),
  messages: z.array(triedShape),
  faults_before: z.number(),
  faults_after: z.number(),
  changed_lines: z.number(),
  risk: z.string(),
  instead: z.string().nullable().describe("why the rules proposed it and not the model"),
});
export type Trial = z.output<typeof trialShape>;

export const correctionShape = z.object({
  id: z.number(),
  fault_id: z.number(),
  state: z.enum(CORRECTION_STATES),
  target: z.string().describe("file below the data directory, or `setting:<key>`"),
  base_hash: z.string(),
  before: z.string(),
  after: z.string(),
  diff: z.string().describe("unified"),
  diff_hash: z.string().describe("what an approval is bound to"),
  author: z.string().describe("`rule: …`, or the model that answered"),
  text: z.string(),
  trial: trialShape,
  proposed_ms: msField,
  approved_ms: msField.nullable(),
  approver: z.string().nullable(),
  applied_ms: msField.nullable(),
  ended_ms: msField.nullable(),
  outcome: z.string().nullable(),
}).meta({ id: "Correction" });
export type CorrectionJson = z.output<typeof correctionShape>;

export function correctionJson(one: Correction): CorrectionJson {
  return {
    id: one.id,
    fault_id: one.faultId,
    state: one.state,
    target: one.target,
    base_hash: one.baseHash,
    before: one.before,
    after: one.after,
    diff: one.diff,
    diff_hash: one.diffHash,
    author: one.author,
    text: one.text,
    trial: trialOf(one),
    proposed_ms: one.proposedMs,
    approved_ms: one.approvedMs,
    approver: one.approver,
    applied_ms: one.appliedMs,
    ended_ms: one.endedMs,
    outcome: one.outcome,
  };
}

/** What was tried on it. */
export function trialOf({ trial }: Pick<Correction, "trial">): Trial {
  return JSON.parse(trial) as Trial;
}

/** The trial in sentences, for a terminal and a page. */
export function trialWords(
  { loads, messages, faults_before, faults_after, risk }: Trial,
): string[] {
  const n = messages.length;
  const many = n === 1 ? "the one stored message" : `the last ${n} stored messages`;
  return [
    loads ? "It can be loaded." : "It was not loaded.",
    n === 0
      ? "No message is stored to try it on."
      : `Of ${many} ${faults_before} failed before, and ${faults_after} fail with it.`,
    ...(risk === "" ? [] : [risk]),
  ];
}
