import type { VNode } from "preact";
import { z } from "zod";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { askedShape, type ReportAsked } from "../../lib/reports/asked.ts";
import { FormError } from "../frame/form.tsx";
import { type FormPage, formRoute, type FormState, NO_FORM, stateOf } from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";
import { Answer, Empty, More, UnderMore } from "../frame/parts.tsx";
import { formErrors } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { validate } from "../http/validate.ts";
import { isOpen, JobCards, jobForms, JobTable, REFRESH_S, SHOWN_JOBS } from "../jobs/parts.tsx";
import { askedOfForm, atFields, FRESH, type Values } from "./fields.ts";
import { ContentFields } from "./form.tsx";
import { FOLDER, orderReport, type ReportServices } from "./request.ts";
import { type DrawnReport, drawReport, ReportView } from "./view.tsx";

export interface ReportPageParts extends Omit<PageParts, "audit">, ReportServices {}

export const PAGE = "/reports";
/** Fields of the form, by their names. */
export const valuesShape = z.record(z.string().max(80), z.string().max(4_000));

/** `/reports`: chosen, looked at, ordered, followed, downloaded. */
export function reportPages(parts: ReportPageParts): Route[] {
  const page: FormPage = {
    path: PAGE,
    policy: FOLDER.policy,
    draw: (context, state) => draw(parts, context, state),
  };
  return [
    route({
      method: "get",
      path: PAGE,
      policy: FOLDER.policy,
      summary: null,
      query: valuesShape,
      handler: (context) => draw(parts, context, NO_FORM, context.query),
    }),
    formRoute(page, "order", valuesShape, async (values, context) => {
      await orderReport(parts, context, await askedOf(values, parts.siteZone));
    }),
    ...jobForms(page, parts, FOLDER),
  ];
}

/** @throws PerchError that names the form's fields */
async function askedOf(values: Values, zone: string): Promise<ReportAsked> {
  return await validate(askedShape, askedOfForm(values, zone), "body") as ReportAsked;
}

interface Drawn {
  values: Values;
  errors: Record<string, string>;
  /** What the report would say; null: nobody asked. */
  report: DrawnReport | null;
}

async function draw(
  parts: ReportPageParts,
  context: RouteContext,
  state: FormState,
  query: Values = {},
): Promise<Response> {
  const since = parts.place();
  const sent = state.form === "order" ? state.values : query;
  const values = sent.range === undefined ? { ...FRESH, ...sent } : sent;
  const shown = query.show === undefined
    ? { report: null, errors: {} }
    : await preview(parts, values);
  const errors = atFields({ ...shown.errors, ...stateOf(state, "order").errors });
  const others = state.form === "order" ? undefined : state.errors.form;
  const { items: jobs } = await parts.jobs.list("report", { limit: SHOWN_JOBS });
  const q = query.q?.slice(0, 200) ?? "";
  const found = q === ""
    ? jobs
    : (await parts.jobs.list("report", { limit: SHOWN_JOBS, search: q })).items;
  return parts.frame.answer(context.c, context.who, {
    title: "Reports",
    place: "/more",
    status: state.status,
    script: "lists",
    stream: { types: "job" },
    since,
    refreshS: jobs.some(isOpen) ? REFRESH_S : undefined,
    content: (
      <Content
        parts={parts}
        drawn={{ values, errors, report: shown.report }}
        jobs={jobs}
        done={found.filter((job) => !isOpen(job))}
        q={q}
        problem={others}
      />
    ),
  });
}

async function preview(
  { reports, siteZone }: ReportPageParts,
  values: Values,
): Promise<Pick<Drawn, "report" | "errors">> {
  try {
    const asked = await askedOf(values, siteZone);
    return { report: await drawReport(await reports.preview(asked)), errors: {} };
  } catch (error) {
    return { report: null, errors: formErrors(error) };
  }
}

function Content(
  { parts, drawn, jobs, done, q, problem }: {
    parts: ReportPageParts;
    drawn: Drawn;
    jobs: readonly Job[];
    /** Those that have ended, and fit the words of the filter. */
    done: readonly Job[];
    q: string;
    problem?: string;
  },
): VNode {
  const { zone, clock } = parts;
  const { values, errors, report } = drawn;
  return (
    <>
      <UnderMore />
      <Answer>{answerOf(jobs)}</Answer>
      <FormError>{problem}</FormError>
      <JobCards jobs={jobs} folder={FOLDER} page={PAGE} />
      <section class="card" aria-labelledby="report-order">
        <h2 id="report-order">A report</h2>
        <form method="post" action={`${PAGE}/order`} class="report-form">
          <FormError>{errors.form}</FormError>
          <ContentFields values={values} errors={errors} own />
          <p class="buttons">
            <button type="submit" class="primary">Make the report</button>
            <button type="submit" formmethod="get" formaction={PAGE} name="show" value="1">
              Preview
            </button>
          </p>
        </form>
      </section>
      {report !== null && (
        <section aria-labelledby="report-preview" class="report-preview">
          <h2 id="report-preview">{report.title}</h2>
          <ReportView report={report} />
        </section>
      )}
      <section class="card" aria-labelledby="report-done">
        <h2 id="report-done">Reports</h2>
        {!jobs.every(isOpen) && (
          <ListFilter path={PAGE} value={q} label="Filter by what or by whom" />
        )}
        <Filtered>
          {jobs.every(isOpen)
            ? <Empty>No reports yet. Their files are kept here for a while.</Empty>
            : done.length === 0
            ? (
              <Empty>
                No report fits. <a href={PAGE}>Show all</a>
              </Empty>
            )
            : (
              <JobTable
                jobs={done}
                folder={FOLDER}
                page={PAGE}
                label="Reports and their files"
                zone={zone}
                nowMs={clock.now()}
                hrefOf={(job) => `${PAGE}/${job.id}`}
              />
            )}
        </Filtered>
        <More href="/report-schedules">Scheduled reports by mail</More>
      </section>
    </>
  );
}

function answerOf(jobs: readonly Job[]): string {
  if (jobs.some(({ state }) => state === "running")) return "A report is being made";
  if (jobs.some(isOpen)) return "A report waits for its turn";
  return "Report on machines, alarms and sensors";
}

/** What a report says, or the words why it cannot be shown. */
export async function drawnOrWhy(
  document: Promise<Parameters<typeof drawReport>[0]>,
): Promise<DrawnReport | string> {
  try {
    return await drawReport(await document);
  } catch (error) {
    if (error instanceof PerchError) return messageOf(error);
    throw error;
  }
}
