import { z } from "zod";
import { mayChange } from "../../lib/dashboards/dashboards.ts";
import { dashboardHref } from "../frame/links.ts";
import { type FormState, NO_FORM } from "../frame/form_page.ts";
import { itemActions } from "../frame/option_form.tsx";
import { Crumbs, Empty, More, Post } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { askerOf, boardOf, type BoardParts, PAGE } from "./request.ts";
import { BoardView } from "./view.tsx";

const path = `${PAGE}/:id`;
/** Without script. */
const REFRESH_S = 15;

/** `/dashboards/:id`: what its tiles show. */
export function dashboardPages(parts: BoardParts): Route[] {
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const draw = (context: RouteContext, state: FormState) => drawBoard(parts, context, state);
  const action = itemActions({ path, idOf, draw }, dashboardHref);
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      handler: (context) => draw(context, NO_FORM),
    }),
    action("copy", "viewer", z.strictObject({}), async (id, _, context) => {
      const who = askerOf(context);
      const { title, tiles } = await parts.dashboards.find(id, who);
      const copy = await parts.dashboards.add(
        { title: `Copy of ${title}`.slice(0, 80), shared: false, tiles: [...tiles] },
        who,
        auditedBy(parts.audit, context),
      );
      return `${dashboardHref(copy.id)}/edit`;
    }),
  ];
}

async function drawBoard(
  parts: BoardParts,
  context: RouteContext,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const asker = askerOf(context);
  const dashboard = await parts.dashboards.find(c.req.param("id")!, asker);
  const { id, title, shared, tiles } = dashboard;
  const may = mayChange(dashboard, asker);
  const board = await boardOf(parts, dashboard, { links: true, charts: true });
  return parts.frame.answer(c, who, {
    title,
    place: PAGE,
    script: "board",
    refreshS: REFRESH_S,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Dashboards</a>
        </Crumbs>
        <div class="board-head">
          <h1>{title}</h1>
          <p class="muted">{shared ? "Shared" : "Only for its owner"}</p>
          {may && <a href={`${dashboardHref(id)}/edit`}>Edit</a>}
        </div>
        {tiles.length === 0 ? <Empty>This dashboard has no tiles yet.</Empty> : (
          <BoardView
            board={board}
            tiles={tiles}
            address={`/api${dashboardHref(id)}/now`}
            zone={parts.zone}
          />
        )}
        <Post action={`${dashboardHref(id)}/copy`} look="small">Make a copy</Post>
        {asker.role === "admin" && (
          <More href={`/settings/screens?dashboard=${id}`}>Show it on a screen</More>
        )}
      </>
    ),
  });
}
