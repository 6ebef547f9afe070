/** What people wrote and attached to an alarm or a ticket, between what happened to it: one conversation. */
import type { ComponentChildren, VNode } from "preact";
import type { Identity } from "../../lib/access/identity.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import { PICTURE_TYPES } from "../../lib/tickets/attachments.ts";
import { EDIT_MS } from "../../lib/tickets/comments.ts";
import type { Attachment, Comment } from "../../lib/tickets/subject.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import type { SentForm } from "../frame/form_action.ts";
import { ChooseAgain, FormError, TextArea } from "../frame/form.tsx";
import { Post } from "../frame/parts.tsx";
import { Markdown } from "../frame/markdown.tsx";
import { type Conversation, type DiscussionParts, type Entry, SHOWN } from "./conversation.ts";

const FILES = "image/png,image/jpeg,image/webp,image/gif,application/pdf,.txt,.csv,.log,text/plain";
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
        <Written
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

/** The note of a step: why, or what was done. */
function Note({ event }: { event: LoggedEvent }): VNode | null {
  const { note } = event.body as { note?: string | null };
  return note ? <blockquote class="note">{note}</blockquote> : null;
}

function Written(
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
          <Post
            action={`${base}/comments/${id}/delete`}
            look="small"
            label={`Delete the comment of ${author}`}
          >
            Delete
          </Post>
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
          <Post
            action={`${base}/attachments/${id}/delete`}
            look="small"
            label={`Delete the file ${name}`}
          >
            Delete
          </Post>
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
      <ChooseAgain name={values.file} />
      <FormError>{errors.file}</FormError>
      <button type="submit">Comment</button>
    </form>
  );
}
