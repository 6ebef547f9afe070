import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { JobProgress } from "../../islands/job_progress.tsx";
import type { Job } from "../../lib/jobs/job.ts";
import { jobNews } from "../../lib/jobs/shape.ts";
import { type SiteToType, siteToType } from "../../lib/transfer/import/confirm_site.ts";
import { readableFile } from "../../lib/transfer/import/files.ts";
import type { ImportOrder, ImportResult } from "../../lib/transfer/import/imports.ts";
import { proofShape } from "../../lib/transfer/import/shapes.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Island } from "../frame/island.tsx";
import { sensorHref } from "../frame/links.ts";
import { Answer, Fact, Facts, More, Post, Table } from "../frame/parts.tsx";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { isOpen } from "../jobs/parts.tsx";
import {
  ForeignNotice,
  ImportCrumbs,
  importHref,
  type ImportPageParts,
  PAGE,
  ProofForm,
  REFRESH_S,
} from "./import_parts.tsx";
import { FOLDER, nextOf, orderAgain } from "./import_request.ts";

const SENSORS_SHOWN = 100;
const LINES_SHOWN = 20;

/** `/import/ID`: how one import is, what came of it, and what may follow. For admins. */
export function importJobPages(parts: ImportPageParts): Route[] {
  return [
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "admin",
      summary: null,
      params: idParams(),
      handler: (context) => draw(parts, context, context.params.id, NOTHING_SENT),
    }),
    formAction(
      `${PAGE}/begin`,
      proofShape.extend({ id: z.string().max(40) }),
      async ({ id, ...proof }, context) => importHref(await orderAgain(parts, context, id, proof)),
      (context, sent) => draw(parts, context, sent.values.id ?? "", sent),
      "person:admin",
    ),
  ];
}

/** What may follow: what is asked before, or why it cannot be done. */
type Next = { site: SiteToType } | { problem: string } | null;

async function draw(
  parts: ImportPageParts,
  context: RouteContext,
  id: string,
  sent: SentForm,
): Promise<Response> {
  const since = parts.place();
  const job = await parts.jobs.need("import", id);
  const { order, next } = nextOf(job);
  return parts.frame.answer(context.c, context.who, {
    title: job.title,
    place: "/more",
    status: sent.status,
    script: "lists",
    stream: isOpen(job) ? {} : undefined,
    since,
    refreshS: isOpen(job) ? REFRESH_S : undefined,
    content: (
      <Content
        parts={parts}
        job={job}
        order={order}
        next={next === null ? null : await askedFor(parts, order)}
        sent={sent}
      />
    ),
  });
}

async function askedFor(
  { importFiles, ownSite }: ImportPageParts,
  { file, name }: ImportOrder,
): Promise<Next> {
  try {
    const found = await readableFile(file);
    return { site: siteToType(await importFiles.siteOf({ ...found, name }), ownSite) };
  } catch (error) {
    if (!(error instanceof PerchError)) throw error;
    return { problem: `${name} is not there any more. Bring it here again to go on.` };
  }
}

interface Shown {
  parts: ImportPageParts;
  job: Job;
  order: ImportOrder;
  next: Next;
  sent: SentForm;
}

function Content({ parts, job, order, next, sent }: Shown): VNode {
  const result = job.result as ImportResult | null;
  return (
    <>
      <ImportCrumbs />
      <Answer>{answerOf(job, order)}</Answer>
      {job.error !== null && <p class="banner warning" role="alert">{job.error}</p>}
      {next !== null && "site" in next && <ForeignNotice site={next.site} />}
      {isOpen(job) && <UnderWay job={job} order={order} />}
      {result === null && !isOpen(job) && job.progress !== null && <p>{job.progress.words}.</p>}
      {result !== null && <Summary result={result} zone={parts.zone} />}
      {next !== null && <Following {...{ parts, job, order, next, sent }} />}
      {result !== null && <Rejected job={job} result={result} />}
      {result !== null && <SensorsOf result={result} parts={parts} />}
    </>
  );
}

function answerOf({ state, result }: Job, { name, dry_run }: ImportOrder): string {
  const counts = result as ImportResult | null;
  switch (state) {
    case "waiting":
      return `${name} waits for its turn`;
    case "running":
      return dry_run ? `${name} is being counted` : `${name} is being imported`;
    case "failed":
      return dry_run ? `${name} could not be counted` : `The import of ${name} failed`;
    case "cancelled":
      return dry_run ? `The count of ${name} was cancelled` : `The import of ${name} was cancelled`;
    case "done": {
      const stored = counted(counts?.stored ?? 0, "reading");
      return dry_run ? `${name} would bring ${stored}` : `${name} brought ${stored}`;
    }
  }
}

const counted = (n: number, what: string) => `${grouped(n)} ${what}${n === 1 ? "" : "s"}`;

function UnderWay({ job, order }: { job: Job; order: ImportOrder }): VNode {
  return (
    <section class="card" aria-labelledby="under-way">
      <h2 id="under-way">{order.dry_run ? "Counting" : "Importing"}</h2>
      <Island
        name="JobProgress"
        component={JobProgress}
        props={{ initial: jobNews(job), url: `${FOLDER.path}/${job.id}` }}
      />
      <p class="muted">
        {order.dry_run
          ? "Nothing is stored by it. You need not wait for the end: cancel it to import at once."
          : "New readings are stored meanwhile; you can leave this page. What was imported stays when it is cancelled, and it can be gone on with."}
      </p>
      <Post action={`${PAGE}/cancel`} fields={{ id: job.id }}>Cancel</Post>
    </section>
  );
}

function Summary({ result, zone }: { result: ImportResult; zone: string }): VNode {
  const { read, stored, repeated, empty, rejected, skipped, new_sensors, from_ms, to_ms } = result;
  const isCount = result.dry_run;
  return (
    <section class="card" aria-labelledby="summary">
      <h2 id="summary">{isCount ? "What it would bring" : "What it brought"}</h2>
      <Facts figures>
        <Fact name="Lines read">{grouped(read)}</Fact>
        <Fact name={isCount ? "To be stored" : "Stored"}>{grouped(stored)}</Fact>
        <Fact name="There already">{grouped(repeated)}</Fact>
        <Fact name="Without a value">{grouped(empty)}</Fact>
        <Fact name="Left out">{grouped(skipped)}</Fact>
        <Fact name="Rejected">{grouped(rejected)}</Fact>
        <Fact name="New sensors">{grouped(new_sensors)}</Fact>
      </Facts>
      {from_ms !== null && to_ms !== null && (
        <p>{`From ${dateTime(from_ms, zone)} to ${dateTime(to_ms, zone)}.`}</p>
      )}
      {!isCount && (
        <p class="muted">
          Importing the same file again stores nothing twice. No alarm is raised by what is
          imported, and the last values stay those that were measured last.
        </p>
      )}
    </section>
  );
}

function Following({ job, order, next, sent }: Shown & { next: NonNullable<Next> }): VNode {
  const title = order.dry_run ? "Import it" : "Go on with it";
  return (
    <section class="card" aria-labelledby="following">
      <h2 id="following">{title}</h2>
      {"problem" in next ? <p>{next.problem}</p> : (
        <>
          <p>
            {order.dry_run
              ? "The readings are added to the sensors; nothing that is there is replaced or removed."
              : "It continues where it ended; what was stored before is not stored again."}
          </p>
          <ProofForm
            id={job.id}
            site={next.site}
            button={title}
            errors={sent.errors}
            values={sent.values}
          />
        </>
      )}
    </section>
  );
}

function Rejected({ job, result }: { job: Job; result: ImportResult }): VNode | null {
  const { rejected, rejected_lines } = result;
  if (rejected === 0) return null;
  return (
    <section class="card" aria-labelledby="rejected">
      <h2 id="rejected">{`${counted(rejected, "line")} rejected`}</h2>
      <Table label="Rejected lines">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col" class="text">Why</th>
          </tr>
        </thead>
        <tbody>
          {rejected_lines.slice(0, LINES_SHOWN).map(({ line, reason }, n) => (
            <tr key={n}>
              <td>{grouped(line)}</td>
              <td class="text">{reason}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <More href={`${FOLDER.path}/${job.id}/rejected`} download>
        {rejected > rejected_lines.length
          ? `The first ${grouped(rejected_lines.length)} of them as CSV`
          : "All of them as CSV"}
      </More>
    </section>
  );
}

function SensorsOf(
  { result: { series, dry_run }, parts }: { result: ImportResult; parts: ImportPageParts },
): VNode | null {
  const kept = series.filter(({ sensor }) => sensor !== null);
  const shown = kept.slice(0, SENSORS_SHOWN);
  if (shown.length === 0) return null;
  return (
    <section class="card" aria-labelledby="sensors">
      <h2 id="sensors">Sensors</h2>
      <Table label="Sensors of the file">
        <thead>
          <tr>
            <th scope="col" class="text">Sensor</th>
            <th scope="col" class="text">Series</th>
            <th scope="col">Readings in the file</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ key, sensor, is_new, read }) => {
            const found = parts.sensors.find(sensor!);
            return (
              <tr key={key}>
                <th scope="row" class="text">
                  {found ? <a href={sensorHref(found.id)}>{sensor}</a> : sensor}
                  {is_new && <span class="muted">{dry_run ? " would be new" : " new"}</span>}
                </th>
                <td class="text series">{key}</td>
                <td>{grouped(read)}</td>
              </tr>
            );
          })}
        </tbody>
      </Table>
      {kept.length > shown.length && (
        <p class="muted">{`${grouped(kept.length - shown.length)} more are not listed.`}</p>
      )}
      {series.length > kept.length && (
        <p class="muted">{`Left out: ${grouped(series.length - kept.length)} of the series.`}</p>
      )}
    </section>
  );
}
