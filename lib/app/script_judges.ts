/** What the rooms that use scripts say of what a script exports and answers. */
import { readExports, readFindings } from "../detect/custom/contract.ts";
import { readFaults } from "../faults/detectors/answer.ts";
import type { ScriptKind } from "../scripts/script.ts";
import { decodedOf } from "../sources/codecs/values.ts";
import { readDriverAnswer } from "../sources/hardware/custom_answer.ts";
import { filtersOf } from "../sources/codecs/filters.ts";

/** What is wrong with an answer, in a sentence; null: nothing is. */
export function judgeAnswer(kind: ScriptKind, answer: unknown): string | null {
  if (kind === "codec") {
    const decoded = decodedOf(answer, "trial/trial");
    return "drafts" in decoded ? null : decoded.message;
  }
  if (kind === "detector") {
    const read = readFindings((answer as { findings?: unknown } | null)?.findings);
    return "fault" in read ? read.fault.message : null;
  }
  if (kind === "driver") {
    const read = readDriverAnswer(answer);
    return "fault" in read ? read.fault : null;
  }
  const read = readFaults("trial", answer);
  return "fault" in read ? read.fault.message : null;
}

/** What is wrong with what a script exports; null: nothing is. */
export function judgeExports(
  kind: ScriptKind,
  exports: Readonly<Record<string, unknown>>,
): string | null {
  if (kind === "codec") {
    const filters = filtersOf(exports.topics);
    return typeof filters === "string" ? filters : null;
  }
  if (kind === "fault_detector" || kind === "driver") return null;
  const read = readExports(exports);
  return "fault" in read ? read.fault.message : null;
}
