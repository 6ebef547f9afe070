import type { VNode } from "preact";
import { z } from "zod";
import { CameraHealth } from "../../islands/camera_health.tsx";
import { cameraStatus, type CameraView } from "../../lib/cameras/camera_view.ts";
import { cameraMachineId } from "../../lib/machines/camera_machine.ts";
import { type FormState, NO_FORM } from "../frame/form_page.ts";
import { FormError } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { machineHref } from "../frame/links.ts";
import { Crumbs } from "../frame/parts.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { cameraActions } from "./actions.tsx";
import { addressToAsk } from "../frame/asked_address.ts";
import { CameraEvents, eventsOf } from "./events.tsx";
import { keptOf, keptQuery, KeptSection } from "./kept.tsx";
import { Ask, Doings, SettingsForms } from "./forms.tsx";
import {
  AnswerNow,
  type CameraPageParts,
  isAdmin,
  isEngineer,
  kindTitle,
  LooksAt,
  PAGE,
  Picture,
  StateNow,
} from "./page_parts.tsx";

/** `/cameras/:id`: one camera, as it is now, what happened, and what may be done about it. */
export function cameraPages(parts: CameraPageParts): Route[] {
  const path = `${PAGE}/:id`;
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const draw = (context: RouteContext, state: FormState) =>
    drawCamera(parts, context, idOf(context), state);
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().max(80) }),
      query: keptQuery,
      handler: (context) => draw(context, NO_FORM),
    }),
    ...cameraActions(parts, { path, idOf, draw }),
  ];
}

async function drawCamera(
  parts: CameraPageParts,
  context: RouteContext,
  id: string,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const since = parts.place();
  const view = parts.cameras.find(id);
  const admin = isAdmin(who);
  const [events, asks, kept] = await Promise.all([
    eventsOf(parts, id),
    admin ? addressToAsk(parts.cameras, id, parts.clock) : null,
    keptOf(parts, id, keptQuery.parse(c.req.query())),
  ]);
  const elsewhere = state.form !== "change" && state.form !== "settings";
  return parts.frame.answer(c, who, {
    title: view.name,
    place: PAGE,
    script: "cameras",
    stream: { types: "camera" },
    since,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Cameras</a>
        </Crumbs>
        <AnswerNow views={[view]} />
        <div class="camera-state">
          <StateNow parts={parts} view={view} sentence />
        </div>
        {state.notice}
        <FormError>{elsewhere ? Object.values(state.errors)[0] : undefined}</FormError>
        {asks !== null && <Ask view={view} address={asks} />}
        <div class="camera-page">
          <div class="camera-main">
            <Picture view={view} live />
            <noscript>
              <p class="camera-about">
                <a href={`/api/cameras/${encodeURIComponent(id)}/stream`}>The live picture</a>
              </p>
            </noscript>
            {isEngineer(who) && <Doings view={view} admin={admin} />}
          </div>
          <div class="camera-side">
            <About parts={parts} view={view} />
            <Health parts={parts} view={view} />
          </div>
        </div>
        <KeptSection parts={parts} view={view} kept={kept} mayDelete={isEngineer(who)} />
        <CameraEvents events={events} id={id} zone={parts.zone} />
        {admin && <SettingsForms parts={parts} view={view} state={state} />}
      </>
    ),
  });
}

function About({ parts, view }: { parts: CameraPageParts; view: CameraView }): VNode {
  // It is a machine, too, once something of it was stored.
  const own = parts.machines.find(cameraMachineId(view.id));
  return (
    <p class="camera-about">
      {kindTitle(view.kind)}
      <LooksAt parts={parts} view={view} before=", looks at " />
      {own && own.deletedMs === null && (
        <>
          {" · "}
          <a href={machineHref(own.path)}>Charts</a>
        </>
      )}
    </p>
  );
}

function Health({ parts, view }: { parts: CameraPageParts; view: CameraView }): VNode {
  const props = { status: cameraStatus(view), nowMs: parts.clock.now(), zone: parts.zone };
  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <Island name="CameraHealth" component={CameraHealth} props={props} />
    </section>
  );
}
