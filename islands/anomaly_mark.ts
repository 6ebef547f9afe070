/** An anomaly, as charts and lists draw it; apart from the list, which few pages have. */
import type { Anomaly } from "../lib/detect/anomaly.ts";

/** What a page needs of an anomaly. */
export type Mark = Pick<
  Anomaly,
  "id" | "at_ms" | "value" | "expected" | "detector" | "phase" | "severity" | "reason" | "feedback"
>;

/** What pages carry along of an anomaly. */
export function markOf(anomaly: Anomaly): Mark {
  const { id, at_ms, value, expected, detector, phase, severity, reason, feedback } = anomaly;
  return { id, at_ms, value, expected, detector, phase, severity, reason, feedback };
}

/** What is drawn and listed: the end of a condition is no anomaly. */
export function isShown(mark: Mark): boolean {
  return mark.phase !== "cleared";
}
