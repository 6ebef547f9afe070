import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { isOpen, type MaintenanceWindow, spanAt, type Timing } from "../../lib/machines/windows.ts";
import { WEEKDAY_NAMES, WEEKDAYS } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { UNDO_DAYS } from "../../lib/machines/purge.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty, Post } from "../frame/parts.tsx";
import { type WindowDraft, windowDraftShape } from "./maintenance_api.ts";
import { auditedBy } from "../http/caller.ts";
import { validate } from "../http/validate.ts";
import { idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { pageTime } from "../frame/range.ts";
import type { MachinePageParts } from "./request.ts";
import { RowFilter } from "../frame/list_filter.tsx";

const PAGE = "/maintenance";
const common = { path: z.string().max(2000), title: z.string().max(80) };
const ticks = Object.fromEntries(WEEKDAYS.map((day) => [day, z.literal("on").optional()]));

/** `/maintenance`: windows, one-off and weekly. */
export function maintenancePages(parts: MachinePageParts): Route[] {
  const draw = (context: RouteContext, path: string, sent: SentForm, undo?: string) => {
    const mayChange = atLeast(context.who!.role, "engineer");
    const gone = undo === undefined || !mayChange ? undefined : parts.service.deletedWindow(undo);
    return parts.frame.answer(context.c, context.who, {
      title: "Maintenance",
      place: "/machines",
      status: sent.status,
      content: (
        <>
          {gone && <Undo window={gone} />}
          <Content parts={parts} path={path} mayChange={mayChange} sent={sent} />
        </>
      ),
    });
  };
  const again = (context: RouteContext, sent: SentForm) =>
    draw(context, sent.values.path ?? "", sent);
  const add = async (given: unknown, context: RouteContext) => {
    const window = await validate(windowDraftShape, given, "body") as WindowDraft;
    await parts.service.addWindow(window, auditedBy(parts.audit, context));
    return PAGE;
  };
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      query: z.object({
        path: z.string().max(2000).optional(),
        /** A window that was just removed: to be undone. */
        undo: z.string().max(40).optional(),
      }).loose(),
      handler: (context) =>
        draw(context, context.query.path ?? "", NOTHING_SENT, context.query.undo),
    }),
    formAction(
      `${PAGE}/once`,
      z.strictObject({ ...common, from: z.string().max(30), to: z.string().max(30) }),
      ({ path, title, ...local }, context) => {
        const [from, to] = (["from", "to"] as const).map((name) => {
          const ms = pageTime(local[name], parts.clock.now(), parts.zone);
          if (ms !== null) return ms;
          const message = "is not a date and time";
          throw new PerchError("validation", message, {
            errors: [{ path: `timing.${name}`, message }],
          });
        });
        return add({ path: path.trim(), title, timing: { kind: "once", from, to } }, context);
      },
      again,
    ),
    formAction(
      `${PAGE}/weekly`,
      z.strictObject({ ...common, start: z.string().max(8), end: z.string().max(8), ...ticks }),
      ({ path, title, start, end, ...on }, context) => {
        const days = WEEKDAYS.filter((day) => (on as Record<string, unknown>)[day] === "on");
        const timing = { kind: "weekly", days, start, end };
        return add({ path: path.trim(), title, timing }, context);
      },
      again,
    ),
    formAction(
      `${PAGE}/remove`,
      idForm,
      async ({ id }, context) => {
        await parts.service.removeWindow(id, auditedBy(parts.audit, context));
        return `${PAGE}?undo=${encodeURIComponent(id)}`;
      },
      again,
    ),
    formAction(
      `${PAGE}/restore`,
      idForm,
      async ({ id }, context) => {
        await parts.service.restoreWindow(id, auditedBy(parts.audit, context));
        return PAGE;
      },
      again,
    ),
  ];
}

function Undo({ window }: { window: MaintenanceWindow }): VNode {
  return (
    <section class="card toast" role="status" aria-label="Removed">
      <p>{`${window.title} was removed. It can be restored for ${UNDO_DAYS} days.`}</p>
      <Post action={`${PAGE}/restore`} fields={{ id: window.id }}>Undo</Post>
    </section>
  );
}

function Content(
  { parts, path, mayChange, sent }: {
    parts: MachinePageParts;
    path: string;
    mayChange: boolean;
    sent: SentForm;
  },
): VNode {
  const windows = parts.service.windows();
  const nowMs = parts.clock.now();
  const open = windows.filter(({ timing }) => isOpen(timing, nowMs, parts.siteZone)).length;
  return (
    <>
      <Crumbs>
        <a href="/machines">Machines</a>
      </Crumbs>
      <Answer>
        {open === 0
          ? "No maintenance now"
          : open === 1
          ? "One window is open"
          : `${open} windows are open`}
      </Answer>
      <FormError>{sent.errors.form}</FormError>
      <RowFilter
        rows=".windows > li"
        count={windows.length}
        label="Filter windows by title or machine"
      />
      <section class="card" aria-labelledby="windows">
        <h2 id="windows">Windows</h2>
        <WindowList parts={parts} windows={windows} mayChange={mayChange} />
      </section>
      {mayChange && (
        <div class="pair">
          <Once path={path} sent={sent} zone={parts.zone} />
          <Weekly path={path} sent={sent} zone={parts.siteZone} />
        </div>
      )}
    </>
  );
}

/** Windows with when they are, and for engineers a way to remove them. */
function WindowList(
  { parts, windows, mayChange }: {
    parts: MachinePageParts;
    windows: readonly MaintenanceWindow[];
    mayChange: boolean;
  },
): VNode {
  if (windows.length === 0) return <Empty>No windows are planned.</Empty>;
  const nowMs = parts.clock.now();
  return (
    <ul class="windows">
      {windows.map(({ id, title, path, timing }) => (
        <li key={id}>
          <span>
            <strong>{title}</strong> {path === "" ? "everything" : path}
            <span class="help">
              {timingText(timing, parts.zone)} {nextText(timing, nowMs, parts)}
            </span>
          </span>
          {mayChange && (
            <Post
              action={`${PAGE}/remove`}
              fields={{ id }}
              seen
              look="small"
              label={`Remove ${title}`}
            >
              Remove
            </Post>
          )}
        </li>
      ))}
    </ul>
  );
}

function timingText(timing: Timing, zone: string): string {
  if (timing.kind === "once") {
    const [from, to] = [timing.from, timing.to].map((ms) => dateTime(ms, zone).slice(0, 16));
    return `${from} to ${to}.`;
  }
  const days = timing.days.length === 7
    ? "Every day"
    : WEEKDAYS.filter((day) => timing.days.includes(day)).map((day) => WEEKDAY_NAMES[day]).join(
      ", ",
    );
  return `${days}, ${timing.start} to ${timing.end}.`;
}

/** When it is open next: as the site counts weeks, in the times of who looks. */
function nextText(
  timing: Timing,
  nowMs: number,
  { zone, siteZone }: Pick<PageParts, "zone" | "siteZone">,
): string {
  const span = spanAt(timing, nowMs, siteZone);
  if (span === null) return "Over.";
  if (span.fromMs <= nowMs) return `Open until ${dateTime(span.toMs, zone).slice(0, 16)}.`;
  return timing.kind === "once" ? "" : `Next ${dateTime(span.fromMs, zone).slice(0, 16)}.`;
}

function Common({ path, sent, form }: { path: string; sent: SentForm; form: string }): VNode {
  return (
    <>
      <Field
        name="title"
        id={`${form}-title`}
        label="What for"
        value={sent.values.title}
        error={sent.errors.title}
        autocomplete="off"
      />
      <Picker
        kinds={["machine", "area"]}
        name="path"
        id={`${form}-path`}
        label="Machine or area"
        value={sent.values.path ?? path}
        error={sent.errors.path}
        help="By name or path. Empty: everything."
        autocomplete="off"
        required={false}
      />
    </>
  );
}

function TimeField(
  { form, name, label, type, sent }: {
    form: string;
    name: string;
    label: string;
    type: "time" | "datetime-local";
    sent: SentForm;
  },
): VNode {
  return (
    <Field
      name={name}
      id={`${form}-${name}`}
      label={label}
      type={type}
      value={sent.values[name]}
      error={sent.errors[`timing.${name}`]}
    />
  );
}

function Once({ path, sent, zone }: { path: string; sent: SentForm; zone: string }): VNode {
  return (
    <section class="card" aria-labelledby="once">
      <h2 id="once">Once</h2>
      <form method="post" action={`${PAGE}/once`}>
        <Common path={path} sent={sent} form="once" />
        <TimeField form="once" name="from" label="From" type="datetime-local" sent={sent} />
        <TimeField form="once" name="to" label="To" type="datetime-local" sent={sent} />
        <p class="help">{`Times in ${zone}.`}</p>
        <button type="submit">Plan</button>
      </form>
    </section>
  );
}

function Weekly({ path, sent, zone }: { path: string; sent: SentForm; zone: string }): VNode {
  return (
    <section class="card" aria-labelledby="weekly">
      <h2 id="weekly">Every week</h2>
      <form method="post" action={`${PAGE}/weekly`}>
        <Common path={path} sent={sent} form="weekly" />
        <fieldset class="days">
          <legend>Days</legend>
          {WEEKDAYS.map((day) => (
            <label key={day}>
              <input type="checkbox" name={day} checked={sent.values[day] === "on"} />{" "}
              {WEEKDAY_NAMES[day]}
            </label>
          ))}
          <FormError>{sent.errors["timing.days"]}</FormError>
        </fieldset>
        <TimeField form="weekly" name="start" label="From" type="time" sent={sent} />
        <TimeField form="weekly" name="end" label="To" type="time" sent={sent} />
        <p class="help">{`Times in ${zone}; an end at or before the start is on the next day.`}</p>
        <button type="submit">Plan</button>
      </form>
    </section>
  );
}
