import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { SubjectKind } from "../../lib/tickets/subject.ts";
import { drawnAgain, refusedForm, type SentForm } from "../frame/form_action.ts";
import { readForm } from "../http/form.ts";
import { type MultipartSeen, readMultipart } from "../http/multipart.ts";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import type { DiscussionParts } from "./conversation.ts";
import { authorOf, readUpload, UPLOAD_MOST_BYTES } from "./request.ts";

/** Draws the page of an alarm or ticket again, with what was wrong. */
export type DrawSubject = (
  context: RouteContext,
  id: string,
  sent: SentForm,
) => Response | Promise<Response>;

/** What the forms of a conversation post to. */
export function discussionActions(
  kind: SubjectKind,
  parts: DiscussionParts,
  draw: DrawSubject,
): Route[] {
  const { comments, attachments, audit } = parts;
  const base = `/${kind}s/:id`;
  const idOf = (context: RouteContext) => (context.params as { id: string }).id;
  const back = (id: string, anchor: string) =>
    seeOther(`/${kind}s/${encodeURIComponent(id)}${anchor}`);
  const again = async (
    context: RouteContext,
    error: unknown,
    values: Record<string, string> = {},
  ) => {
    const { errors: { form, ...errors }, ...sent } = await refusedForm(context, error, values);
    const shown = { ...sent, errors: { ...errors, say: form } };
    return await drawnAgain(
      { ...sent, errors: { ...errors, form } },
      () => draw(context, idOf(context), shown),
    );
  };
  const act = (
    path: string,
    run: (
      context: RouteContext,
      id: string,
      number: number,
      typed: Record<string, string>,
    ) => Promise<void>,
  ) =>
    route({
      method: "post",
      path: `${base}/${path}`,
      policy: "viewer",
      summary: null,
      params: idParams().extend({ number: z.coerce.number().int().min(1) }),
      handler: async (context) => {
        const { id, number } = context.params;
        const typed = {};
        try {
          await run(context, id, number, typed);
          return back(id, "#conversation");
        } catch (error) {
          return await again(context, error, typed);
        }
      },
    });
  return [
    route({
      method: "post",
      path: `${base}/say`,
      policy: "viewer",
      summary: null,
      params: idParams(),
      maxBodyBytes: UPLOAD_MOST_BYTES,
      handler: async (context) => {
        const { id } = context.params;
        const by = authorOf(audit, context);
        const seen: MultipartSeen = { fields: {}, fileName: null };
        try {
          return await attachments.receive(by.id, async () => {
            const limit = attachments.limits().file;
            const { upload, fields } = await readUpload(context, {
              limit,
              name: "",
              fields: ["text"],
              seen,
            });
            const text = fields.text?.trim() ? fields.text : undefined;
            if (upload === null) {
              const anchor = await context.once(
                text ?? "",
                async () => `#comment-${(await comments.add(kind, id, text ?? "", by)).id}`,
              );
              return back(id, anchor);
            }
            const shown = await attachments.add(kind, id, upload, by, text);
            return back(id, `#file-${shown.id}`);
          });
        } catch (error) {
          const { body, bodyUsed } = context.c.req.raw;
          if (body !== null && !bodyUsed) {
            // It was refused before it was read.
            const read = readMultipart(context.c.req.raw, "file", UPLOAD_MOST_BYTES, seen);
            await read.catch(() => {});
          }
          return await again(context, error, {
            ...seen.fields,
            ...(seen.fileName === null ? {} : { file: seen.fileName }),
          });
        }
      },
    }),
    act("comments/:number/edit", async (context, id, number, typed) => {
      const form = await readForm(context.c, z.strictObject({ text: z.string() }));
      if (!form.ok) throw new PerchError("validation", Object.values(form.errors)[0]);
      // Where it cannot be changed it stands in the field for a new one.
      Object.assign(typed, form.data);
      await comments.edit(kind, id, number, form.data.text, authorOf(audit, context));
    }),
    act(
      "comments/:number/delete",
      (context, id, number) => comments.remove(kind, id, number, authorOf(audit, context)),
    ),
    act(
      "attachments/:number/delete",
      (context, id, number) => attachments.remove(kind, id, number, authorOf(audit, context)),
    ),
  ];
}
