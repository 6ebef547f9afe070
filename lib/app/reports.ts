import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Notify } from "../notify/notify.ts";
import { createReports, type Reports } from "../reports/reports.ts";
import { createSchedules, type Schedules } from "../reports/schedules/schedules.ts";
import type { Foundation } from "./foundation.ts";
import { createReportSources } from "./report_sources.ts";

export interface ReportParts {
  reports: Reports;
  reportSchedules: Schedules;
}

/** Reports: ordered, made by the jobs, and mailed by schedule. */
export async function createReportParts(
  foundation: Foundation,
  { jobs, notify, access, ...needs }:
    & { jobs: Jobs; notify: Notify; access: Pick<Access, "audit"> }
    & Parameters<typeof createReportSources>[1],
): Promise<ReportParts> {
  const { clock, log, storage: { db }, events, components } = foundation;
  const sources = createReportSources(foundation, needs);
  jobs.register("report", async () => {
    const { createReportWorker } = await import("../reports/report_worker.ts");
    return createReportWorker(sources);
  });
  const reports = createReports({ jobs, clock, sources });
  const actor = systemActor("Perch");
  const reportSchedules = createSchedules({
    ...{ db, clock, log: log.child("reports"), events, jobs, reports },
    zone: foundation.zone,
    zoneSinceMs: () => foundation.settings.view("site.time_zone").changedMs ?? 0,
    channels: () =>
      notify.channels.all().filter(({ kind }) => kind === "email")
        .map(({ id, name }) => ({ id, name })),
    mail: (event, channels, also) => notify.mail(event, { channels, also, why: "its schedule" }),
    audited: (change) => access.audit.statement({ actor, ...change }),
  });
  await reportSchedules.load();
  components.register("reports", () => {
    const { on, trouble } = reportSchedules.state();
    if (trouble !== null) return { health: "degraded", detail: trouble };
    return on === 0 ? { health: "off", detail: "No report is made by schedule." } : {
      health: "ok",
      detail: `${on} ${on === 1 ? "report is" : "reports are"} made by schedule.`,
    };
  });
  return { reports, reportSchedules };
}
