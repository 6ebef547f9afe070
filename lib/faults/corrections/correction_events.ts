/** What the event log says of corrections. */
import type { EventDraft } from "../../events/event.ts";
import type { Correction } from "./correction.ts";

const TEXTS = {
  proposed: (one: Correction) => `A correction of ${one.target} is proposed by ${one.author}`,
  dismissed: (one: Correction) => `The correction of ${one.target} by ${one.author} was dismissed`,
  outdated: (one: Correction) =>
    `The correction of ${one.target} is outdated: what it would change was changed meanwhile`,
  approved: (one: Correction) => `${one.approver} approved the correction of ${one.target}`,
  applied: (one: Correction) => `The correction of ${one.target} was applied and is watched`,
  kept: (one: Correction) => `The correction of ${one.target} stays: ${one.outcome}`,
  rolled_back: (one: Correction) =>
    `The correction of ${one.target} was rolled back: ${one.outcome}`,
  failed: (one: Correction) => `The correction of ${one.target} was not applied: ${one.outcome}`,
} as const;

export type CorrectionStep = keyof typeof TEXTS;

export function correctionEvent(
  step: CorrectionStep,
  one: Correction,
  { tMs, by }: { tMs: number; by: string | null },
): EventDraft {
  const { id, faultId, target, author, diffHash, outcome } = one;
  return {
    type: `correction.${step}`,
    subject: `fault:${faultId}`,
    severity: step === "rolled_back" || step === "failed" ? "warning" : "info",
    tMs,
    text: TEXTS[step](one),
    actor: by,
    body: { correction: id, fault: faultId, target, author, diff_hash: diffHash, outcome },
    route: false,
  };
}
