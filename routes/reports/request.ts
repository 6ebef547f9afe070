/** What the API and the pages of reports share. */
import type { Job } from "../../lib/jobs/job.ts";
import type { ReportAsked } from "../../lib/reports/asked.ts";
import type { Reports } from "../../lib/reports/reports.ts";
import type { Schedules } from "../../lib/reports/schedules/schedules.ts";
import { auditedBy, caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";
import type { JobFolder, JobServices } from "../jobs/request.ts";

export interface ReportServices extends JobServices {
  reports: Reports;
  reportSchedules: Schedules;
}

export const FOLDER: JobFolder = {
  kind: "report",
  path: "/api/reports",
  tag: "Reports",
  policy: "viewer",
};

/** @throws PerchError `validation`, `conflict`, `storage_full`, `busy` */
export function orderReport(
  { reports, audit }: ReportServices,
  context: RouteContext,
  asked: ReportAsked,
): Promise<Job> {
  return reports.order(asked, caller(context).name, auditedBy(audit, context));
}
