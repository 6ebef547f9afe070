import { PerchError } from "../base/errors.ts";
import type { JobRun, JobWorker } from "../jobs/job.ts";
import { fileNameOf, orderOf, storedShape } from "./asked.ts";
import type { ReportDocument } from "./document.ts";
import { buildReport } from "./figures/build.ts";
import type { ReportSources } from "./figures/sources.ts";
import { REPORT_TYPES } from "./render/formats.ts";
import { renderReport } from "./render/render.ts";

/** Gathering is this share of the work; the rest is writing. */
const GATHERING = 0.7;
const MOST_FIGURES = 12;

/** What came of a report, beside its file. */
export interface ReportResult extends Record<string, unknown> {
  title: string;
  subtitle: string;
  /** The numbers that a reader looks for first. */
  figures: { label: string; text: string }[];
}

/** Makes the file of a report. */
export function createReportWorker(sources: ReportSources): JobWorker {
  return {
    kind: "report",
    async run({ job, signal, progress, file }: JobRun): Promise<ReportResult> {
      const stored = storedShape.safeParse(job.options);
      if (!stored.success) {
        throw new PerchError("validation", "What was ordered cannot be understood any more.");
      }
      const asked = stored.data;
      const document = await buildReport(
        sources,
        orderOf(asked, job.createdMs),
        ({ share, words }) => progress({ share: share * GATHERING, words, counts: {} }),
        signal,
      );
      const path = await file(
        fileNameOf(asked, { site: sources.site, zone: sources.zone() }),
        REPORT_TYPES[asked.format],
      );
      await renderReport(
        document,
        asked.format,
        path,
        ({ share, words }) =>
          progress({ share: GATHERING + share * (1 - GATHERING), words, counts: {} }),
        signal,
        { decimalComma: asked.decimal_comma, byteOrderMark: true },
      );
      return resultOf(document);
    },
  };
}

function resultOf({ title, subtitle, sections }: ReportDocument): ReportResult {
  const figures = sections.flatMap((section) => section.figures)
    .slice(0, MOST_FIGURES).map(({ label, text }) => ({ label, text }));
  return { title, subtitle, figures };
}
