import { z } from "zod";
import { uploadOf, uploadShape } from "../../lib/backup/shapes.ts";
import type { FoundUpload } from "../../lib/backup/upload_folder.ts";
import { PerchError } from "../../lib/base/errors.ts";
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
} from "./upload_request.ts";

const tags = ["Backups"];
const PATH = "/api/restore/uploads";
const PART = "application/offset+octet-stream";
const params = idParams(120);
const full = { 507: { description: "There is too little room on the disk" } };

/**
 * `/api/restore/uploads`: archives from elsewhere. HEAD and PATCH of one are the core of tus 1.0, so that its clients
 * can send and resume; it begins with a call of our own.
 */
export function uploadRoutes(services: UploadServices): Route[] {
  return [...listRoutes(services), ...oneRoutes(services)];
}

function listRoutes(services: UploadServices): Route[] {
  const { uploads } = services;
  return [
    route({
      method: "get",
      path: PATH,
      policy: "person:admin",
      summary: "Archives that were uploaded for a restore, or are coming",
      tags,
      responses: { 200: { description: "Uploads", schema: listOf(uploadShape) } },
      handler: async () =>
        Response.json({ items: (await uploads.list()).map(uploadOf), next: null }),
    }),
    route({
      method: "post",
      path: PATH,
      policy: "person:admin",
      summary: "Begin to upload an archive; its parts follow with PATCH to `Location`",
      tags,
      body: declaredShape,
      example: { body: { name: "perch-hall-3-20261128T193000Z-17.tar.gz", bytes: 65536 } },
      responses: {
        201: { description: "It can come", schema: uploadShape },
        409: { description: "There are three already" },
        ...full,
      },
      handler: async (context) => answer(await beginUpload(services, context, context.body), 201),
    }),
  ];
}

function oneRoutes(services: UploadServices): Route[] {
  const { uploads } = services;
  const path = `${PATH}/:id`;
  return [
    route({
      method: "get",
      path,
      policy: "person:admin",
      summary: "How far an upload is; `Upload-Offset` is where it goes on, for HEAD too (tus 1.0)",
      tags,
      params,
      responses: { 200: { description: "The upload", schema: uploadShape } },
      handler: async ({ params }) => answer(await uploads.find(params.id), 200),
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
        return answer(await receivePart(services, context, context.params.id, offset), 204);
      },
    }),
    route({
      method: "delete",
      path,
      policy: "person:admin",
      summary: "Remove an uploaded archive, or one that is coming no further",
      tags,
      params,
      responses: {
        204: { description: "Removed" },
        409: { description: "It is being received" },
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

function answer(found: FoundUpload, status: 200 | 201 | 204): Response {
  const headers = new Headers({
    "tus-resumable": "1.0.0",
    "upload-offset": String(found.received),
    "cache-control": "no-store",
  });
  if (found.record.bytes !== null) headers.set("upload-length", String(found.record.bytes));
  if (status === 201) headers.set("location", `${PATH}/${found.id}`);
  return status === 204
    ? new Response(null, { status, headers })
    : Response.json(uploadOf(found), { status, headers });
}
