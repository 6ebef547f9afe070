/** Parts of the pages on which jobs are ordered and followed. */
import type { VNode } from "preact";
import { JobProgress } from "../../islands/job_progress.tsx";
import type { Job } from "../../lib/jobs/job.ts";
import { jobNews } from "../../lib/jobs/shape.ts";
import { JOB_WORDS } from "../../lib/words/jobs.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { type FormPage, formRoute } from "../frame/form_page.ts";
import { Island } from "../frame/island.tsx";
import { Post, Table } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { idForm } from "../http/params.ts";
import type { Route } from "../http/route.ts";
import { cancelJob, type JobFolder, type JobServices, removeJob } from "./request.ts";

/** A page with jobs takes so many of them. */
export const SHOWN_JOBS = 20;
/** Without script the page loads anew so often while something is under way. */
export const REFRESH_S = 3;

export const isOpen = ({ state }: Job) => state === "waiting" || state === "running";

/** The forms of `JobCards` and `JobTable`: `<page>/cancel` and `<page>/delete`. */
export function jobForms(page: FormPage, services: JobServices, folder: JobFolder): Route[] {
  return [
    formRoute(page, "cancel", idForm, async ({ id }, context) => {
      await cancelJob(services, folder, context, id);
    }),
    formRoute(
      page,
      "delete",
      idForm,
      ({ id }, context) => removeJob(services, folder, context, id),
    ),
  ];
}

/** What is under way or waits, with its progress; `page` is the address of the page. */
export function JobCards(
  { jobs, folder, page }: { jobs: readonly Job[]; folder: JobFolder; page: string },
): VNode {
  return (
    <>
      {jobs.filter(isOpen).map((job) => (
        <section class="card" aria-labelledby={`job-${job.id}`} key={job.id}>
          <h2 id={`job-${job.id}`}>{job.title}</h2>
          <Island
            name="JobProgress"
            component={JobProgress}
            props={{ initial: jobNews(job), url: `${folder.path}/${job.id}` }}
          />
          <p class="muted">
            {`Ordered by ${job.by}. Readings are stored meanwhile; you can leave this page.`}
          </p>
          <Post action={`${page}/cancel`} fields={{ id: job.id }} label={`Cancel ${job.title}`}>
            Cancel
          </Post>
        </section>
      ))}
    </>
  );
}

/** What has ended, newest first. */
export function JobTable(
  { jobs, folder, page, label, zone, nowMs, hrefOf }: {
    jobs: readonly Job[];
    folder: JobFolder;
    page: string;
    label: string;
    zone: string;
    nowMs: number;
    /** Where one that is done is shown. */
    hrefOf?: (job: Job) => string;
  },
): VNode {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <th scope="col" class="text">What</th>
          <th scope="col" class="text">Ordered</th>
          <th scope="col" class="text">By</th>
          <th scope="col" class="text">State</th>
          <th scope="col">File</th>
          <th scope="col">
            <span class="hidden">Delete</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.filter((job) => !isOpen(job)).map((job) => (
          <tr key={job.id}>
            <th scope="row" class="text">
              {hrefOf === undefined || job.state !== "done"
                ? job.title
                : <a href={hrefOf(job)}>{job.title}</a>}
            </th>
            <td class="text">
              <Ago tMs={job.createdMs} nowMs={nowMs} zone={zone} />
            </td>
            <td class="text">{job.by}</td>
            <td class="text">
              {JOB_WORDS[job.state]}
              {job.error !== null && <p class="muted">{job.error}</p>}
            </td>
            <td>
              <FileLink job={job} folder={folder} />
            </td>
            <td>
              <Post
                action={`${page}/delete`}
                fields={{ id: job.id }}
                look="small"
                label={`Delete ${job.title}`}
              >
                Delete
              </Post>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function FileLink({ job, folder }: { job: Job; folder: JobFolder }): VNode {
  if (job.file === null) {
    return <span class="muted">{job.state === "done" ? "not kept" : ""}</span>;
  }
  return (
    <a
      href={`${folder.path}/${job.id}/file`}
      download
      aria-label={`Download ${job.file.name}, ${bytes(job.file.bytes)}`}
    >
      {bytes(job.file.bytes)}
    </a>
  );
}
