import type { EventDraft } from "../../events/event.ts";
import { DAY_MS } from "../../words/times.ts";

/** The event that counts what was given up because it waited too long or was too much. */
export function gaveUp(
  lost: number,
  component: "forwarding" | "upstream broker",
  keepMs: number,
  nowMs: number,
): EventDraft {
  const where = component === "forwarding" ? "forwarded" : "sent to the upstream broker";
  return {
    type: "component.changed",
    subject: `component:${component}`,
    severity: "warning",
    tMs: nowMs,
    text: `${lost} readings were not ${where}: they waited longer than ${
      keepMs / DAY_MS
    } days, or were more than may wait. They are still here`,
    actor: null,
    body: { lost },
    route: true,
  };
}
