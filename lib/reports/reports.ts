import type { Clock } from "../base/clock.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Job } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { checkAsked, orderOf, type ReportAsked, titleOf } from "./asked.ts";
import type { ReportDocument } from "./document.ts";
import type { ReportSources } from "./figures/sources.ts";

export interface Reports {
  readonly zone: string;
  /** Paths that a report can be limited to: machines and the areas above them, sorted. */
  places(): string[];
  /** @throws PerchError `validation`, and what `JobOrders.order` throws */
  order(asked: ReportAsked, by: string, audited: Audited): Promise<Job>;
  /** What the report would say, for a page. @throws PerchError `validation`; the signal's reason */
  preview(asked: ReportAsked, signal: AbortSignal): Promise<ReportDocument>;
}

export interface ReportsDeps {
  jobs: Pick<Jobs, "order">;
  clock: Pick<Clock, "now">;
  sources: ReportSources;
}

/** Orders reports, and shows what one would say. */
export function createReports({ jobs, clock, sources }: ReportsDeps): Reports {
  const { zone } = sources;
  const paths = () => sources.machines().map(({ path }) => path);
  const check = (asked: ReportAsked) =>
    checkAsked(asked, { nowMs: clock.now(), zone, machines: paths() });
  return {
    zone,
    places() {
      const all = new Set<string>();
      for (const path of paths()) {
        const levels = path.split("/");
        levels.forEach((_, i) => all.add(levels.slice(0, i + 1).join("/")));
      }
      return [...all].sort();
    },
    async order(asked, by, audited) {
      const options = check(asked);
      return await jobs.order({
        ...{ kind: "report", title: titleOf(options, zone), options, by, audited },
      });
    },
    async preview(asked, signal) {
      const { buildReport } = await import("./figures/build.ts");
      return await buildReport(sources, orderOf(check(asked), clock.now()), () => {}, signal);
    },
  };
}
