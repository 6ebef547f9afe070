/** What is wrong with an answer, as the rooms that use scripts say it; small and of its own, so that no room is asked. */
import type { TrialDeps } from "../../../lib/faults/corrections/trial.ts";

export const JUDGES: Pick<TrialDeps, "judge" | "judgeExports"> = {
  judge: (kind, answer) => {
    if (kind === "detector") {
      return Array.isArray((answer as { findings?: unknown }).findings)
        ? null
        : "findings is no list";
    }
    if (!Array.isArray(answer)) return "decode gives a list of values";
    for (const one of answer) {
      const { sensor, value } = (one ?? {}) as Record<string, unknown>;
      if (typeof sensor !== "string") return "sensor is a text";
      if (!["number", "string", "boolean"].includes(typeof value)) return "there is no value";
    }
    return null;
  },
  judgeExports: (kind, exports) => {
    const list = { codec: "topics", detector: "sensors", fault_detector: null, driver: null }[kind];
    return list === null || Array.isArray(exports[list]) ? null : `${list} is a list`;
  },
};
