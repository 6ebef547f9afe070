/** A report that is mailed because a person or an alarm asked for it: badge, sections, words of others quoted. */
import type { LoggedEvent } from "../events/event.ts";

/** How urgent it looks: what is over is good, whatever it was. */
export type Look = "critical" | "warning" | "good" | "info";

/** What a report says. Texts are plain. */
export interface Report {
  /** `Critical`, in the colour of `look`. */
  badge: string;
  look: Look;
  /** One line without a final stop. */
  title: string;
  facts: readonly { label: string; value: string }[];
  sections: readonly ReportSection[];
}

export interface ReportSection {
  heading: string;
  /** Whose words these are, where they are not Perch's own: they are shown as a quotation. */
  quoted: string | null;
  items: readonly ReportItem[];
}

export interface ReportItem {
  /** A few words before the text, such as a severity, and how they look. */
  mark: { text: string; look: Look } | null;
  title: string | null;
  lines: readonly string[];
}

/** Body of an event that is a report. */
export interface ReportBody {
  report: Report;
}

/** The report in an event; null for other events. */
export function reportOf({ type, body }: Pick<LoggedEvent, "type" | "body">): Report | null {
  return type === "analysis.mailed" || type === "report.made" ? (body as ReportBody).report : null;
}
