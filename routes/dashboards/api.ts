import { z } from "zod";
import { boardShape } from "../../lib/live/board.ts";
import {
  type Dashboard,
  dashboardPatchShape,
  dashboardShape,
  newDashboardShape,
  shownDashboard,
} from "../../lib/dashboards/dashboard.ts";
import { auditedBy } from "../http/caller.ts";
import { flagField, idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { askerOf, boardOf, type BoardParts } from "./request.ts";

const tags = ["Dashboards"];
const id = idParams();
const one = { 200: { description: "The dashboard", schema: dashboardShape } };

/** `/api/dashboards`: pages that people put together. */
export function dashboardApi(parts: BoardParts): Route[] {
  const { dashboards, audit } = parts;
  const shown = (dashboard: Dashboard, context: Pick<RouteContext, "who">) =>
    shownDashboard(dashboard, askerOf(context));
  return [
    route({
      method: "get",
      path: "/api/dashboards",
      policy: "viewer",
      summary: "One's own dashboards and shared ones; for admins all",
      tags,
      responses: { 200: { description: "By title", schema: listOf(dashboardShape) } },
      handler: async (context) => {
        const all = await dashboards.visible(askerOf(context));
        return Response.json({ items: all.map((one) => shown(one, context)), next: null });
      },
    }),
    route({
      method: "post",
      path: "/api/dashboards",
      policy: "viewer",
      summary: "Make a dashboard",
      tags,
      body: newDashboardShape,
      example: {
        body: {
          title: "Press hall",
          tiles: [{ kind: "value", sensor: "hall-1/press-3/temperature" }, { kind: "status" }],
        },
      },
      responses: { 201: { description: "The dashboard", schema: dashboardShape } },
      handler: async (context) => {
        const made = await dashboards.add(
          context.body,
          askerOf(context),
          auditedBy(audit, context),
        );
        return Response.json(shown(made, context), { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/dashboards/:id",
      policy: "viewer",
      summary: "A dashboard",
      tags,
      params: id,
      responses: one,
      handler: async (context) =>
        Response.json(shown(await dashboards.find(context.params.id, askerOf(context)), context)),
    }),
    route({
      method: "get",
      path: "/api/dashboards/:id/now",
      policy: "viewer",
      summary: "What a dashboard shows now",
      tags,
      params: id,
      query: z.object({ charts: flagField("with the lines of charts") }),
      responses: { 200: { description: "Its tiles, filled", schema: boardShape } },
      handler: async (context) => {
        const dashboard = await dashboards.find(context.params.id, askerOf(context));
        const asked = { links: true, charts: context.query.charts === true };
        return Response.json(await boardOf(parts, dashboard, asked));
      },
    }),
    route({
      method: "patch",
      path: "/api/dashboards/:id",
      policy: "viewer",
      summary: "Change one's own dashboard",
      tags,
      params: id,
      body: dashboardPatchShape,
      example: { body: { shared: true } },
      responses: { ...one, 403: { description: "It is somebody else's" } },
      handler: async (context) => {
        const changed = await dashboards.change(
          context.params.id,
          context.body,
          askerOf(context),
          auditedBy(audit, context),
        );
        return Response.json(shown(changed, context));
      },
    }),
    route({
      method: "delete",
      path: "/api/dashboards/:id",
      policy: "viewer",
      summary: "Delete one's own dashboard, and the links of screens that show it",
      tags,
      params: id,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await dashboards.remove(context.params.id, askerOf(context), auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
