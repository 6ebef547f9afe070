import { systemActor } from "../access/audit_row.ts";
import type { Parts } from "../app/parts.ts";
import { jobJson } from "../jobs/shape.ts";
import type { ReportControl } from "./control.ts";

/** Reports as the command line orders them. */
export function createReportControl(
  { access, jobs, reports }: Pick<Parts, "access" | "jobs" | "reports">,
): ReportControl {
  const actor = systemActor("command line");
  return {
    orderReport: async ({ asked }) =>
      jobJson(
        await reports.order(
          asked,
          actor.name,
          (change) => access.audit.statement({ actor, ...change }),
        ),
      ),
    reportJob: async ({ id }) => jobJson(await jobs.need("report", id)),
    reportFile: async ({ id }) => {
      const { path, name } = await jobs.open("report", id);
      return { path, name };
    },
    cancelReport: async ({ id }) =>
      jobJson(
        await jobs.cancel(
          "report",
          id,
          (change) => access.audit.statement({ actor, ...change }),
        ),
      ),
  };
}
