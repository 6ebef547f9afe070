import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Job } from "../../lib/jobs/job.ts";
import type { MachineDirectory, Sensor } from "../../lib/machines/sensor.ts";
import type { StoreStats } from "../../lib/readings/store.ts";
import type { Estimate } from "../../lib/transfer/export/estimate.ts";
import { oldestOf } from "../../lib/transfer/export/exports.ts";
import { planOf } from "../../lib/transfer/export/job.ts";
import type { ExportOrder } from "../../lib/transfer/export/job_options.ts";
import { bytes, compact } from "../../lib/words/numbers.ts";
import { dateTime, DAY_MS } from "../../lib/words/times.ts";
import { type FormPage, formRoute, type FormState, NO_FORM, stateOf } from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Empty, More, UnderMore } from "../frame/parts.tsx";
import { formErrors } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { isOpen, JobCards, jobForms, JobTable, REFRESH_S, SHOWN_JOBS } from "../jobs/parts.tsx";
import {
  askedOf,
  FIELDS,
  type Fields,
  SENSORS_MOST,
  sensorsOfFields,
  withDefaults,
} from "./export_fields.ts";
import { ExportForm } from "./export_form.tsx";
import { type ExportServices, FOLDER, orderExport, orderOfAsked } from "./export_request.ts";
import { FormError } from "../frame/form.tsx";

export interface ExportPageParts extends Omit<PageParts, "audit" | "clock">, ExportServices {
  machines: Pick<MachineDirectory, "all">;
  stored: () => Promise<StoreStats>;
}

export const PAGE = "/export";
/** Most days of events in one file. */
const EVENT_DAYS = 366;
const text = z.string().max(4000).optional();
const fieldsShape = z.strictObject(
  Object.fromEntries(FIELDS.map((name) => [name, text])) as Record<
    typeof FIELDS[number],
    typeof text
  >,
);

/** `/export`: history as files: chosen, estimated, ordered, followed, downloaded. */
export function exportPages(parts: ExportPageParts): Route[] {
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
      query: fieldsShape.extend({ sensor: text }),
      handler: (context) => {
        const { sensor, ...fields } = context.query;
        const sensors = fields.sensors ?? sensor;
        return draw(parts, context, NO_FORM, { ...fields, sensors });
      },
    }),
    formRoute(page, "order", fieldsShape, async (fields, context) => {
      await orderExport(parts, context, await orderOfFields(parts, fields, context.nowMs));
    }),
    ...jobForms(page, parts, FOLDER),
  ];
}

/** @throws PerchError that names the fields */
async function orderOfFields(
  parts: ExportPageParts,
  fields: Fields,
  nowMs: number,
): Promise<ExportOrder> {
  const oldestMs = oldestOf(await parts.stored());
  const asked = askedOf(fields, { nowMs, zone: parts.zone, oldestMs });
  try {
    return orderOfAsked(parts, asked, "form");
  } catch (error) {
    throw atFields(error);
  }
}

/** What the API calls a field, and the page another. */
const PAGE_FIELDS: Readonly<Record<string, string>> = {
  sensor: "add",
  sensors: "add",
  layout: "rows",
};

function atFields(error: unknown): unknown {
  if (!(error instanceof PerchError)) return error;
  const { code, message, errors } = error;
  return new PerchError(code, message, {
    errors: errors.map(({ path }) => ({ path: PAGE_FIELDS[path] ?? path, message })),
  });
}

interface Drawn {
  fields: Fields;
  errors: Record<string, string>;
  order: ExportOrder | null;
  estimate: Estimate | null;
  chosen: Sensor[];
}

async function draw(
  parts: ExportPageParts,
  context: RouteContext,
  state: FormState,
  query: Fields = {},
): Promise<Response> {
  const since = parts.place();
  const sent = state.form === "order" ? state.values as Fields : query;
  const drawn = await lookAt(parts, withDefaults(sent), context.nowMs);
  const errors = { ...drawn.errors, ...stateOf(state, "order").errors };
  const { items: jobs } = await parts.jobs.list("export", { limit: SHOWN_JOBS });
  const others = state.form === "order" ? undefined : state.errors.form;
  return parts.frame.answer(context.c, context.who, {
    title: "Export",
    place: "/more",
    status: state.status,
    script: "lists",
    stream: { types: "job" },
    since,
    refreshS: jobs.some(isOpen) ? REFRESH_S : undefined,
    content: <Content parts={parts} drawn={{ ...drawn, errors }} jobs={jobs} problem={others} />,
  });
}

/** What is chosen, what is wrong with it, and how much it is about. */
async function lookAt(parts: ExportPageParts, fields: Fields, nowMs: number): Promise<Drawn> {
  const named = sensorsOfFields(fields).slice(0, SENSORS_MOST);
  const found = named.flatMap((name) => parts.sensors.find(name) ?? []);
  const chosen = [...new Set(found)];
  const nothing = { fields, chosen, order: null, estimate: null };
  try {
    const order = await orderOfFields(parts, fields, nowMs);
    const estimate = await parts.exports.estimate(planOf(parts, order));
    return { ...nothing, errors: {}, order, estimate };
  } catch (error) {
    // A page that was just opened for nothing has nothing wrong on it.
    const isChoosing = fields.add === "" || fields.add === undefined;
    const errors = formErrors(error);
    if (fields.what === "sensors" && chosen.length === 0 && isChoosing) delete errors.add;
    return { ...nothing, errors };
  }
}

function Content(
  { parts, drawn, jobs, problem }: {
    parts: ExportPageParts;
    drawn: Drawn;
    jobs: readonly Job[];
    problem?: string;
  },
): VNode {
  const { zone, clock, sensors } = parts;
  const ended = jobs.filter((job) => !isOpen(job));
  const isEmpty = sensors.all().length === 0;
  return (
    <>
      <UnderMore />
      <Answer>{answerOf(jobs, isEmpty)}</Answer>
      <FormError>{problem}</FormError>
      <JobCards jobs={jobs} folder={FOLDER} page={PAGE} />
      {isEmpty
        ? (
          <Empty>
            No sensor has sent a reading yet. <a href="/sources">Sources</a>{" "}
            says how they come here.
          </Empty>
        )
        : (
          <ExportForm
            page={PAGE}
            {...drawn}
            zone={zone}
          >
            <Size drawn={drawn} zone={zone} />
          </ExportForm>
        )}
      <section class="card" aria-labelledby="export-done">
        <h2 id="export-done">Exports</h2>
        {ended.length === 0
          ? <Empty>No exports yet. Their files are kept here for a while.</Empty>
          : (
            <JobTable
              jobs={jobs}
              folder={FOLDER}
              page={PAGE}
              label="Exports and their files"
              zone={zone}
              nowMs={clock.now()}
            />
          )}
      </section>
      <Others order={drawn.order} zone={zone} />
    </>
  );
}

function answerOf(jobs: readonly Job[], isEmpty: boolean): string {
  if (jobs.some(({ state }) => state === "running")) return "An export is being made";
  if (jobs.some(isOpen)) return "An export waits for its turn";
  return isEmpty ? "There is nothing to export yet" : "Export readings to a file";
}

/** About how much it becomes. */
function Size({ drawn: { order, estimate, errors }, zone }: { drawn: Drawn; zone: string }): VNode {
  const first = Object.values(errors)[0];
  const heading = <h2 id="export-size">How much</h2>;
  if (order === null || estimate === null) {
    return (
      <>
        {heading}
        <p>
          {first === undefined
            ? "Choose a sensor first."
            : "Something above has to be put right first."}
        </p>
      </>
    );
  }
  const [from, to] = [order.fromMs, order.toMs].map((ms) => dateTime(ms, zone).slice(0, 16));
  const { rows } = estimate;
  return (
    <>
      {heading}
      <p>
        {rows === 0
          ? "There are no readings in this range: the file would have a heading alone."
          : `About ${compact(rows)} rows, ${bytes(estimate.bytes)}.`}
      </p>
      <p class="muted">{`${from} to ${to}. It is written while readings are stored.`}</p>
    </>
  );
}

/** What else leaves as a file: the events of the range, and what SQL is for. */
function Others({ order, zone }: { order: ExportOrder | null; zone: string }): VNode {
  return (
    <section class="card" aria-labelledby="export-events">
      <h2 id="export-events">Events, alarms and counts</h2>
      <p>
        What happened in the chosen range as one JSON file: events, alarms, and how many of each.
      </p>
      {order !== null && <EventsLink order={order} zone={zone} />}
      <p class="muted">
        To ask readings with SQL, see <a href="/guides/sql">the guide</a>.
      </p>
    </section>
  );
}

function EventsLink(
  { order: { fromMs, toMs }, zone }: { order: ExportOrder; zone: string },
): VNode {
  if (toMs - fromMs > EVENT_DAYS * DAY_MS) {
    return (
      <p class="muted">{`One file holds at most ${EVENT_DAYS} days: choose a shorter range.`}</p>
    );
  }
  const [from, to] = [fromMs, toMs].map((ms) => dateTime(ms, zone).slice(0, 16));
  return (
    <More href={`/api/events/export?from=${fromMs}&to=${toMs}`} download>
      {`Download the events from ${from} to ${to}`}
    </More>
  );
}
