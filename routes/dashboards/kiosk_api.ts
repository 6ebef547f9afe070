import {
  kioskLinkShape,
  madeKioskLinkShape,
  newKioskLinkShape,
  shownLink,
} from "../../lib/dashboards/kiosk_link.ts";
import { auditedBy, byOf } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type BoardParts, KIOSK } from "./request.ts";

const tags = ["Dashboards"];

/** Address of a screen, as it is typed there. */
export function kioskUrl(
  { publicUrl }: Pick<BoardParts, "publicUrl">,
  { c }: Pick<RouteContext, "c">,
  secret: string,
): string {
  const base = publicUrl ?? new URL(c.req.url).origin;
  return `${base.replace(/\/$/, "")}${KIOSK}/${secret}`;
}

/** `/api/kiosk-links`: links for screens, which show a dashboard to whoever has them. */
export function kioskApi(parts: BoardParts): Route[] {
  const { kioskLinks, audit } = parts;
  return [
    route({
      method: "get",
      path: "/api/kiosk-links",
      policy: "admin",
      summary: "Links of screens, without their secrets",
      tags,
      responses: { 200: { description: "All links", schema: listOf(kioskLinkShape) } },
      handler: async () =>
        Response.json({ items: (await kioskLinks.all()).map(shownLink), next: null }),
    }),
    route({
      method: "post",
      path: "/api/kiosk-links",
      policy: "admin",
      summary:
        "Make a link that shows a dashboard without a sign-in, read only, until it is revoked",
      tags,
      body: newKioskLinkShape,
      example: { body: { name: "Press hall, north wall", dashboard: "fixture" } },
      responses: {
        201: { description: "The link", schema: madeKioskLinkShape },
        404: { description: "There is no such dashboard" },
      },
      handler: async (context) => {
        const { secret, link } = await kioskLinks.add(context.body, byOf(audit, context));
        const url = kioskUrl(parts, context, secret);
        return Response.json({ ...shownLink(link), url }, { status: 201 });
      },
    }),
    route({
      method: "delete",
      path: "/api/kiosk-links/:id",
      policy: "admin",
      summary: "Revoke a screen's link: it shows nothing from now on",
      tags,
      params: idParams(),
      responses: {
        200: { description: "The link", schema: kioskLinkShape },
        409: { description: "It was revoked before" },
      },
      handler: async (context) => {
        const link = await kioskLinks.revoke(context.params.id, auditedBy(audit, context));
        return Response.json(shownLink(link));
      },
    }),
  ];
}
