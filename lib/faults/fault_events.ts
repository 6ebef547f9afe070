/** What the event log says of faults and of what is paused because of them. */
import type { FaultRow } from "../db/schema/faults.ts";
import type { EventDraft } from "../events/event.ts";
import type { FaultSeverity } from "../words/fault.ts";
import type { Severity } from "../words/severity.ts";
import { span } from "../words/times.ts";

const SEVERITY: Record<FaultSeverity, Severity> = {
  critical: "critical",
  high: "warning",
  medium: "warning",
  low: "info",
};

export function faultEvent(
  kind: "opened" | "worse" | "over" | "dismissed",
  fault: FaultRow,
  { tMs, by = null, reason = null }: { tMs: number; by?: string | null; reason?: string | null },
): EventDraft {
  const { id, component, type, severity, message, file, line, n, firstMs, lastMs } = fault;
  const isOver = kind === "over" || kind === "dismissed";
  const text = message.replace(/\.$/, "");
  return {
    type: `fault.${kind}`,
    subject: `fault:${id}`,
    severity: isOver ? "info" : SEVERITY[severity],
    tMs,
    text: kind === "over"
      ? `Over after ${span(Math.max(0, lastMs - firstMs))}: ${text}`
      : kind === "dismissed"
      ? `Dismissed (${reason}): ${text}`
      : text,
    actor: by,
    body: { fault: id, component, type, severity, file, line, n, ...(reason ? { reason } : {}) },
    route: severity !== "low" && kind !== "dismissed",
  };
}

export function pauseEvent(
  kind: "paused" | "resumed" | "restarted",
  component: string,
  { tMs, by, reason, fault }: {
    tMs: number;
    by: string | null;
    reason: string | null;
    fault: number | null;
  },
): EventDraft {
  const why = reason === null ? "" : `: ${reason.replace(/\.$/, "")}`;
  return {
    type: `component.${kind}`,
    subject: `component:${component}`,
    severity: kind === "paused" ? "warning" : "info",
    tMs,
    text: `${component} was ${kind}${why}`,
    actor: by,
    body: { component, fault, reason },
    route: false,
  };
}
