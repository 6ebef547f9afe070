import type { VNode } from "preact";
import { type KioskLink, newKioskLinkShape } from "../../lib/dashboards/kiosk_link.ts";
import { isUnder } from "../../lib/machines/machine.ts";
import { namesOf } from "../../lib/settings/setting.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { Answer, Crumbs, Empty, Post, Table } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { auditedBy, byOf } from "../http/caller.ts";
import { idForm } from "../http/params.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { kioskUrl } from "./kiosk_api.ts";
import { askerOf, type BoardParts, dashboardHref, PAGE } from "./request.ts";

/** `/settings/screens`: links for screens, and what everybody may see. For admins. */
export function screenPages(parts: BoardParts): Route[] {
  const page: FormPage = {
    path: "/settings/screens",
    policy: "admin",
    draw: (context, state) => draw(parts, context, state),
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
    formRoute(page, "revoke", idForm, async ({ id }, context) => {
      await parts.kioskLinks.revoke(id, auditedBy(parts.audit, context));
    }),
  ];
}

async function draw(
  parts: BoardParts,
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
            <Table label="Links of screens">
              <thead>
                <tr>
                  <th scope="col">Screen</th>
                  <th scope="col" class="text">Dashboard</th>
                  <th scope="col" class="text">Made</th>
                  <th scope="col" class="text">Last used</th>
                  <th scope="col">
                    <span class="hidden">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {links.map((link) => (
                  <LinkRow key={link.id} parts={parts} link={link} title={titleOf} />
                ))}
              </tbody>
            </Table>
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
              <form method="post" action="/settings/screens/add">
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
        <StatusPageNow parts={parts} />
      </>
    ),
  });
}

function LinkRow(
  { parts, link, title }: { parts: BoardParts; link: KioskLink; title: (id: string) => string },
): VNode {
  const { id, name, dashboardId, createdMs, createdBy, lastUsedMs, revokedMs } = link;
  const times = { nowMs: parts.clock.now(), zone: parts.zone };
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="text">
        <a href={dashboardHref(dashboardId)}>{title(dashboardId)}</a>
      </td>
      <td class="text">
        <Ago tMs={createdMs} {...times} /> by {createdBy}
      </td>
      <td class="text">
        <Ago tMs={lastUsedMs} {...times} />
      </td>
      <td>
        {revokedMs !== null
          ? (
            <>
              revoked <Ago tMs={revokedMs} {...times} />
            </>
          )
          : (
            <Post
              action="/settings/screens/revoke"
              fields={{ id }}
              seen
              look="small"
              label={`Revoke the link for ${name}`}
            >
              Revoke
            </Post>
          )}
      </td>
    </tr>
  );
}

/** Whether the public page is on, what it shows, and what in its list matches nothing. */
function StatusPageNow({ parts }: { parts: BoardParts }): VNode {
  const { settings, machines } = parts;
  const names = namesOf(settings.get("status_page.machines"));
  const lost = names.filter((name) =>
    machines.find(name) === undefined && !machines.all().some(({ path }) => isUnder(path, name))
  );
  const isOn = settings.get("status_page.enabled");
  return (
    <section class="card" aria-labelledby="public">
      <h2 id="public">Public status page</h2>
      <p>
        {isOn
          ? (
            <>
              It is on: everybody who reaches Perch sees <a href="/status">/status</a>.
            </>
          )
          : "It is off: without a sign-in nobody sees how machines are."}
      </p>
      {isOn && names.length === 0 && (
        <p class="error">It lists no machine: name some in the settings.</p>
      )}
      {lost.map((name) => (
        <p key={name} class="error">{`No machine and no area matches “${name}”.`}</p>
      ))}
      <p>
        <a href="/settings">Change it in the settings</a>
      </p>
    </section>
  );
}
