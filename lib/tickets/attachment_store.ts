import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import { and, build, count, createOrm, eq, sql, statementOf } from "../db/orm.ts";
import { attachments } from "../db/schema/tickets.ts";
import { ofGoneAlarm } from "./comment_store.ts";
import type { Attachment } from "./subject.ts";

/** The same with the name of its file on the disk, which nobody is shown. */
export type StoredAttachment = Attachment & { file: string };

/** The table `attachments`. */
export interface AttachmentStore {
  /** Newest first. */
  list(subject: string, query: PageQuery): Promise<PageOf<Attachment>>;
  find(subject: string, id: number): Promise<StoredAttachment | null>;
  /** How many files a subject has, and their bytes together. */
  used(subject: string): Promise<{ count: number; bytes: number }>;
  insert(subject: string, attachment: Omit<StoredAttachment, "id">): SqlStatement;
  remove(id: number): SqlStatement;
  /** Those of alarms that are there no more. */
  removeGone(): SqlStatement;
  /** Names of all files. */
  files(): Promise<Set<string>>;
}

const FIELDS = {
  id: attachments.id,
  author_id: attachments.authorId,
  author: attachments.author,
  name: attachments.name,
  type: attachments.type,
  bytes: attachments.bytes,
  width: attachments.width,
  height: attachments.height,
  created_ms: attachments.createdMs,
};

export function createAttachmentStore(db: Database): AttachmentStore {
  const orm = createOrm(db);
  return {
    list: (subject, query) =>
      listPage(
        orm.select(FIELDS).from(attachments),
        attachments.id,
        [eq(attachments.subject, subject)],
        query,
      ),
    async find(subject, id) {
      const [found] = await orm.select({ ...FIELDS, file: attachments.file }).from(attachments)
        .where(and(eq(attachments.subject, subject), eq(attachments.id, id)));
      return found ?? null;
    },
    async used(subject) {
      const [used] = await orm.select({
        count: count(),
        bytes: sql<number>`coalesce(sum(${attachments.bytes}), 0)`,
      }).from(attachments).where(eq(attachments.subject, subject));
      return used;
    },
    insert: (subject, { author_id, created_ms, ...rest }) =>
      statementOf(
        build.insert(attachments)
          .values({ ...rest, subject, authorId: author_id, createdMs: created_ms })
          .returning({ id: attachments.id }),
      ),
    remove: (id) => statementOf(build.delete(attachments).where(eq(attachments.id, id))),
    removeGone: () =>
      statementOf(build.delete(attachments).where(ofGoneAlarm(attachments.subject))),
    async files() {
      const rows = await orm.select({ file: attachments.file }).from(attachments);
      return new Set(rows.map(({ file }) => file));
    },
  };
}
