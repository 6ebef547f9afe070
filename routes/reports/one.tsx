import type { VNode } from "preact";
import type { Job } from "../../lib/jobs/job.ts";
import { JOB_WORDS } from "../../lib/words/jobs.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { Answer, Crumbs, Fact, Facts, Post } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { idParams } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { isOpen, JobCards, REFRESH_S } from "../jobs/parts.tsx";
import { drawnOrWhy, PAGE, type ReportPageParts } from "./page.tsx";
import { FOLDER } from "./request.ts";
import { type DrawnReport, ReportView } from "./view.tsx";

/** `/reports/<id>`: one report, as a mail about it links to it. */
export function reportPage(parts: ReportPageParts): Route {
  return route({
    method: "get",
    path: `${PAGE}/:id`,
    policy: FOLDER.policy,
    summary: null,
    params: idParams(),
    handler: async ({ c, who, params: { id } }) => {
      const since = parts.place();
      const job = await parts.jobs.need("report", id);
      const report = job.state === "done" ? await drawnOrWhy(parts.reports.again(job)) : null;
      return parts.frame.answer(c, who, {
        title: job.title,
        place: "/more",
        script: "lists",
        stream: { types: "job" },
        since,
        refreshS: isOpen(job) ? REFRESH_S : undefined,
        content: <Content parts={parts} job={job} report={report} />,
      });
    },
  });
}

function Content(
  { parts: { zone, clock }, job, report }: {
    parts: ReportPageParts;
    job: Job;
    report: DrawnReport | string | null;
  },
): VNode {
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Reports</a>
      </Crumbs>
      <Answer>{job.title}</Answer>
      <JobCards jobs={[job]} folder={FOLDER} page={PAGE} />
      {!isOpen(job) && (
        <section class="card" aria-labelledby="report-file">
          <h2 id="report-file">File</h2>
          <Facts>
            <Fact name="State">{JOB_WORDS[job.state]}</Fact>
            <Fact name="Ordered">
              <Ago tMs={job.createdMs} nowMs={clock.now()} zone={zone} />
              {`, by ${job.by}`}
            </Fact>
            <Fact name="File">
              {job.file === null
                ? (job.state === "done" ? "kept no longer" : "none")
                : (
                  <a href={`${FOLDER.path}/${job.id}/file`} download>
                    {`${job.file.name} (${bytes(job.file.bytes)})`}
                  </a>
                )}
            </Fact>
          </Facts>
          {job.error !== null && <p>{job.error}</p>}
          <Post action={`${PAGE}/delete`} fields={{ id: job.id }}>Delete this report</Post>
        </section>
      )}
      {typeof report === "string" && <p class="muted">{report}</p>}
      {report !== null && typeof report !== "string" && <ReportView report={report} />}
    </>
  );
}
