import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { FoundUpload } from "../../lib/uploads/folder.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  beginUpload,
  declaredShape,
  MOST_BYTES,
  MOST_MS,
  receivePart,
  removeUpload,
  type UploadServices,
} from "./request.ts";

const PART = "application/offset+octet-stream";
const params = idParams(120);
const full = { 507: { description: "There is too little room on the disk" } };

/** How one kind of uploads is spoken of. */
export interface UploadApi<Content> {
  /** `/api/restore/uploads`. */
  path: string;
  tags: string[];
  /** `archive`. */
  called: string;
  /** `an archive`. */
  one: string;
  /** What they are for: `for a restore`. */
  purpose: string;
  /** One on the wire. */
  shape: z.ZodType;
  show(found: FoundUpload<Content>): unknown;
  /** Name of a file, for the example. */
  example: string;
}

/**
 * Files from elsewhere. HEAD and PATCH of one are the core of tus 1.0, so that its clients can send and resume; it
 * begins with a call of our own.
 */
export function uploadRoutes<Content>(
  api: UploadApi<Content>,
  services: UploadServices<Content>,
): Route[] {
  return [...listRoutes(api, services), ...oneRoutes(api, services)];
}

function listRoutes<Content>(
  api: UploadApi<Content>,
  services: UploadServices<Content>,
): Route[] {
  const { path, tags, called, purpose, shape } = api;
  const { uploads } = services;
  return [
    route({
      method: "get",
      path,
      policy: "person:admin",
      summary: `${called[0].toUpperCase()}${
        called.slice(1)
      }s that were uploaded ${purpose}, or are coming`,
      tags,
      responses: { 200: { description: "Uploads", schema: listOf(shape) } },
      handler: async () =>
        Response.json({ items: (await uploads.list()).map(api.show), next: null }),
    }),
    route({
      method: "post",
      path,
      policy: "person:admin",
      summary: `Begin to upload ${api.one}; its parts follow with PATCH to \`Location\``,
      tags,
      body: declaredShape,
      example: { body: { name: api.example, bytes: 65536 } },
      responses: {
        201: { description: "It can come", schema: shape },
        409: { description: "There are three already" },
        ...full,
      },
      handler: async (context) =>
        answer(api, await beginUpload(services, context, context.body), 201),
    }),
  ];
}

function oneRoutes<Content>(api: UploadApi<Content>, services: UploadServices<Content>): Route[] {
  const { tags, called, shape } = api;
  const { uploads } = services;
  const path = `${api.path}/:id`;
  return [
    route({
      method: "get",
      path,
      policy: "person:admin",
      summary: "How far an upload is; `Upload-Offset` is where it goes on, for HEAD too (tus 1.0)",
      tags,
      params,
      responses: { 200: { description: "The upload", schema: shape } },
      handler: async ({ params }) => answer(api, await uploads.find(params.id), 200),
    }),
    route({
      method: "patch",
      path,
      policy: "person:admin",
      summary:
        "Append to an upload, whose length the header `Upload-Offset` says (default 0); with the last byte it is checked (tus 1.0)",
      tags,
      params,
      maxBodyBytes: MOST_BYTES,
      bodyTimeoutMs: MOST_MS,
      accepts: { [PART]: { description: "Any number of bytes", schema: z.string(), example: "a" } },
      responses: {
        204: { description: "`Upload-Offset` bytes are there" },
        409: { description: "It is not that long, whole, or being received already" },
        ...full,
      },
      handler: async (context) => {
        const { headers } = context.c.req.raw;
        const type = headers.get("content-type")?.split(";")[0].trim().toLowerCase();
        if (type !== PART) throw new PerchError("unsupported_media_type", `send it as ${PART}`);
        const offset = offsetOf(headers.get("upload-offset"));
        return answer(api, await receivePart(services, context, context.params.id, offset), 204);
      },
    }),
    route({
      method: "delete",
      path,
      policy: "person:admin",
      summary: `Remove an uploaded ${called}, or one that is coming no further`,
      tags,
      params,
      responses: {
        204: { description: "Removed" },
        409: { description: "It is being received, or needed now" },
      },
      handler: async (context) => {
        await removeUpload(services, context, context.params.id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

function offsetOf(header: string | null): number {
  if (header === null) return 0;
  if (/^\d{1,15}$/.test(header)) return Number(header);
  const message = `is "${header.slice(0, 40)}", and has to be a number of bytes`;
  throw new PerchError("validation", `Upload-Offset ${message}`, {
    errors: [{ path: "Upload-Offset", message }],
  });
}

function answer<Content>(
  api: UploadApi<Content>,
  found: FoundUpload<Content>,
  status: 200 | 201 | 204,
): Response {
  const headers = new Headers({
    "tus-resumable": "1.0.0",
    "upload-offset": String(found.received),
    "cache-control": "no-store",
  });
  if (found.record.bytes !== null) headers.set("upload-length", String(found.record.bytes));
  if (status === 201) headers.set("location", `${api.path}/${found.id}`);
  return status === 204
    ? new Response(null, { status, headers })
    : Response.json(api.show(found), { status, headers });
}
