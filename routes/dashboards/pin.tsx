import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { type Tile, type TileKind, tileSchema } from "../../lib/dashboards/dashboard.ts";
import { mayChange } from "../../lib/dashboards/dashboards.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Field, FormError, Hidden, Select } from "../frame/form.tsx";
import { dashboardHref, machineTitle } from "../frame/links.ts";
import { Answer, Crumbs } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { findSensor } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { findMachine } from "../machines/request.ts";
import { askerOf, type BoardParts, PAGE } from "./request.ts";
import { calledIn, KIND_NAMES } from "./tile_form.tsx";

const PIN = `${PAGE}/pin`;
const KINDS = { sensor: ["value", "chart"], machine: ["status", "table"] } as const;
const NEW = "new";
const Query = z.object({
  sensor: z.string().max(2000).optional(),
  machine: z.string().max(2000).optional(),
}).loose();
const form = z.strictObject({
  sensor: z.string().max(2000).optional(),
  machine: z.string().max(2000).optional(),
  kind: z.enum(["value", "chart", "status", "table"]),
  dashboard: z.string().max(40),
  title: z.string().trim().max(80).default(""),
});

/** `/dashboards/pin`: puts a sensor or a machine on a dashboard, from its own page. */
export function pinPages(parts: BoardParts): Route[] {
  const path = PIN;
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(parts, context, context.query, NOTHING_SENT),
    }),
    formAction(
      path,
      form,
      async ({ dashboard, title, kind, sensor, machine }, context) => {
        const who = askerOf(context);
        const audited = auditedBy(parts.audit, context);
        const tile = tileSchema.parse(tileOf(kind, { sensor, machine }));
        if (dashboard !== NEW && title === "") {
          const { id, tiles } = await parts.dashboards.find(dashboard, who);
          await parts.dashboards.change(id, { tiles: [...tiles, tile] }, who, audited);
          return dashboardHref(id);
        }
        if (title === "") {
          const message = "Give the new dashboard a title.";
          throw new PerchError("validation", message, { errors: [{ path: "title", message }] });
        }
        const given = { title, shared: false, tiles: [tile] };
        return dashboardHref((await parts.dashboards.add(given, who, audited)).id);
      },
      (context, sent) => draw(parts, context, sent.values, sent),
      "viewer",
    ),
  ];
}

function tileOf(kind: TileKind, { sensor, machine }: z.output<typeof Query>): Partial<Tile> {
  if (kind === "value") return { kind, sensor: sensor ?? "" };
  if (kind === "chart") return { kind, sensors: [sensor ?? ""] };
  return { kind, machine } as Partial<Tile>;
}

async function draw(
  parts: BoardParts,
  context: RouteContext,
  { sensor, machine }: z.output<typeof Query>,
  { errors, values, status }: SentForm,
): Promise<Response> {
  const who = askerOf(context);
  const subject = machine === undefined
    ? calledIn(parts.machines, findSensor(parts.sensors, sensor ?? ""))
    : machineTitle(findMachine(parts.machines, machine));
  const all = await parts.dashboards.visible(who);
  const mine = all.filter((one) => mayChange(one, who))
    .sort((a, b) => b.changedMs - a.changedMs);
  const kinds = KINDS[machine === undefined ? "sensor" : "machine"];
  return parts.frame.answer(context.c, context.who, {
    title: `Pin ${subject}`,
    place: PAGE,
    status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Dashboards</a>
        </Crumbs>
        <Answer>{`Pin ${subject} to a dashboard`}</Answer>
        <section class="card" aria-label="Where it is shown, and how">
          <form method="post" action={PIN}>
            <Hidden values={machine === undefined ? { sensor: sensor! } : { machine }} />
            <FormError>{errors.form ?? errors["tiles.0.sensor"]}</FormError>
            <Select
              name="kind"
              label="Show it as"
              value={values.kind}
              options={kinds.map((kind) => [kind, KIND_NAMES[kind]] as const)}
              error={errors.kind}
            />
            <Select
              name="dashboard"
              label="Dashboard"
              value={values.dashboard}
              options={[
                ...mine.map(({ id, title }) => [id, title] as const),
                [NEW, "A new dashboard"],
              ]}
              error={errors.dashboard}
            />
            <Field
              name="title"
              label="Title of a new dashboard"
              required={false}
              value={values.title}
              error={errors.title}
              help={mine.length > 0 ? "Filled, it counts instead of one above." : undefined}
              autocomplete="off"
            />
            <button type="submit" class="primary">Pin it</button>
          </form>
        </section>
      </>
    ),
  });
}
