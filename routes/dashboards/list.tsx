import type { VNode } from "preact";
import { z } from "zod";
import { type Dashboard, newDashboardShape } from "../../lib/dashboards/dashboard.ts";
import { dashboardHref } from "../frame/links.ts";
import { type FormPage, type FormState, pageRoute, stateOf } from "../frame/form_page.ts";
import { Field, FormError } from "../frame/form.tsx";
import { Answer, Empty, More } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { formAction } from "../frame/form_action.ts";
import { askerOf, type BoardParts, PAGE } from "./request.ts";

/** `/dashboards`: one's own, those that are shared, and a new one. */
export function dashboardListPages(parts: BoardParts): Route[] {
  const page: FormPage = {
    path: PAGE,
    policy: "viewer",
    draw: (context, state) => draw(parts, context, state),
  };
  const form = z.strictObject({ title: newDashboardShape.shape.title });
  return [
    pageRoute(page),
    formAction(
      `${PAGE}/new`,
      form,
      async ({ title }, context) => {
        const given = { title, shared: false, tiles: [] };
        const { id } = await parts.dashboards.add(
          given,
          askerOf(context),
          auditedBy(parts.audit, context),
        );
        return `${dashboardHref(id)}/edit`;
      },
      (context, sent) => page.draw(context, { form: "new", ...sent }),
      "viewer",
    ),
  ];
}

async function draw(
  parts: BoardParts,
  context: RouteContext,
  state: FormState,
): Promise<Response> {
  const who = askerOf(context);
  const all = await parts.dashboards.visible(who);
  const mine = all.filter(({ ownerId }) => ownerId === who.id);
  const others = all.filter(({ ownerId }) => ownerId !== who.id);
  const { errors, values } = stateOf(state, "new");
  return parts.frame.answer(context.c, context.who, {
    title: "Dashboards",
    place: PAGE,
    status: state.status,
    content: (
      <>
        <Answer>
          {all.length === 0
            ? "No dashboards yet"
            : `${all.length} ${all.length === 1 ? "dashboard" : "dashboards"}`}
        </Answer>
        {all.length === 0 && (
          <Empty>
            A dashboard shows what you choose: values, charts, tables, machines and notes, in your
            order. Make the first one below, or start from a sensor’s page.
          </Empty>
        )}
        {mine.length > 0 && <List id="mine" title="Yours" dashboards={mine} parts={parts} />}
        {others.length > 0 && (
          <List
            id="others"
            title="Of others"
            dashboards={others}
            parts={parts}
            owners
          />
        )}
        <section class="card" aria-labelledby="new">
          <h2 id="new">New dashboard</h2>
          <form method="post" action={`${PAGE}/new`}>
            <FormError>{errors.form}</FormError>
            <Field
              name="title"
              label="Title"
              value={values.title}
              error={errors.title}
              placeholder="Press hall"
            />
            <button type="submit" class="primary">Create</button>
          </form>
        </section>
        {who.role === "admin" && (
          <More href="/settings/screens">Screens and the public status page</More>
        )}
      </>
    ),
  });
}

function List(
  { id, title, dashboards, parts, owners = false }: {
    id: string;
    title: string;
    dashboards: readonly Dashboard[];
    parts: BoardParts;
    owners?: boolean;
  },
): VNode {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="board-list">
        {dashboards.map((one) => {
          const owner = owners ? parts.users.find(one.ownerId) : undefined;
          const count = one.tiles.length === 1 ? "1 tile" : `${one.tiles.length} tiles`;
          return (
            <li key={one.id}>
              <a href={dashboardHref(one.id)}>{one.title}</a>
              <span class="muted">
                {[count, one.shared ? "shared" : "", owner && (owner.name || owner.email)]
                  .filter(Boolean).join(" · ")}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
