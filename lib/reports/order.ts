/** What a report is asked to hold. */

export const REPORT_PARTS = ["machines", "alarms", "predictions", "sensors"] as const;
export type ReportPart = typeof REPORT_PARTS[number];

/** One line each, for people who choose. */
export const REPORT_PARTS_ABOUT: Readonly<Record<ReportPart, string>> = {
  machines: "Machine performance",
  alarms: "Alarm history",
  predictions: "Predictions",
  sensors: "Sensor summary",
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
