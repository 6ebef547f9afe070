import type { VNode } from "preact";
import { z } from "zod";
import { FileUpload } from "../../islands/file_upload.tsx";
import type { Job } from "../../lib/jobs/job.ts";
import { JOB_WORDS } from "../../lib/words/jobs.ts";
import type { FolderFile, ImportUpload } from "../../lib/transfer/import/files.ts";
import type { ImportResult } from "../../lib/transfer/import/imports.ts";
import { expiresMs } from "../../lib/uploads/folder.ts";
import { bytes, grouped } from "../../lib/words/numbers.ts";
import { span } from "../../lib/words/times.ts";
import { FormError } from "../frame/form.tsx";
import { formAction, refusedForm } from "../frame/form_action.ts";
import { type FormPage, formRoute, type FormState, NO_FORM, stateOf } from "../frame/form_page.ts";
import { Island } from "../frame/island.tsx";
import { Answer, Empty, More, Post, Table, UnderMore } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { hrefWith } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { idForm } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { isOpen } from "../jobs/parts.tsx";
import { cancelJob, removeJob } from "../jobs/request.ts";
import { MOST_BYTES, MOST_MS, receiveForm, removeUpload } from "../uploads/request.ts";
import {
  GUIDE,
  importHref,
  type ImportPageParts,
  lookHref,
  PAGE,
  REFRESH_S,
} from "./import_parts.tsx";
import { FOLDER, importUploads, UPLOADS_PATH } from "./import_request.ts";

const PAGE_OF = 50;
const Query = z.object({ cursor: z.string().max(40).optional(), q: wordsField });

/** `/import`: which files are there, and which were imported. For admins. */
export function importListPages(parts: ImportPageParts): Route[] {
  const page: FormPage = {
    path: PAGE,
    policy: "admin",
    draw: async (context, state) => {
      const { cursor, q } = context.query as z.output<typeof Query> ?? {};
      const [list, uploads, files] = await Promise.all([
        parts.jobs.list("import", { limit: PAGE_OF, cursor, search: q }),
        parts.importFiles.uploads.list(),
        parts.importFiles.inFolder(),
      ]);
      return parts.frame.answer(context.c, context.who, {
        title: "Imports",
        place: "/more",
        status: state.status,
        script: "lists",
        refreshS: list.items.some(isOpen) ? REFRESH_S : undefined,
        content: <Content {...{ parts, list, uploads, files, state, q }} />,
      });
    },
  };
  return [
    route({
      method: "get",
      path: PAGE,
      policy: page.policy,
      summary: null,
      query: Query,
      handler: (context) => page.draw(context, NO_FORM),
    }),
    uploadForm(parts, page),
    formRoute(
      page,
      "remove",
      z.strictObject({ id: z.string().max(120) }),
      ({ id }, context) => removeUpload(importUploads(parts), context, id),
      "person:admin",
    ),
    formAction(
      `${PAGE}/cancel`,
      idForm,
      async ({ id }, context) => importHref(await cancelJob(parts, FOLDER, context, id)),
      (context, sent) => page.draw(context, { form: "cancel", ...sent }),
      page.policy,
    ),
    formRoute(page, "delete", idForm, ({ id }, context) => removeJob(parts, FOLDER, context, id)),
  ];
}

/** What the form posts a file to where no script runs, in one piece. */
function uploadForm(parts: ImportPageParts, page: FormPage): Route {
  return route({
    method: "post",
    path: `${PAGE}/upload`,
    policy: "person:admin",
    summary: null,
    maxBodyBytes: MOST_BYTES,
    bodyTimeoutMs: MOST_MS,
    handler: async (context) => {
      try {
        const { id } = await receiveForm(importUploads(parts), context, "choose a file");
        return seeOther(lookHref(id));
      } catch (error) {
        const sent = await refusedForm(context, error, {});
        return await page.draw(context, { ...NO_FORM, form: "upload", ...sent });
      }
    },
  });
}

interface Shown {
  parts: ImportPageParts;
  list: { items: Job[]; next: string | null };
  uploads: readonly ImportUpload[];
  files: readonly FolderFile[];
  state: FormState;
  q: string | undefined;
}

function Content({ parts, list: { items, next }, uploads, files, state, q }: Shown): VNode {
  const errors = stateOf(state, "upload").errors;
  const of = (form: string) => stateOf(state, form).errors.form;
  return (
    <>
      <UnderMore />
      <Answer>{answerOf(items)}</Answer>
      <FormError>{of("remove") ?? of("cancel") ?? of("delete")}</FormError>
      <section class="card" aria-labelledby="choose">
        <h2 id="choose">Choose a file</h2>
        <p>
          From Home Assistant, InfluxDB, VictoriaMetrics, Prometheus, another Perch, or a table as
          CSV. It is looked into first: nothing is stored before you confirm it.{" "}
          <a href={GUIDE}>How other systems write one</a>
        </p>
        <Island
          name="FileUpload"
          component={FileUpload}
          props={{
            action: `${PAGE}/upload`,
            uploads: UPLOADS_PATH,
            then: `${PAGE}/look?file=`,
            label: "File",
            help: "As it is, or packed with gzip. The file is removed after the import.",
            error: errors.file ?? Object.values(errors)[0] ?? null,
          }}
        />
        <Files parts={parts} uploads={uploads} files={files} />
        <p class="muted">
          A file that is too large to be uploaded can be put into the folder{" "}
          <code>{parts.importFiles.folder}</code> on this host; or run{" "}
          <code>perch import FILE</code> there.
        </p>
      </section>
      {(items.length > 0 || q) && (
        <ListFilter path={PAGE} value={q} label="Filter by file or person" />
      )}
      <Filtered>
        {items.length > 0 ? <Past jobs={items} parts={parts} /> : q
          ? (
            <Empty>
              No import fits. <a href={PAGE}>Show all</a>
            </Empty>
          )
          : <Empty>No imports yet.</Empty>}
        {next && <More href={hrefWith(PAGE, { q, cursor: next })}>Earlier imports</More>}
      </Filtered>
    </>
  );
}

function answerOf(jobs: readonly Job[]): string {
  const open = jobs.filter(isOpen);
  if (open.length > 0) {
    return open.length === 1
      ? `${open[0].title} is under way`
      : `${open.length} imports are under way`;
  }
  return "Import history from another system";
}

function Files(
  { parts, uploads, files }: Pick<Shown, "parts" | "uploads" | "files">,
): VNode | null {
  if (uploads.length + files.length === 0) return null;
  const nowMs = parts.clock.now();
  return (
    <Table label="Files that can be imported">
      <thead>
        <tr>
          <th scope="col" class="text">File</th>
          <th scope="col">Size</th>
          <th scope="col" class="text">State</th>
          <th scope="col">
            <span class="hidden">Look</span>
          </th>
          <th scope="col">
            <span class="hidden">Remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {uploads.map((one) => <UploadRow key={one.id} upload={one} nowMs={nowMs} />)}
        {files.map(({ ref, name, bytes: size, changedMs }) => (
          <tr key={ref}>
            <th scope="row" class="text">{name}</th>
            <td>{bytes(size)}</td>
            <td class="text">
              on this host, changed <Ago tMs={changedMs} nowMs={nowMs} zone={parts.zone} />
            </td>
            <td>
              <a href={lookHref(ref)} aria-label={`Look into ${name}`}>Look into it</a>
            </td>
            <td />
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function UploadRow({ upload, nowMs }: { upload: ImportUpload; nowMs: number }): VNode {
  const { id, record: { name, bytes: all, whole }, received } = upload;
  return (
    <tr>
      <th scope="row" class="text">{name}</th>
      <td>{bytes(all ?? received)}</td>
      <td class="text">
        {whole !== null
          ? "uploaded"
          : all === null
          ? "coming"
          : `${Math.floor(received / all * 100)} % there: choose the same file to go on`}
        <span class="muted">{`, removed in ${span(expiresMs(upload) - nowMs)}`}</span>
      </td>
      <td>
        {whole !== null && <a href={lookHref(id)} aria-label={`Look into ${name}`}>Look into it</a>}
      </td>
      <td>
        <Post action={`${PAGE}/remove`} fields={{ id }} look="small" label={`Remove ${name}`}>
          Remove
        </Post>
      </td>
    </tr>
  );
}

function Past({ jobs, parts }: { jobs: readonly Job[]; parts: ImportPageParts }): VNode {
  return (
    <section class="card" aria-labelledby="past">
      <h2 id="past">Imports</h2>
      <Table label="What was imported">
        <thead>
          <tr>
            <th scope="col" class="text">File</th>
            <th scope="col" class="text">Began</th>
            <th scope="col" class="text">By</th>
            <th scope="col" class="text">State</th>
            <th scope="col">Stored</th>
            <th scope="col">
              <span class="hidden">Delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => <PastRow key={job.id} job={job} parts={parts} />)}
        </tbody>
      </Table>
    </section>
  );
}

function PastRow({ job, parts }: { job: Job; parts: ImportPageParts }): VNode {
  const result = job.result as Partial<ImportResult> | null;
  const isCount = (job.options as { dry_run?: unknown }).dry_run === true;
  return (
    <tr>
      <th scope="row" class="text">
        <a href={importHref(job)}>{job.title}</a>
      </th>
      <td class="text">
        <Ago tMs={job.createdMs} nowMs={parts.clock.now()} zone={parts.zone} />
      </td>
      <td class="text">{job.by}</td>
      <td class="text">{isCount && job.state === "done" ? "counted" : JOB_WORDS[job.state]}</td>
      <td>{result?.stored === undefined || isCount ? "" : grouped(result.stored)}</td>
      <td>
        {!isOpen(job) && (
          <Post
            action={`${PAGE}/delete`}
            fields={{ id: job.id }}
            look="small"
            label={`Delete ${job.title} from the list`}
          >
            Delete
          </Post>
        )}
      </td>
    </tr>
  );
}
