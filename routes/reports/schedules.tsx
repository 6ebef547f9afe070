import type { VNode } from "preact";
import { atLeast } from "../../lib/access/policy.ts";
import { RANGE_WORDS } from "../../lib/reports/range.ts";
import {
  type NewSchedule,
  newScheduleShape,
  type ScheduleJson,
} from "../../lib/reports/schedules/schedule.ts";
import { whenWords } from "../../lib/reports/schedules/when.ts";
import { JOB_WORDS } from "../../lib/words/jobs.ts";
import { FormError, SeenField } from "../frame/form.tsx";
import { formAction } from "../frame/form_action.ts";
import { type FormPage, formRoute, type FormState, pageRoute } from "../frame/form_page.ts";
import { Answer, Crumbs, Empty, Fact, Facts, Post } from "../frame/parts.tsx";
import { Exact } from "../frame/times.tsx";
import { auditedBy, caller } from "../http/caller.ts";
import { idForm, idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { validate } from "../http/validate.ts";
import { atFields, formOfSchedule, FRESH, scheduleOfForm, type Values } from "./fields.ts";
import { ContentFields, ScheduleFields } from "./form.tsx";
import { type ReportPageParts, valuesShape } from "./page.tsx";

const PAGE = "/report-schedules";
const EDIT = `${PAGE}/:id`;

/** `/report-schedules`: what is made by itself and mailed; engineers set it up. */
export function schedulePages(parts: ReportPageParts): Route[] {
  const { reportSchedules, audit } = parts;
  const page: FormPage = {
    path: PAGE,
    policy: "viewer",
    draw: (context, state) => drawList(parts, context, state),
  };
  return [
    pageRoute(page),
    formRoute(page, "add", valuesShape, async (values, context) => {
      await reportSchedules.add(await scheduleOf(values), auditedBy(audit, context));
    }, "engineer"),
    formRoute(page, "switch", idForm, async ({ id }, context) => {
      const { enabled } = reportSchedules.find(id);
      await reportSchedules.change(id, { enabled: !enabled }, auditedBy(audit, context));
    }, "engineer"),
    formRoute(
      page,
      "delete",
      idForm,
      ({ id }, context) => reportSchedules.remove(id, auditedBy(audit, context)),
      "engineer",
    ),
    formAction(`${PAGE}/send`, idForm, async ({ id }, context) => {
      const by = caller(context).name;
      const job = await reportSchedules.sendNow(id, by, auditedBy(audit, context));
      return `/reports/${job.id}`;
    }, (context, sent) => page.draw(context, { form: "send", ...sent })),
    route({
      method: "get",
      path: EDIT,
      policy: "engineer",
      summary: null,
      params: idParams(),
      handler: async (context) => {
        const schedule = await one(parts, context.params.id);
        return drawEdit(parts, context, schedule, formOfSchedule(schedule), {}, 200);
      },
    }),
    formAction(`${PAGE}/change`, valuesShape, async ({ id = "", ...values }, context) => {
      await reportSchedules.change(id, await scheduleOf(values), auditedBy(audit, context));
      return PAGE;
    }, async (context, { values, errors, status }) => {
      const schedule = await one(parts, values.id ?? "");
      return drawEdit(parts, context, schedule, values, atFields(errors), status);
    }),
  ];
}

async function scheduleOf(values: Values): Promise<NewSchedule> {
  return await validate(newScheduleShape, scheduleOfForm(values), "body") as NewSchedule;
}

/** @throws PerchError `not_found` */
async function one({ reportSchedules }: ReportPageParts, id: string): Promise<ScheduleJson> {
  reportSchedules.find(id);
  return (await reportSchedules.all()).find((schedule) => schedule.id === id)!;
}

async function drawList(
  parts: ReportPageParts,
  context: RouteContext,
  state: FormState,
): Promise<Response> {
  const all = await parts.reportSchedules.all();
  const mayChange = atLeast(context.who!.role, "engineer");
  const isAdding = state.form === "add";
  return parts.frame.answer(context.c, context.who, {
    title: "Scheduled reports",
    place: "/more",
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href="/reports">Reports</a>
        </Crumbs>
        <Answer>{answerOf(all)}</Answer>
        <FormError>{isAdding ? undefined : state.errors.form}</FormError>
        {all.length === 0 && (
          <Empty>
            No report is made by schedule.{" "}
            {mayChange ? "Set one up below, and it comes by mail." : "An engineer can set one up."}
          </Empty>
        )}
        {all.map((schedule) => (
          <Card key={schedule.id} parts={parts} schedule={schedule} mayChange={mayChange} />
        ))}
        {mayChange && (
          <section class="card" aria-labelledby="schedule-add">
            <h2 id="schedule-add">New schedule</h2>
            <ScheduleForm
              parts={parts}
              action={`${PAGE}/add`}
              values={isAdding ? state.values : FRESH}
              errors={isAdding ? atFields(state.errors) : {}}
              button="Set it up"
            />
          </section>
        )}
      </>
    ),
  });
}

function answerOf(all: readonly ScheduleJson[]): string {
  const on = all.filter(({ enabled }) => enabled).length;
  if (on === 0) return all.length === 0 ? "No report comes by itself" : "All schedules are paused";
  return on === 1 ? "One report comes by itself" : `${on} reports come by themselves`;
}

function Card(
  { parts: { zone, reportSchedules }, schedule, mayChange }: {
    parts: ReportPageParts;
    schedule: ScheduleJson;
    mayChange: boolean;
  },
): VNode {
  const { id, name, cron, report, channels, enabled, next_ms, last, trouble } = schedule;
  const known = new Map(reportSchedules.channels().map((one) => [one.id, one.name]));
  const to = channels.map((channel) => known.get(channel) ?? "a channel that is gone");
  return (
    <section class="card" aria-labelledby={`schedule-${id}`}>
      <h2 id={`schedule-${id}`}>{name}</h2>
      {trouble !== null && (
        <p class="banner warning" role="status">
          {`What is due is not made yet and tried again each minute: ${trouble}`}
        </p>
      )}
      <Facts>
        <Fact name="When">{whenWords(cron)}</Fact>
        <Fact name="Next">
          {next_ms === null ? "paused" : <Exact tMs={next_ms} zone={zone} />}
        </Fact>
        <Fact name="Holds">
          {`${RANGE_WORDS[report.range]}; ${
            report.machines.length === 0 ? "all machines" : report.machines.join(", ")
          }; ${report.format.toUpperCase()}`}
        </Fact>
        <Fact name="Mailed by">{to.join(", ")}</Fact>
        <Fact name="Last">
          {last === null
            ? "none kept"
            : <a href={`/reports/${last.id}`}>{JOB_WORDS[last.state]}</a>}
        </Fact>
      </Facts>
      {mayChange && (
        <div class="buttons">
          <Post action={`${PAGE}/send`} fields={{ id }} label={`Send now: ${name}`}>Send now</Post>
          <Post
            action={`${PAGE}/switch`}
            fields={{ id }}
            seen
            label={`${switchWord(enabled)} ${name}`}
          >
            {switchWord(enabled)}
          </Post>
          <a class="report-edit" href={`${PAGE}/${id}`} aria-label={`Edit ${name}`}>Edit</a>
          <Post action={`${PAGE}/delete`} fields={{ id }} seen label={`Delete ${name}`}>
            Delete
          </Post>
        </div>
      )}
    </section>
  );
}

const switchWord = (enabled: boolean) => enabled ? "Pause" : "Go on";

function ScheduleForm(
  { parts, action, values, errors, button, id }: {
    parts: ReportPageParts;
    action: string;
    values: Values;
    errors: Record<string, string>;
    button: string;
    id?: string;
  },
): VNode {
  const { reportSchedules, siteZone } = parts;
  return (
    <form method="post" action={action} class="report-form">
      {id !== undefined && (
        <>
          <SeenField />
          <input type="hidden" name="id" value={id} />
        </>
      )}
      <FormError>{errors.form}</FormError>
      <ScheduleFields
        values={values}
        errors={errors}
        channels={reportSchedules.channels()}
        zone={siteZone}
      />
      <ContentFields values={values} errors={errors} own={false} />
      <button type="submit" class="primary">{button}</button>
    </form>
  );
}

function drawEdit(
  parts: ReportPageParts,
  context: RouteContext,
  { id, name }: ScheduleJson,
  values: Values,
  errors: Record<string, string>,
  status: number,
): Promise<Response> | Response {
  return parts.frame.answer(context.c, context.who, {
    title: name,
    place: "/more",
    status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Scheduled reports</a>
        </Crumbs>
        <Answer>{name}</Answer>
        <section class="card" aria-labelledby="schedule-edit">
          <h2 id="schedule-edit">What is made, when, and to whom it goes</h2>
          <ScheduleForm
            parts={parts}
            action={`${PAGE}/change`}
            values={values}
            errors={errors}
            button="Save"
            id={id}
          />
        </section>
      </>
    ),
  });
}
