import type { Jobs } from "../jobs/jobs.ts";
import { createReports, type Reports } from "../reports/reports.ts";
import type { Foundation } from "./foundation.ts";
import { createReportSources } from "./report_sources.ts";

export interface ReportParts {
  reports: Reports;
}

/** Reports: ordered, made by the jobs. */
export function createReportParts(
  foundation: Foundation,
  { jobs, ...needs }: { jobs: Jobs } & Parameters<typeof createReportSources>[1],
): ReportParts {
  const sources = createReportSources(foundation, needs);
  jobs.register("report", async () => {
    const { createReportWorker } = await import("../reports/report_worker.ts");
    return createReportWorker(sources);
  });
  return { reports: createReports({ jobs, clock: foundation.clock, sources }) };
}
