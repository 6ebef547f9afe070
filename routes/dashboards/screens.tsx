import type { VNode } from "preact";
import { type KioskLink, newKioskLinkShape } from "../../lib/dashboards/kiosk_link.ts";
import { dashboardHref } from "../frame/links.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { Answer, Crumbs, Empty, Post } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { auditedBy, byOf } from "../http/caller.ts";
import { idForm } from "../http/params.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { kioskUrl } from "./kiosk_api.ts";
import { StatusPageCard, statusSettings } from "./status_settings.tsx";
import { askerOf, type BoardParts, PAGE } from "./request.ts";

const PATH = "/settings/screens";

/** `/settings/screens`: links for screens, and what everybody may see. For admins. */
export function screenPages(parts: BoardParts): Route[] {
  const page: FormPage = {
    path: PATH,
    policy: "admin",
    draw: (context, state) => draw(parts, page, context, state),
  };
  return [
    pageRoute(page),
    formRoute(page, "add", newKioskLinkShape, async (given, context) => {
      const { secret, link } = await parts.kioskLinks.add(given, byOf(parts.audit, context));
      const url = kioskUrl(parts, context, secret);
      return (
        <section class="card attention" aria-labelledby="made" role="status">
          <h2 id="made">{`The link for ${link.name}`}</h2>
          <p>
            <code class="secret">{url}</code>
          </p>
          <p class="help">
            Open it on the screen. It is shown this once; whoever has it sees the dashboard, until
            you revoke it. With <code>?theme=dark</code> at its end the screen is dark.
          </p>
          <p>
            <a href={url}>Open it here</a>
          </p>
        </section>
      );
    }),
    statusSettings(parts, page),
    formRoute(page, "revoke", idForm, async ({ id }, context) => {
      await parts.kioskLinks.revoke(id, auditedBy(parts.audit, context));
    }),
  ];
}

async function draw(
  parts: BoardParts,
  page: FormPage,
  context: RouteContext,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const [links, dashboards] = await Promise.all([
    parts.kioskLinks.all(),
    parts.dashboards.visible(askerOf(context)),
  ]);
  const live = links.filter(({ revokedMs }) => revokedMs === null);
  const { errors, values } = stateOf(state, "add");
  const titleOf = (id: string) => dashboards.find((one) => one.id === id)?.title ?? "deleted";
  return parts.frame.answer(c, who, {
    title: "Screens",
    place: PAGE,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Dashboards</a>
        </Crumbs>
        <Answer>
          {live.length === 0
            ? "No screen shows a dashboard without a sign-in"
            : `${live.length} ${live.length === 1 ? "link shows" : "links show"} a dashboard`}
        </Answer>
        {state.notice}
        <FormError>
          {state.form === "revoke" ? Object.values(state.errors)[0] : undefined}
        </FormError>
        {links.length > 0 && (
          <section class="card" aria-labelledby="links">
            <h2 id="links">Links</h2>
            <ul class="board-list">
              {links.map((link) => (
                <LinkItem
                  key={link.id}
                  parts={parts}
                  link={link}
                  title={titleOf(link.dashboardId)}
                />
              ))}
            </ul>
          </section>
        )}
        <section class="card" aria-labelledby="add">
          <h2 id="add">New link for a screen</h2>
          {dashboards.length === 0
            ? (
              <Empty>
                There is no dashboard to show yet. <a href={PAGE}>Make one first.</a>
              </Empty>
            )
            : (
              <form method="post" action={`${PATH}/add`}>
                <FormError>{errors.form}</FormError>
                <Field
                  name="name"
                  label="Where the screen is"
                  placeholder="Press hall, north wall"
                  value={values.name}
                  error={errors.name}
                />
                <Select
                  name="dashboard"
                  label="Dashboard"
                  options={dashboards.map(({ id, title }) => [id, title] as const)}
                  value={values.dashboard ?? c.req.query("dashboard")}
                  error={errors.dashboard}
                />
                <button type="submit" class="primary">Make the link</button>
              </form>
            )}
        </section>
        <StatusPageCard parts={parts} page={page} state={state} />
      </>
    ),
  });
}

function LinkItem(
  { parts, link, title }: { parts: BoardParts; link: KioskLink; title: string },
): VNode {
  const { id, name, dashboardId, createdMs, createdBy, lastUsedMs, revokedMs } = link;
  const times = { nowMs: parts.clock.now(), zone: parts.zone };
  return (
    <li>
      <span>
        <strong>{name}</strong> shows <a href={dashboardHref(dashboardId)}>{title}</a>
        <span class="area">
          made <Ago tMs={createdMs} {...times} /> by {createdBy}, last used{" "}
          <Ago tMs={lastUsedMs} {...times} />
        </span>
      </span>
      {revokedMs !== null
        ? (
          <span class="muted">
            revoked <Ago tMs={revokedMs} {...times} />
          </span>
        )
        : (
          <Post
            action={`${PATH}/revoke`}
            fields={{ id }}
            seen
            look="small"
            label={`Revoke the link for ${name}`}
          >
            Revoke
          </Post>
        )}
    </li>
  );
}
