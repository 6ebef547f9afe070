import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf, PageQuery } from "../db/list.ts";
import type { EventLog } from "../events/events_store.ts";
import { createCommentStore } from "./comment_store.ts";
import {
  type Author,
  type Comment,
  type Subject,
  type SubjectKind,
  subjectOf,
  type Subjects,
} from "./subject.ts";
import { fieldError, orGone, remarkOn } from "./words.ts";

/** Characters of a comment. */
export const COMMENT_MOST = 4000;
/** So long its author may change or delete it. */
export const EDIT_MS = 15 * 60_000;
const MOST_PER_SUBJECT = 1000;

export interface CommentsDeps {
  db: Database;
  clock: Clock;
  events: Pick<EventLog, "statement">;
  subjects: Subjects;
  /** Something was written or changed; after COMMIT. */
  onChange: (kind: SubjectKind, id: string) => void;
}

/** What people say about alarms and tickets. Each word is one transaction with its event and audit row. */
export interface Comments {
  /** Newest first. @throws `not_found` for the subject, as all of these */
  list(kind: SubjectKind, id: string, query: PageQuery): Promise<PageOf<Comment>>;
  /** @throws `validation` (empty, too long); `conflict` when there are too many */
  add(kind: SubjectKind, id: string, text: string, by: Author): Promise<Comment>;
  /** The same as statements, to be written together with something else. */
  drafted(subject: Subject, text: string, by: Author): Promise<SqlStatement[]>;
  /** @throws `not_found`, `validation`; `forbidden` for others, and later than 15 minutes */
  edit(kind: SubjectKind, id: string, comment: number, text: string, by: Author): Promise<Comment>;
  /** Removes those of alarms that were deleted. */
  removeGone(): SqlStatement;
  /** @throws `not_found`; `forbidden` for others but moderators, and later than 15 minutes */
  remove(kind: SubjectKind, id: string, comment: number, by: Author): Promise<void>;
}

export function createComments(deps: CommentsDeps): Comments {
  const { db, clock, events, subjects } = deps;
  const store = createCommentStore(db);

  async function found(kind: SubjectKind, id: string, comment: number) {
    const subject = await subjectOf(subjects, kind, id);
    const known = await store.find(subject.key, comment);
    if (known !== null && known.deleted_ms === null) return { subject, known };
    throw new PerchError("not_found", `${subject.name} has no comment ${comment}`, {
      about: [`comment:${comment}`],
    });
  }

  function checkMine(comment: Comment, by: Author): void {
    if (comment.author_id !== by.id) {
      throw new PerchError("forbidden", `only ${comment.author} may change this comment`);
    }
    if (clock.now() > comment.created_ms + EDIT_MS) {
      throw new PerchError("forbidden", "a comment can be changed for 15 minutes");
    }
  }

  function eventOf(subject: Subject, text: string, by: Author): SqlStatement {
    return events.statement({
      type: subject.commented,
      subject: subject.key,
      severity: subject.severity,
      tMs: clock.now(),
      text: `${by.name} commented on ${subject.name}`,
      actor: by.name,
      body: subject.bodyOf(text),
      route: true,
    });
  }

  async function drafted(subject: Subject, given: string, by: Author): Promise<SqlStatement[]> {
    const text = commentText(given);
    if (await store.count(subject.key) >= MOST_PER_SUBJECT) {
      throw new PerchError("conflict", `${subject.name} has ${MOST_PER_SUBJECT} comments already`);
    }
    const made = { author_id: by.id, author: by.name, text, created_ms: clock.now() };
    return [
      store.insert(subject.key, made),
      eventOf(subject, text, by),
      by.audited({
        action: "comment.add",
        resource: subject.key,
        ...remarkOn(subject),
        after: { text },
      }),
    ];
  }

  return {
    drafted,
    removeGone: store.removeGone,
    async list(kind, id, query) {
      return await store.list((await subjectOf(subjects, kind, id)).key, query);
    },
    async add(kind, id, text, by) {
      const subject = await subjectOf(subjects, kind, id);
      const [{ rows }] = await db.write(await drafted(subject, text, by))
        .catch(orGone(subject.name));
      deps.onChange(kind, id);
      return (await store.find(subject.key, Number(rows[0][0])))!;
    },
    async edit(kind, id, comment, given, by) {
      const { subject, known } = await found(kind, id, comment);
      checkMine(known, by);
      const text = commentText(given);
      await db.write([
        store.edit(comment, text, clock.now()),
        by.audited({
          action: "comment.update",
          resource: subject.key,
          touches: [`comment:${comment}`],
          before: { text: known.text },
          after: { text },
        }),
      ]);
      deps.onChange(kind, id);
      return (await store.find(subject.key, comment))!;
    },
    async remove(kind, id, comment, by) {
      const { subject, known } = await found(kind, id, comment);
      if (!by.moderator) checkMine(known, by);
      await db.write([
        store.remove(comment, clock.now()),
        by.audited({
          action: "comment.delete",
          resource: subject.key,
          touches: [`comment:${comment}`],
          before: { author: known.author, text: known.text },
        }),
      ]);
      deps.onChange(kind, id);
    },
  };
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/** As it is stored: lines end with \n, no other control characters. @throws PerchError `validation` */
export function commentText(given: string): string {
  const text = given.replace(/\r\n?/g, "\n").replace(CONTROL, "").toWellFormed().trim();
  if (text === "") throw fieldError("text", "must not be empty");
  if (text.length > COMMENT_MOST) {
    throw fieldError("text", `has ${text.length} characters; ${COMMENT_MOST} are allowed`);
  }
  return text;
}
