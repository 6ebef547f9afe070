import type { Clock } from "../base/clock.ts";
import type { SqlStatement } from "../db/client.ts";
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
  order(asked: ReportAsked, by: string, audited: Audited, of?: OfSchedule): Promise<Job>;
  /** What the report would say, for a page. @throws PerchError `validation`; the signal's reason */
  preview(asked: ReportAsked, signal: AbortSignal): Promise<ReportDocument>;
}

/** Which schedule orders it. */
export interface OfSchedule {
  schedule: string;
  /** The time that it is due at; left out: a person asks for one now. */
  asOfMs?: number;
  /** Written in the transaction of the order. */
  also?: readonly SqlStatement[];
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
  const check = (asked: ReportAsked, nowMs = clock.now()) =>
    checkAsked(asked, { nowMs, zone, machines: paths() });
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
    async order(asked, by, audited, of) {
      const checked = check(asked, of?.asOfMs);
      const options = of === undefined ? checked : {
        ...{ ...checked, schedule: of.schedule },
        ...(of.asOfMs === undefined ? {} : { due_ms: of.asOfMs }),
      };
      const title = titleOf(options, zone);
      return await jobs.order({ kind: "report", title, options, by, audited, also: of?.also });
    },
    async preview(asked, signal) {
      const { buildReport } = await import("./figures/build.ts");
      return await buildReport(sources, orderOf(check(asked), clock.now()), () => {}, signal);
    },
  };
}
