/** What a report is asked to hold. */

export const REPORT_PARTS = ["sensors", "alarms", "predictions", "machines"] as const;
export type ReportPart = typeof REPORT_PARTS[number];

/** One line each, for people who choose. */
export const REPORT_PARTS_ABOUT: Readonly<Record<ReportPart, string>> = {
  sensors: "Sensor summary",
  alarms: "Alarm history",
  predictions: "Predictions",
  machines: "Machine performance",
};

/** What the pages of a report are made from; in which form they are written is the job's. */
export interface ReportOrder {
  fromMs: number;
  /** Exclusive. What lies after `orderedMs` is left out. */
  toMs: number;
  /** When it was ordered: no report says more than was known then. */
  orderedMs: number;
  /** Paths of machines, or of parts of the plant; empty: all of the plant. */
  machines: readonly string[];
  parts: readonly ReportPart[];
  /** Above everything; null: the parts by their names. */
  title: string | null;
}
