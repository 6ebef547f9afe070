import type { VNode } from "preact";
import { z } from "zod";
import type { ComputedView } from "../../lib/computed/computed.ts";
import type { Preview } from "../../lib/computed/preview.ts";
import { type Way, WAYS } from "../../lib/computed/spec.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { shownValue } from "../../lib/machines/sensor.ts";
import { number } from "../../lib/words/numbers.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { sensorHref } from "../frame/links.ts";
import { Answer, Crumbs, Empty, More, Post, Table } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  ComputedForm,
  computedForm,
  type ComputedValues,
  SAVE,
  specOfForm,
  valuesOf,
  WayChoice,
} from "./computed_form.tsx";
import { computedState, computedText } from "./computed_words.ts";
import type { SensorPageParts } from "./request.ts";
import { RowFilter } from "../frame/list_filter.tsx";

const PAGE = "/computed";
const PREVIEW_HOURS = 6;
const Query = z.object({ how: z.enum(Object.keys(WAYS) as [Way, ...Way[]]).optional() }).loose();

/** `/computed`: sensors that are computed from others, and their form. */
export function computedPages(parts: SensorPageParts): Route[] {
  const { computed } = parts;

  function drawForm(context: RouteContext, sent: SentForm, preview: Preview | null) {
    const { id } = sent.values;
    const view = id ? computed.find(id) : null;
    const how = (sent.values.how ?? view?.spec.how) as Way;
    const content = (
      <>
        <Crumbs>
          <a href={PAGE}>Computed sensors</a>
        </Crumbs>
        <h1>{view === null ? `${WAYS[how]}: a new sensor` : view.sensor.name}</h1>
        {view !== null && (
          <p class="muted">
            What was computed in another way is replaced from the oldest reading on.
          </p>
        )}
        <ComputedForm
          how={how}
          sent={sent}
          preview={preview}
          isNew={view === null}
        />
        {view !== null && (
          <section class="card" aria-labelledby="end">
            <h2 id="end">No longer</h2>
            <Post
              action={`${PAGE}/end`}
              fields={{ id: view.sensor.id }}
              seen
              about={<p class="help">The sensor stays, with what was computed so far.</p>}
            >
              Compute it no more
            </Post>
          </section>
        )}
      </>
    );
    return parts.frame.answer(context.c, context.who, {
      title: view === null ? "New computed sensor" : `Computing ${view.sensor.name}`,
      place: "/sensors",
      status: sent.status,
      content,
    });
  }

  async function sent(values: ComputedValues, context: RouteContext): Promise<string | Response> {
    const all = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value ?? ""]),
    );
    const again = { ...NOTHING_SENT, values: all };
    if (values.go === "more") {
      all.rows = String(Number(all.rows) + 2);
      return await drawForm(context, again, null);
    }
    const spec = await specOfForm(values);
    if (values.go === "preview") {
      return await drawForm(context, again, await computed.preview(spec, PREVIEW_HOURS));
    }
    const audited = auditedBy(parts.audit, context);
    if (values.id) return sensorHref((await computed.change(values.id, spec, audited)).sensor.id);
    const unit = values.unit?.trim() || undefined;
    const made = await computed.add({ name: values.name?.trim() ?? "", unit, spec }, audited);
    return sensorHref(made.sensor.id);
  }

  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      handler: ({ c, who }) =>
        parts.frame.answer(c, who, {
          title: "Computed sensors",
          place: "/sensors",
          content: <List all={computed.all()} mayAdd={atLeast(who!.role, "engineer")} />,
        }),
    }),
    route({
      method: "get",
      path: `${PAGE}/add`,
      policy: "engineer",
      summary: null,
      query: Query,
      handler: (context) => {
        const { how } = context.query;
        if (how !== undefined) {
          return drawForm(context, { ...NOTHING_SENT, values: { how } }, null);
        }
        return parts.frame.answer(context.c, context.who, {
          title: "New computed sensor",
          place: "/sensors",
          content: (
            <>
              <Crumbs>
                <a href={PAGE}>Computed sensors</a>
              </Crumbs>
              <Answer>What should be computed?</Answer>
              <section class="card" aria-label="Ways">
                <WayChoice />
              </section>
            </>
          ),
        });
      },
    }),
    route({
      method: "get",
      path: `${PAGE}/edit/:id`,
      policy: "engineer",
      summary: null,
      params: z.object({ id: z.string().max(40) }),
      handler: (context) => {
        const { sensor, spec } = computed.find(context.params.id);
        const values = { id: sensor.id, ...valuesOf(spec, parts.sensors) };
        return drawForm(context, { ...NOTHING_SENT, values }, null);
      },
    }),
    formAction(
      SAVE,
      computedForm as z.ZodType<ComputedValues>,
      sent,
      (context, again) => drawForm(context, again, null),
    ),
    formAction(`${PAGE}/end`, idForm, async ({ id }, context) => {
      const sensor = await computed.end(id, auditedBy(parts.audit, context));
      return sensorHref(sensor.id);
    }, (context, again) => drawForm(context, again, null)),
  ];
}

function List({ all, mayAdd }: { all: readonly ComputedView[]; mayAdd: boolean }): VNode {
  return (
    <>
      <Crumbs>
        <a href="/sensors">Sensors</a>
      </Crumbs>
      <Answer>{sentenceOf(all)}</Answer>
      <RowFilter rows="main tbody tr" count={all.length} label="Filter computed sensors" />
      {all.length === 0
        ? (
          <Empty>
            A sensor can be computed from others: a difference, a mean, energy from power, run
            hours, or an expression of your own.
          </Empty>
        )
        : (
          <Table label="Computed sensors">
            <thead>
              <tr>
                <th>Sensor</th>
                <th>From</th>
                <th>Now</th>
                <th>State</th>
              </tr>
            </thead>
            <tbody>
              {all.map((view) => <Row key={view.sensor.id} view={view} />)}
            </tbody>
          </Table>
        )}
      {mayAdd && <More href={`${PAGE}/add`}>New computed sensor</More>}
    </>
  );
}

function sentenceOf(all: readonly ComputedView[]): string {
  const faulty = all.filter(({ fault }) => fault !== null).length;
  if (faulty > 0) {
    return faulty === 1
      ? "One computed sensor gives no value"
      : `${faulty} computed sensors give no value`;
  }
  if (all.length === 0) return "No sensor is computed from others";
  return all.length === 1
    ? "One sensor is computed from others"
    : `${all.length} sensors are computed from others`;
}

function Row({ view }: { view: ComputedView }): VNode {
  const { sensor } = view;
  const value = sensor.last === null ? "–" : shownValue(sensor, sensor.last.value);
  return (
    <tr>
      <td>
        <a href={sensorHref(sensor.id)}>{sensor.name}</a>
      </td>
      <td>{computedText(view)}</td>
      <td class="number">
        {typeof value === "number" ? number(value, sensor.settings.decimals) : value}
        {sensor.last !== null && sensor.unit && <span class="unit">{sensor.unit}</span>}
      </td>
      <td>
        {view.fault !== null && <span class="mark warning" aria-hidden="true">▲</span>}{" "}
        {computedState(view)}
      </td>
    </tr>
  );
}
