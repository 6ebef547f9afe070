import type { VNode } from "preact";
import { z } from "zod";
import type { Machine } from "../../lib/machines/machine.ts";
import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import { ALT_CHARS_MOST, PHOTO_BYTES_MOST, PHOTO_TYPES } from "../../lib/machines/photos.ts";
import { UNDO_DAYS } from "../../lib/machines/purge.ts";
import { Field, FileField, FormError, SeenField, TextArea } from "../frame/form.tsx";
import { machineHref } from "../frame/links.ts";
import { Post } from "../frame/parts.tsx";
import { altText, type MachinePageParts, photoUrl } from "./request.ts";
import { auditedBy } from "../http/caller.ts";
import { type MultipartSeen, readMultipart } from "../http/multipart.ts";
import { idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { formAction, refusedForm, type SentForm } from "../frame/form_action.ts";

/** Beside the file a form has a few fields and the lines between them. */
const FORM_MORE_BYTES = 64 * 1024;
const id = z.string().max(40);
const photoFields = z.strictObject({ id, alt: altText });

type Draw = (context: RouteContext, id: string, sent: SentForm) => Response | Promise<Response>;

/** What the forms of a machine's page post to. `draw` shows the page again with what was wrong. */
export function machineActions(parts: MachinePageParts, draw: Draw): Route[] {
  const again = (context: RouteContext, sent: SentForm) =>
    draw(context, sent.values.id ?? "", sent);
  const audited = (context: RouteContext) => auditedBy(parts.audit, context);
  return [
    formAction(
      "/machines/change",
      z.strictObject({
        id,
        name: z.string().trim().max(80),
        tags: z.string().max(1000),
        notes: z.string().max(4000),
      }),
      async ({ id, name, tags, notes }, context) => {
        const patch = {
          name: name === "" ? null : name,
          tags: [...new Set(tags.split(",").map((tag) => tag.trim().slice(0, 40)))].filter(Boolean),
          notes,
        };
        return machineHref((await parts.service.patchMachine(id, patch, audited(context))).path);
      },
      again,
    ),
    formAction(
      "/machines/move",
      z.strictObject({ id, path: z.string().trim().max(2000) }),
      async ({ id, path }, context) =>
        machineHref((await parts.service.patchMachine(id, { path }, audited(context))).path),
      // Whatever is wrong is wrong with the path.
      (context, sent) => {
        const errors: Record<string, string> = { path: Object.values(sent.errors)[0] };
        return again(context, { ...sent, errors });
      },
    ),
    formAction(
      "/machines/forget-path",
      z.strictObject({ id, former: z.string().max(2000) }),
      async ({ id, former }, context) => {
        const formerPaths = parts.machines.find(id)?.formerPaths.filter((path) => path !== former);
        const patched = await parts.service.patchMachine(id, { formerPaths }, audited(context));
        return machineHref(patched.path);
      },
      again,
    ),
    formAction(
      "/machines/keep-entity",
      z.strictObject({ id, entity: z.string().min(1).max(2000) }),
      async ({ id, entity }, context) => {
        await parts.deviceService.switch(entity, true, audited(context));
        return machineHref(parts.machines.find(id)?.path ?? "");
      },
      again,
    ),
    photoAction(parts, draw),
    formAction(
      "/machines/photo-words",
      photoFields,
      async ({ id, alt }, context) =>
        machineHref((await parts.photos.describe(id, alt, audited(context))).path),
      again,
    ),
    formAction(
      "/machines/photo-remove",
      idForm,
      async ({ id }, context) =>
        machineHref((await parts.photos.remove(id, audited(context))).path),
      again,
    ),
  ];
}

function photoAction(parts: MachinePageParts, draw: Draw): Route {
  return route({
    method: "post",
    path: "/machines/photo",
    policy: "engineer",
    summary: null,
    // It is read up to the largest picture; beyond, what was typed is still shown again.
    maxBodyBytes: 5 * PHOTO_BYTES_MOST + FORM_MORE_BYTES,
    handler: async (context) => {
      const seen: MultipartSeen = { fields: {}, fileName: null };
      const { fields } = seen;
      const refused = (errors: Record<string, string>, status: number) => {
        const values = seen.fileName === null ? fields : { ...fields, photo: seen.fileName };
        return draw(context, fields.id ?? "", { errors, values, status });
      };
      let file;
      try {
        ({ file } = await readMultipart(context.c.req.raw, "photo", PHOTO_BYTES_MOST, seen));
      } catch (error) {
        // Without the machine there is no page to say it on.
        if (!(error instanceof PerchError) || fields.id === undefined) throw error;
        return await refused({ photo: error.message }, HTTP_STATUS[error.code]);
      }
      const read = photoFields.safeParse(fields);
      if (!read.success) {
        const { path, message } = read.error.issues[0];
        return refused({ [path[0] === "alt" ? "alt" : "form"]: message }, 400);
      }
      if (file === null) return refused({ photo: "choose a picture first" }, 400);
      try {
        const { id, alt } = read.data;
        const { path } = await parts.photos.put(
          id,
          file.bytes,
          alt,
          auditedBy(parts.audit, context),
        );
        return seeOther(machineHref(path));
      } catch (error) {
        const { errors, status } = await refusedForm(context, error, {});
        return refused({ photo: Object.values(errors)[0] }, status);
      }
    },
  });
}

/** What may be set and changed of a machine. */
export function MachineForms({ machine, sent }: { machine: Machine; sent: SentForm }): VNode {
  const { errors, values } = sent;
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {machine.review === "new" && (
        <Post
          action="/machines/confirm"
          fields={{ id: machine.id }}
          look="primary"
          about={
            <p class="help">
              It appeared by itself with its first reading. Confirm it and its sensors when it
              belongs here.
            </p>
          }
        >
          Confirm
        </Post>
      )}
      <form method="post" action="/machines/change">
        <SeenField />
        <FormError>{errors.form}</FormError>
        <input type="hidden" name="id" value={machine.id} />
        <Field
          name="name"
          label="Name"
          value={values.name ?? machine.name ?? ""}
          error={errors.name}
          help="Empty: the last part of the path."
          autocomplete="off"
          required={false}
        />
        <Field
          name="tags"
          label="Tags"
          value={values.tags ?? machine.tags.join(", ")}
          error={errors.tags}
          help="Separated by commas."
          autocomplete="off"
          required={false}
        />
        <TextArea
          name="notes"
          label="Notes"
          value={values.notes ?? machine.notes}
          error={errors.notes}
        />
        <button type="submit">Save</button>
      </form>
      <PhotoForms machine={machine} sent={sent} />
      <PlaceForms machine={machine} sent={sent} />
      <form method="post" action="/machines/delete">
        <SeenField />
        <input type="hidden" name="id" value={machine.id} />
        <button type="submit">Delete the machine</button>
        <p class="help">
          {`It can be undone for ${UNDO_DAYS} days; then it and its readings go for good.`}
        </p>
      </form>
    </section>
  );
}

function PhotoForms({ machine, sent }: { machine: Machine; sent: SentForm }): VNode {
  const { photo } = machine;
  const { errors, values } = sent;
  const open = errors.photo !== undefined || errors.alt !== undefined;
  return (
    <details class="more-form" open={open}>
      <summary>{photo === null ? "Add a photo" : "Change the photo"}</summary>
      <form method="post" action="/machines/photo" encType="multipart/form-data">
        <input type="hidden" name="id" value={machine.id} />
        <FileField
          name="photo"
          label="Picture"
          accept={PHOTO_TYPES}
          error={errors.photo}
          sent={values.photo}
          help={`PNG, JPEG or WebP, at most ${PHOTO_BYTES_MOST / 1e6} MB.`}
        />
        <Field
          name="alt"
          id="photo-alt"
          label="What it shows"
          value={values.alt ?? photo?.alt ?? ""}
          error={errors.alt}
          help={`For those who do not see it; at most ${ALT_CHARS_MOST} characters.`}
          autocomplete="off"
          required={false}
        />
        <button type="submit">Upload</button>
      </form>
      {photo !== null && (
        <div class="buttons">
          <form method="post" action="/machines/photo-words">
            <SeenField />
            <input type="hidden" name="id" value={machine.id} />
            <Field
              name="alt"
              id="photo-words"
              label="Only change what it shows"
              value={photo.alt}
              autocomplete="off"
              required={false}
            />
            <button type="submit">Save the words</button>
          </form>
          <Post action="/machines/photo-remove" fields={{ id: machine.id }} seen>
            Remove the photo
          </Post>
        </div>
      )}
    </details>
  );
}

function PlaceForms({ machine, sent }: { machine: Machine; sent: SentForm }): VNode {
  const { errors, values } = sent;
  return (
    <details class="more-form" open={errors.path !== undefined}>
      <summary>Move or rename its path</summary>
      <form method="post" action="/machines/move">
        <SeenField />
        <input type="hidden" name="id" value={machine.id} />
        <Field
          name="path"
          label="Path"
          value={values.path ?? machine.path}
          error={errors.path}
          help="Area, line and machine, as in hall-1/line-2/press-3. Readings, limits, models and ids move with it; devices that still publish under the former path are still accepted."
          autocomplete="off"
        />
        <button type="submit">Move</button>
      </form>
      {machine.formerPaths.map((former) => (
        <Post
          key={former}
          action="/machines/forget-path"
          fields={{ id: machine.id, former }}
          inline
          look="small"
          label={`Forget ${former}`}
          about={<span class="muted">{`Also heard as ${former}`}</span>}
        >
          Forget
        </Post>
      ))}
    </details>
  );
}

/** The picture of a machine. */
export function MachinePhoto({ machine }: { machine: Machine }): VNode | null {
  const { photo } = machine;
  if (photo === null) return null;
  return (
    <img
      class="photo"
      src={photoUrl(photo)}
      alt={photo.alt}
      width={photo.width}
      height={photo.height}
    />
  );
}
