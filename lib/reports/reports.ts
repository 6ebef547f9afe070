import type { Clock } from "../base/clock.ts";
import type { NamedMachine } from "../machines/places.ts";
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Job } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { checkAsked, orderOf, type ReportAsked, storedShape, titleOf } from "./asked.ts";
import type { ReportDocument } from "./document.ts";
import type { ReportOrder } from "./order.ts";
import type { ReportSources } from "./figures/sources.ts";

export interface Reports {
  /** The site's time zone, in which days of reports begin. */
  zone(): string;
  /** Machines that a report can be about. */
  machines(): readonly NamedMachine[];
  /** @throws PerchError `validation`, and what `JobOrders.order` throws */
  order(asked: ReportAsked, by: string, audited: Audited, of?: OfSchedule): Promise<Job>;
  /**
   * What a report would say, for a page; it takes a few seconds at most.
   * @throws PerchError `validation`; `busy`: others are looked at, or it takes longer
   */
  preview(asked: ReportAsked): Promise<ReportDocument>;
  /** The same for one that was ordered. */
  again(job: Job): Promise<ReportDocument>;
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

/** Pages wait so long for what a report would say, and so many at a time. */
const SHOW_MS = 10_000;
const MOST_SHOWN = 2;

/** Orders reports, and shows what one would say. */
export function createReports({ jobs, clock, sources }: ReportsDeps): Reports {
  const { zone } = sources;
  let shown = 0;
  const check = (asked: ReportAsked, nowMs = clock.now()) =>
    checkAsked(asked, { nowMs, zone: zone(), machines: sources.machines() });
  return {
    zone,
    machines: () => sources.machines(),
    async order(asked, by, audited, of) {
      const checked = check(asked, of?.asOfMs);
      const options = of === undefined ? checked : {
        ...{ ...checked, schedule: of.schedule },
        ...(of.asOfMs === undefined ? {} : { due_ms: of.asOfMs }),
      };
      const title = titleOf(options, zone());
      return await jobs.order({ kind: "report", title, options, by, audited, also: of?.also });
    },
    preview: async (asked) => await show(orderOf(check(asked), clock.now())),
    again: async ({ options, createdMs }) =>
      await show(orderOf(storedShape.parse(options), createdMs)),
  };

  async function show(order: ReportOrder): Promise<ReportDocument> {
    if (shown >= MOST_SHOWN) throw busy("Others are just being looked at: try again in a moment.");
    shown++;
    const late = AbortSignal.timeout(SHOW_MS);
    try {
      const { buildReport } = await import("./figures/build.ts");
      return await buildReport(sources, order, () => {}, late);
    } catch (error) {
      if (!late.aborted) throw error;
      throw busy("It takes too long to be shown on a page: its file has all of it.");
    } finally {
      shown--;
    }
  }
}

const busy = (message: string) => new PerchError("busy", message, { retryAfterS: 10 });
