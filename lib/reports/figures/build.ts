/** A report as data, from the stores: one section after the other, a small question at a time. */
import type { ReportDocument } from "../document.ts";
import type { ReportOrder } from "../order.ts";
import type { ReportSources, Told } from "./sources.ts";

/** Gathers a report. Ends early with the signal's reason. */
export function buildReport(
  sources: ReportSources,
  order: ReportOrder,
  _progress: Told,
  signal: AbortSignal,
): Promise<ReportDocument> {
  signal.throwIfAborted();
  return Promise.resolve({
    title: order.title ?? "Report",
    subtitle: "All machines",
    site: sources.site,
    zone: sources.zone,
    fromMs: order.fromMs,
    toMs: Math.min(order.toMs, order.orderedMs),
    sections: [],
  });
}
