import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { PICTURE_TYPES } from "../../lib/tickets/attachments.ts";
import { COMMENT_MOST } from "../../lib/tickets/comments.ts";
import { disposition } from "../../lib/tickets/file_name.ts";
import {
  attachmentShape,
  commentShape,
  SUBJECT_KINDS,
  type SubjectKind,
} from "../../lib/tickets/subject.ts";
import { cursorField, idParams, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  authorOf,
  type DiscussionServices,
  invalid,
  readUpload,
  UPLOAD_MOST_BYTES,
} from "./request.ts";

const EXAMPLE_FORM = [
  "--example",
  'Content-Disposition: form-data; name="file"; filename="measured.csv"',
  "",
  "12:04,83.4",
  "--example--",
  "",
].join("\r\n");
const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'";

const pageShape = z.strictObject({
  limit: limitField(200, 50),
  cursor: cursorField(),
});
const commentDraftShape = z.strictObject({
  text: z.string().max(COMMENT_MOST * 2).describe(
    `Markdown: paragraphs, lists, quotes, code, emphasis, links; at most ${COMMENT_MOST} characters`,
  ),
}).meta({ id: "CommentDraft" });

/** The number that a path names. @throws PerchError `not_found` */
function numberIn(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new PerchError("not_found", `there is no number "${text}"`);
}

/** Comments and attachments of alarms and tickets, below `/api/alarms/{id}` and `/api/tickets/{id}`. */
export function discussionRoutes(services: DiscussionServices): Route[] {
  return SUBJECT_KINDS.flatMap((kind) => [
    ...commentRoutes(kind, services),
    ...attachmentRoutes(kind, services),
  ]);
}

function commentRoutes(kind: SubjectKind, { comments, audit }: DiscussionServices): Route[] {
  const base = `/api/${kind}s/:id/comments`;
  const tags = [kind === "alarm" ? "Alarms" : "Tickets"];
  const example = { id: kind === "alarm" ? "1" : "T-1" };
  const params = idParams();
  const oneParams = params.extend({ comment: z.string().max(20) });
  const oneExample = { ...example, comment: kind === "alarm" ? "1" : "2" };
  const one = { description: "The comment", schema: commentShape };
  return [
    route({
      method: "get",
      path: base,
      policy: "viewer",
      summary: `Comments on ${article(kind)}, newest first`,
      tags,
      params,
      query: pageShape,
      responses: {
        200: {
          description: "A page of comments",
          schema: listOf(commentShape),
        },
      },
      handler: async ({ params, query }) =>
        Response.json(await comments.list(kind, params.id, query)),
    }),
    route({
      method: "post",
      path: base,
      policy: "viewer",
      summary: `Comment on ${article(kind)}`,
      tags,
      params,
      body: commentDraftShape,
      example: { params: example, body: { text: "Heard a **grinding** noise at 14:00." } },
      responses: { 201: one },
      handler: async (context) => {
        const { params, body } = context;
        const by = authorOf(audit, context);
        return Response.json(await comments.add(kind, params.id, body.text, by), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: `${base}/:comment`,
      policy: "viewer",
      summary: "Change one's own comment, for 15 minutes",
      tags,
      params: oneParams,
      body: commentDraftShape,
      example: { params: oneExample, body: { text: "Heard it at 14:05." } },
      responses: { 200: one },
      handler: async (context) => {
        const { params, body } = context;
        const by = authorOf(audit, context);
        return Response.json(
          await comments.edit(kind, params.id, numberIn(params.comment), body.text, by),
        );
      },
    }),
    route({
      method: "delete",
      path: `${base}/:comment`,
      policy: "viewer",
      summary: "Delete one's own comment within 15 minutes; admins delete any",
      tags,
      params: oneParams,
      example: { params: oneExample },
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        const { id, comment } = context.params;
        await comments.remove(
          kind,
          id,
          numberIn(comment),
          authorOf(audit, context),
        );
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

function attachmentRoutes(kind: SubjectKind, { attachments, audit }: DiscussionServices): Route[] {
  const base = `/api/${kind}s/:id/attachments`;
  const tags = [kind === "alarm" ? "Alarms" : "Tickets"];
  const params = idParams();
  const oneParams = params.extend({ attachment: z.string().max(20) });
  const example = {
    params: { id: kind === "alarm" ? "1" : "T-1", attachment: kind === "alarm" ? "1" : "2" },
  };
  return [
    route({
      method: "get",
      path: base,
      policy: "viewer",
      summary: `Files attached to ${article(kind)}, newest first`,
      tags,
      params,
      query: pageShape,
      responses: {
        200: {
          description: "A page of attachments",
          schema: listOf(attachmentShape),
        },
      },
      handler: async ({ params, query }) =>
        Response.json(await attachments.list(kind, params.id, query)),
    }),
    route({
      method: "post",
      path: base,
      policy: "viewer",
      summary: `Attach a file to ${
        article(kind)
      }: PNG, JPEG, WebP, GIF, PDF or plain text by content`,
      tags,
      params,
      query: z.strictObject({
        name: z.string().max(1000).optional().describe("what the file is called"),
      }),
      maxBodyBytes: UPLOAD_MOST_BYTES,
      accepts: {
        "application/octet-stream": { description: "the file", example: "12:04 83.4 °C" },
        "multipart/form-data": {
          description: "a form with the field `file`, and `text` for a comment with it",
          example: EXAMPLE_FORM,
        },
      },
      responses: {
        201: { description: "The attachment", schema: attachmentShape },
        507: { description: "A quota is used up, or the disk is full" },
      },
      handler: async (context) => {
        const { params, query } = context;
        const by = authorOf(audit, context);
        const added = await attachments.receive(by.id, async () => {
          const { upload, fields } = await readUpload(context, {
            limit: attachments.limits().file,
            name: query.name ?? "",
            fields: ["text"],
          });
          if (upload === null) throw invalid("file", "no file was sent");
          const text = fields.text?.trim() ? fields.text : undefined;
          return await attachments.add(kind, params.id, upload, by, text);
        });
        return Response.json(added, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: `${base}/:attachment`,
      policy: "viewer",
      summary: "Download an attachment",
      tags,
      params: oneParams,
      example,
      responses: {
        200: { description: "The file, to be saved", contentType: "application/octet-stream" },
      },
      handler: async ({ params }) => {
        const { attachment, bytes } = await attachments.open(
          kind,
          params.id,
          numberIn(params.attachment),
        );
        return fileResponse(bytes, attachment, "attachment");
      },
    }),
    route({
      method: "get",
      path: `${base}/:attachment/picture`,
      policy: "viewer",
      summary: "A picture that was attached, to be shown",
      tags,
      params: oneParams,
      example,
      responses: { 200: { description: "The picture", contentType: "image/*" } },
      handler: async ({ params }) => {
        const { attachment, bytes } = await attachments.open(
          kind,
          params.id,
          numberIn(params.attachment),
        );
        if (!PICTURE_TYPES.has(attachment.type)) {
          throw new PerchError("not_found", `"${attachment.name}" is no picture`);
        }
        return fileResponse(bytes, attachment, "inline");
      },
    }),
    route({
      method: "delete",
      path: `${base}/:attachment`,
      policy: "viewer",
      summary: "Delete one's own attachment; admins delete any",
      tags,
      params: oneParams,
      example,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        const { id, attachment } = context.params;
        await attachments.remove(
          kind,
          id,
          numberIn(attachment),
          authorOf(audit, context),
        );
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** An uploaded file: never run, never framed, with the type that was found from its content. */
function fileResponse(
  bytes: Uint8Array<ArrayBuffer>,
  { type, name }: { type: string; name: string },
  kind: "attachment" | "inline",
): Response {
  return new Response(bytes, {
    headers: {
      "content-type": type.startsWith("text/") ? `${type}; charset=utf-8` : type,
      "content-length": String(bytes.length),
      "content-disposition": disposition(kind, name),
      "content-security-policy": SANDBOX,
    },
  });
}

function article(kind: SubjectKind): string {
  return kind === "alarm" ? "an alarm" : "a ticket";
}
