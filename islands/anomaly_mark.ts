/** An anomaly, as charts and lists draw it; apart from the list, which few pages have. */
import type { Anomaly } from "../lib/detect/anomaly.ts";
import { comparesWithUsual } from "../lib/words/detectors.ts";
import { number, withUnit } from "../lib/words/numbers.ts";

/** What a page needs of an anomaly. */
export type Mark = Pick<
  Anomaly,
  | "id"
  | "at_ms"
  | "value"
  | "expected"
  | "detector"
  | "phase"
  | "severity"
  | "headline"
  | "reason"
  | "feedback"
>;

/** What pages carry along of an anomaly. */
export function markOf(anomaly: Anomaly): Mark {
  const { id, at_ms, value, expected, detector, phase, severity, headline, reason, feedback } =
    anomaly;
  return { id, at_ms, value, expected, detector, phase, severity, headline, reason, feedback };
}

/** What is drawn and listed: the end of a condition is no anomaly. */
export function isShown(mark: Mark): boolean {
  return mark.phase !== "cleared";
}

/** The value beside what is usual, in the unit that is shown; else the headline. */
export function foundWords(
  { value, expected: { low, high }, detector, headline }: Mark,
  unit: string | null,
  decimals: number | null,
): string {
  if (value === null || low === null || high === null || !comparesWithUsual(detector)) {
    return headline;
  }
  const text = (x: number) => number(x, decimals);
  return `${withUnit(text(value), unit)}, usually ${text(low)} to ${text(high)}`;
}
