import type { EventDraft } from "../events/event.ts";
import { componentOf, type ScriptKind, type ScriptRef } from "./script.ts";

export const KIND_WORDS: Readonly<Record<ScriptKind, string>> = {
  codec: "Codec",
  detector: "Detector",
  fault_detector: "Fault detector",
  driver: "Driver",
};

/** What the event log says of a script. */
export function scriptEvent(
  ref: ScriptRef,
  text: string,
  actor: string | null,
  tMs: number,
): EventDraft {
  return {
    type: "script.changed",
    subject: componentOf(ref),
    severity: "info",
    tMs,
    text: `${KIND_WORDS[ref.kind]} ${ref.name} ${text}`,
    actor,
    body: { kind: ref.kind, name: ref.name },
    route: true,
  };
}
