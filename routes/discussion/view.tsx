/** What people said and showed about an alarm or a ticket, between what happened to it: one conversation. */
import type { ComponentChildren, VNode } from "preact";
import { z } from "zod";
import type { Identity } from "../../lib/access/identity.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { Attachment, Comment, SubjectKind } from "../../lib/tickets/subject.ts";
import { PICTURE_TYPES } from "../../lib/tickets/attachments.ts";
import { EDIT_MS } from "../../lib/tickets/comments.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { authorOf, type DiscussionServices, readUpload, UPLOAD_MOST_BYTES } from "./request.ts";
import { readForm } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { FormError, TextArea } from "../frame/form.tsx";
import { Markdown } from "../frame/markdown.tsx";
import { drawnAgain, refusedForm, type SentForm } from "../frame/form_action.ts";

export interface DiscussionParts extends DiscussionServices {
  events: Pick<EventLog, "list">;
  clock: Clock;
  /** The site's time zone, an IANA name. */
  zone: string;
}

/** One contribution, by its time. */
type Entry =
  & { tMs: number; who: string | null }
  & (
    | { kind: "event"; event: LoggedEvent }
    | { kind: "comment"; comment: Comment }
    | { kind: "attachment"; attachment: Attachment }
  );

export interface Conversation {
  kind: SubjectKind;
  /** In the address: `T-12`, an alarm's id. */
  id: string;
  /** Oldest first. */
  entries: Entry[];
  /** There is more before them. */
  cut: boolean;
}

/** Newest of each that a page shows. */
const SHOWN = 100;
const FILES = "image/png,image/jpeg,image/webp,image/gif,application/pdf,.txt,.csv,.log,text/plain";
/** Comments and files stand for themselves. */
const IS_SAID = /\.commented$/;

/** Reads what a page shows of the conversation about an alarm or a ticket. */
export async function readConversation(
  { events, comments, attachments }: DiscussionParts,
  kind: SubjectKind,
  id: string,
): Promise<Conversation> {
  const limit = SHOWN;
  const [happened, said, shown] = await Promise.all([
    events.list({ subject: `${kind}:${id}`, limit }),
    comments.list(kind, id, { limit }),
    attachments.list(kind, id, { limit }),
  ]);
  // Newest first came in. Of what has the same time, words stand before the file they came with.
  const entries: Entry[] = [
    ...happened.items.filter((event) => !IS_SAID.test(event.type)).map((event): Entry => ({
      kind: "event",
      tMs: event.tMs,
      who: event.actor,
      event,
    })).reverse(),
    ...said.items.map((comment): Entry => ({
      kind: "comment",
      tMs: comment.created_ms,
      who: comment.author,
      comment,
    })).reverse(),
    ...shown.items.map((attachment): Entry => ({
      kind: "attachment",
      tMs: attachment.created_ms,
      who: attachment.author,
      attachment,
    })).reverse(),
  ];
  return {
    kind,
    id,
    entries: entries.sort((a, b) => a.tMs - b.tMs),
    cut: [happened, said, shown].some(({ next }) => next !== null),
  };
}

/** The conversation with the form to join it: for the pages of alarms and tickets alike. */
export function Discussion(
  { parts, talk, who, sent, step }: {
    parts: DiscussionParts;
    talk: Conversation;
    who: Identity;
    sent: SentForm;
    /** What a step is called; default: the event's own sentence. */
    step?: (event: LoggedEvent) => ComponentChildren;
  },
): VNode {
  return (
    <section class="card discussion" aria-labelledby="conversation">
      <h2 id="conversation">History</h2>
      {talk.cut && <p class="muted">{`The newest ${SHOWN} of each kind.`}</p>}
      <ol class="talk">
        {talk.entries.map((entry) => (
          <li key={keyOf(entry)} id={keyOf(entry)}>
            <EntryView parts={parts} talk={talk} entry={entry} who={who} step={step} />
          </li>
        ))}
      </ol>
      <SayForm parts={parts} talk={talk} sent={sent} />
    </section>
  );
}

function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case "event":
      return `event-${entry.event.id}`;
    case "comment":
      return `comment-${entry.comment.id}`;
    case "attachment":
      return `file-${entry.attachment.id}`;
  }
}

function EntryView(
  { parts, talk, entry, who, step = ({ text }) => text }: {
    parts: DiscussionParts;
    talk: Conversation;
    entry: Entry;
    who: Identity;
    step?: (event: LoggedEvent) => ComponentChildren;
  },
): VNode {
  const at = (
    <time class="muted" dateTime={new Date(entry.tMs).toISOString()}>
      {dateTime(entry.tMs, parts.zone)}
    </time>
  );
  const base = `/${talk.kind}s/${encodeURIComponent(talk.id)}`;
  switch (entry.kind) {
    case "event":
      return (
        <>
          <p class="talk-head">
            {at} {step(entry.event)}{" "}
            {entry.who !== null && <span class="muted">{`by ${entry.who}`}</span>}
          </p>
          <Note event={entry.event} />
        </>
      );
    case "comment":
      return (
        <Said
          comment={entry.comment}
          base={base}
          who={who}
          nowMs={parts.clock.now()}
          at={at}
        />
      );
    case "attachment":
      return <Shown attachment={entry.attachment} base={base} who={who} at={at} />;
  }
}

/** What was said with a step: why, or what was done. */
function Note({ event }: { event: LoggedEvent }): VNode | null {
  const { note } = event.body as { note?: string | null };
  return note ? <blockquote class="note">{note}</blockquote> : null;
}

function Said(
  { comment, base, who, nowMs, at }: {
    comment: Comment;
    base: string;
    who: Identity;
    nowMs: number;
    at: VNode;
  },
): VNode {
  const { id, author, author_id, text, created_ms, edited_ms, deleted_ms } = comment;
  const head = (
    <p class="talk-head">
      {at} <strong>{author}</strong>
      {edited_ms !== null && deleted_ms === null && <span class="muted">, changed</span>}
    </p>
  );
  if (deleted_ms !== null) {
    return (
      <>
        {head}
        <p class="muted">This comment was deleted.</p>
      </>
    );
  }
  const mine = author_id === who.id && nowMs <= created_ms + EDIT_MS;
  return (
    <>
      {head}
      <div class="said">
        <Markdown text={text} />
      </div>
      <div class="talk-acts">
        {mine && (
          <details>
            <summary>Change</summary>
            <form method="post" action={`${base}/comments/${id}/edit`}>
              <TextArea name="text" id={`edit-${id}`} label="Comment" value={text} required />
              <button type="submit">Save</button>
            </form>
          </details>
        )}
        {(mine || who.role === "admin") && (
          <form method="post" action={`${base}/comments/${id}/delete`}>
            <button type="submit" class="small" aria-label={`Delete the comment of ${author}`}>
              Delete
            </button>
          </form>
        )}
      </div>
    </>
  );
}

function Shown(
  { attachment, base, who, at }: {
    attachment: Attachment;
    base: string;
    who: Identity;
    at: VNode;
  },
): VNode {
  const { id, author, author_id, name, type, width, height } = attachment;
  const href = `/api${base}/attachments/${id}`;
  return (
    <>
      <p class="talk-head">
        {at} <strong>{author}</strong> attached <a href={href} download>{name}</a>{" "}
        <span class="muted">{bytes(attachment.bytes)}</span>
      </p>
      {PICTURE_TYPES.has(type) && (
        <a class="picture" href={href} download>
          <img
            src={`${href}/picture`}
            alt={`Attached by ${author}: ${name}`}
            width={width ?? undefined}
            height={height ?? undefined}
            loading="lazy"
          />
        </a>
      )}
      {(author_id === who.id || who.role === "admin") && (
        <div class="talk-acts">
          <form method="post" action={`${base}/attachments/${id}/delete`}>
            <button type="submit" class="small" aria-label={`Delete the file ${name}`}>
              Delete
            </button>
          </form>
        </div>
      )}
    </>
  );
}

function SayForm(
  { parts, talk, sent }: { parts: DiscussionParts; talk: Conversation; sent: SentForm },
): VNode {
  const { errors, values } = sent;
  const most = parts.attachments.limits().file;
  return (
    <form
      class="say"
      method="post"
      action={`/${talk.kind}s/${encodeURIComponent(talk.id)}/say`}
      encType="multipart/form-data"
    >
      <FormError>{errors.say}</FormError>
      <TextArea
        name="text"
        id="say"
        label="Comment"
        rows={3}
        value={values.text ?? ""}
        help="**bold**, - lists, > quotes, `code` and links are understood."
        error={errors.text}
      />
      <div class="files">
        <div class="field">
          <label for="photo">Photo</label>
          <input id="photo" type="file" name="file" accept="image/*" capture="environment" />
        </div>
        <div class="field">
          <label for="file">or file</label>
          <input id="file" type="file" name="file" accept={FILES} aria-describedby="file-help" />
        </div>
      </div>
      <p class="help" id="file-help">
        {`PNG, JPEG, WebP, GIF, PDF or plain text, at most ${bytes(most)}.`}
      </p>
      {errors.file && <p class="error" role="alert">{errors.file}</p>}
      <button type="submit">Comment</button>
    </form>
  );
}

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
    new Response(null, {
      status: 303,
      headers: { location: `/${kind}s/${encodeURIComponent(id)}${anchor}` },
    });
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
      params: z.object({ id: z.string().max(40), number: z.coerce.number().int().min(1) }),
      handler: async (given) => {
        const { id, number } = given.params;
        const context = given as unknown as RouteContext;
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
      params: z.object({ id: z.string().max(40) }),
      maxBodyBytes: UPLOAD_MOST_BYTES,
      handler: async (given) => {
        const context = given as unknown as RouteContext;
        const { id } = given.params;
        const by = authorOf(audit, context);
        let values = {};
        try {
          return await attachments.receive(by.id, async () => {
            const limit = attachments.limits().file;
            const { upload, fields } = await readUpload(context, {
              limit,
              name: "",
              fields: ["text"],
            });
            values = fields;
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
          return await again(context, error, values);
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
