import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { cameraImageShape, IMAGE_REASONS, stampOf } from "../../lib/cameras/images/image.ts";
import type { CameraImages } from "../../lib/cameras/images/images.ts";
import { disposition } from "../../lib/tickets/file_name.ts";
import { auditedBy } from "../http/caller.ts";
import { cursorField, flagField, idParams, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import type { CameraServices } from "./request.ts";

export interface ImageServices extends Pick<CameraServices, "cameras" | "audit"> {
  cameraImages: Pick<CameraImages, "list" | "open" | "take" | "remove">;
}

const tags = ["Cameras"];
const id = idParams();
const one = id.extend({ image: z.string().max(20).describe("`t_ms` of the picture") });
const download = z.strictObject({ download: flagField("true: to be saved") });
const EXAMPLE = "1764446400000";
const base = "/api/cameras/:id/images";
/** Nothing in it can run, whatever a browser takes it for. */
const SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Pictures that are kept of a camera; `/pictures/…` is the same picture for pages, which browsers keep. */
export function imageRoutes(services: ImageServices): Route[] {
  const { cameras, cameraImages, audit } = services;
  return [
    route({
      method: "get",
      path: base,
      policy: "viewer",
      summary: "Kept pictures of a camera, newest first",
      tags,
      params: id,
      query: z.strictObject({
        reason: z.enum(IMAGE_REASONS).optional(),
        from: timeField("taken at or after"),
        to: timeField("taken before"),
        limit: limitField(200, 50),
        cursor: cursorField(),
      }),
      example: { query: { limit: "20" } },
      responses: { 200: { description: "A page of them", schema: listOf(cameraImageShape) } },
      handler: async ({ params, query: { from, to, ...query }, nowMs }) => {
        const wanted = { ...query, fromMs: from?.(nowMs), toMs: to?.(nowMs) };
        return Response.json(await cameraImages.list(cameras.find(params.id).id, wanted));
      },
    }),
    route({
      method: "post",
      path: base,
      policy: "engineer",
      summary: "Keep the picture of this moment",
      tags,
      params: id,
      responses: {
        201: { description: "The picture", schema: cameraImageShape },
        503: { description: "There is none now, or none is kept" },
      },
      handler: async ({ params }) =>
        Response.json(await cameraImages.take(params.id), { status: 201 }),
    }),
    ...["/api/cameras/:id/images/:image", "/pictures/:id/:image"].map((path) =>
      route({
        method: "get",
        path,
        policy: "viewer",
        summary: path.startsWith("/api/") ? "A kept picture" : null,
        tags,
        params: one,
        query: download,
        example: { params: { image: EXAMPLE } },
        responses: { 200: { description: "The picture", contentType: "image/jpeg" } },
        handler: ({ c, params, query }) => pictureOf(services, c.req.raw.headers, params, query),
      })
    ),
    route({
      method: "delete",
      path: `${base}/:image`,
      policy: "engineer",
      summary: "Delete a kept picture",
      tags,
      params: one,
      example: { params: { image: EXAMPLE } },
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        const { id, image } = context.params;
        await cameraImages.remove(id, timeIn(image), auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

async function pictureOf(
  { cameras, cameraImages }: ImageServices,
  asked: Headers,
  { id, image: named }: { id: string; image: string },
  query: { download?: boolean },
): Promise<Response> {
  const { image, jpeg } = await cameraImages.open(id, timeIn(named));
  const headers = {
    "etag": `"${image.camera_id}-${image.t_ms}"`,
    // What it is called never means another picture.
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": SEALED,
  };
  if (asked.get("if-none-match")?.includes(headers.etag)) {
    return new Response(null, { status: 304, headers });
  }
  const camera = cameras.all().find((one) => one.id === id)?.name ?? "camera";
  const name = `${camera.replaceAll(/[^\p{L}\p{N}_.-]+/gu, "-")}-${stampOf(image.t_ms)}.jpg`;
  return new Response(jpeg, {
    headers: {
      ...headers,
      "content-type": "image/jpeg",
      "content-disposition": disposition(query.download === true ? "attachment" : "inline", name),
    },
  });
}

/** The time that an address names. @throws PerchError `not_found` */
function timeIn(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new PerchError("not_found", "there is no such picture");
}
