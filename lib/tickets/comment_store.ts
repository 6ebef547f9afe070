import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import { and, build, type Column, createOrm, eq, type SQL, sql, statementOf } from "../db/orm.ts";
import { alarms } from "../db/schema/alarms.ts";
import { comments } from "../db/schema/tickets.ts";
import type { Comment } from "./subject.ts";

/** The table `comments`. */
export interface CommentStore {
  /** Newest first. */
  list(subject: string, query: PageQuery): Promise<PageOf<Comment>>;
  find(subject: string, id: number): Promise<Comment | null>;
  count(subject: string): Promise<number>;
  insert(subject: string, comment: Omit<Comment, "id" | "edited_ms" | "deleted_ms">): SqlStatement;
  edit(id: number, text: string, atMs: number): SqlStatement;
  /** The text is gone; that there was one stays. */
  remove(id: number, atMs: number): SqlStatement;
  /** Those of alarms that are there no more. */
  removeGone(): SqlStatement;
}

const FIELDS = {
  id: comments.id,
  author_id: comments.authorId,
  author: comments.author,
  text: comments.text,
  created_ms: comments.createdMs,
  edited_ms: comments.editedMs,
  deleted_ms: comments.deletedMs,
};

export function createCommentStore(db: Database): CommentStore {
  const orm = createOrm(db);
  return {
    list: (subject, query) =>
      listPage(
        orm.select(FIELDS).from(comments),
        comments.id,
        [eq(comments.subject, subject)],
        query,
      ),
    async find(subject, id) {
      const [found] = await orm.select(FIELDS).from(comments)
        .where(and(eq(comments.subject, subject), eq(comments.id, id)));
      return found ?? null;
    },
    count: (subject) => orm.$count(comments, eq(comments.subject, subject)),
    insert: (subject, { author_id, author, text, created_ms }) =>
      statementOf(
        build.insert(comments)
          .values({ subject, authorId: author_id, author, text, createdMs: created_ms })
          .returning({ id: comments.id }),
      ),
    edit: (id, text, atMs) =>
      statementOf(
        build.update(comments).set({ text, editedMs: atMs }).where(eq(comments.id, id)),
      ),
    remove: (id, atMs) =>
      statementOf(
        build.update(comments).set({ text: "", deletedMs: atMs }).where(eq(comments.id, id)),
      ),
    removeGone: () => statementOf(build.delete(comments).where(ofGoneAlarm(comments.subject))),
  };
}

/** Belongs to an alarm that is there no more. */
export function ofGoneAlarm(subject: Column): SQL {
  return sql`${subject} like 'alarm:%' and not exists (select 1 from ${alarms} where ${alarms.id} = cast(substr(${subject}, 7) as integer))`;
}
