import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { parseFields } from "../../lib/base/field_words.ts";
import { madeSiteShape, newSiteShape, siteOf, siteShape } from "../../lib/upstream/centre/site.ts";
import { type Forward, forwardedShape, forwardShape } from "../../lib/upstream/wire.ts";
import { limitBody } from "../http/body.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { unpack } from "../http/unpack.ts";
import { brokerLineOf, lineOf, ownSite, siteBy, type SiteParts } from "./request.ts";

const tags = ["Sites"];
/** What the largest group of a journal takes. */
const BODY_BYTES = 8 * 1024 * 1024;

/** `/api/sites`: Perches that forward to this one. */
export function siteApi(parts: SiteParts): Route[] {
  const { sites, clock } = parts;
  const shown = (id: string) => siteOf(sites.find(id), clock.now());
  const made = (
    context: RouteContext,
    { site, key }: Awaited<ReturnType<typeof sites.add>>,
  ) => ({
    ...siteOf(site, clock.now()),
    line: lineOf(parts, context, site, key),
    broker_line: brokerLineOf(parts, site, key),
  });
  const one = { tags, params: idParams() };
  const site = { 200: { description: "The site", schema: siteShape } };
  return [
    route({
      method: "get",
      path: "/api/sites",
      policy: "viewer",
      summary: "Sites that forward to this Perch, and how they are doing",
      tags,
      responses: { 200: { description: "All sites", schema: listOf(siteShape) } },
      handler: () =>
        Response.json({
          items: sites.list().map((one) => siteOf(one, clock.now())),
          next: null,
        }),
    }),
    route({
      method: "post",
      path: "/api/sites",
      policy: "admin",
      summary: "Add a site; its answer holds the line for it, with its key, once",
      tags,
      body: newSiteShape,
      example: { body: { id: "hall-9", name: "Hall 9" } },
      responses: {
        201: { description: "The site", schema: madeSiteShape },
        409: { description: "There is one" },
      },
      handler: async (context) => {
        const added = await sites.add(context.body, siteBy(parts, context));
        return Response.json(made(context, added), { status: 201 });
      },
    }),
    route({
      ...one,
      method: "get",
      path: "/api/sites/:id",
      policy: "viewer",
      summary: "A site",
      responses: site,
      handler: ({ params: { id } }) => Response.json(shown(id)),
    }),
    route({
      ...one,
      method: "delete",
      path: "/api/sites/:id",
      policy: "admin",
      summary: "Remove a site; its machines and readings stay",
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await sites.remove(context.params.id, siteBy(parts, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      ...one,
      method: "post",
      path: "/api/sites/:id/key",
      policy: "admin",
      summary: "Give a site another key; the one before ends at once",
      responses: { 201: { description: "The site", schema: madeSiteShape } },
      handler: async (context) => {
        const renewed = await sites.renew(context.params.id, siteBy(parts, context));
        return Response.json(made(context, renewed), { status: 201 });
      },
    }),
    route({
      ...one,
      method: "delete",
      path: "/api/sites/:id/key",
      policy: "admin",
      summary: "Revoke a site's key: nothing is taken from it any more",
      responses: site,
      handler: async (context) => {
        await sites.revoke(context.params.id, siteBy(parts, context));
        return Response.json(shown(context.params.id));
      },
    }),
    route({
      ...one,
      method: "post",
      path: "/api/sites/:id/adopt",
      policy: "admin",
      summary: "The next Perch that comes with the site's key is the site: its host was replaced",
      responses: site,
      handler: async (context) => {
        await sites.adopt(context.params.id, siteBy(parts, context));
        return Response.json(shown(context.params.id));
      },
    }),
    route({
      ...one,
      method: "post",
      path: "/api/sites/:id/choose",
      policy: "admin",
      summary: "Of two programs that say that they are the site, choose one",
      body: z.strictObject({ instance: z.string().max(64) }),
      example: { body: { instance: "x" } },
      responses: { ...site, 409: { description: "There is only one" } },
      handler: async (context) => {
        const { params: { id }, body: { instance } } = context;
        await sites.choose(id, instance, siteBy(parts, context));
        return Response.json(shown(id));
      },
    }),
    route({
      ...one,
      method: "post",
      path: "/api/sites/:id/forward",
      policy: "device-or:engineer",
      summary: "For a Perch that forwards, with its site's key: answered when all is on disk",
      maxBodyBytes: BODY_BYTES,
      accepts: {
        "application/json": { description: "gzip or plain", schema: forwardShape },
      },
      responses: {
        200: { description: "Up to where all is here", schema: forwardedShape },
        403: { description: "Not the key of this site" },
        409: { description: "It cannot be this site; the sentence says why" },
      },
      handler: async (context) => {
        const { params: { id } } = context;
        ownSite(context, sites.find(id));
        return Response.json(await sites.forward(id, await read(context)));
      },
    }),
  ];
}

async function read({ c }: RouteContext): Promise<Forward> {
  const request = limitBody(c.req.raw, BODY_BYTES);
  const bytes = c.req.header("content-encoding") === "gzip"
    ? await unpack(request, BODY_BYTES)
    : new Uint8Array(await request.arrayBuffer());
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new PerchError("bad_request", "the body is not JSON");
  }
  return parseFields(forwardShape, body);
}
