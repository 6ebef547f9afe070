import type { Database, SqlStatement } from "../db/client.ts";
import { conditions, listPage, type PageOf, type PageQuery, type Row, rowsOf } from "../db/list.ts";

/** A file as the API and the pages show it. */
export interface Attachment {
  id: number;
  author_id: string;
  /** Name of who brought it, as it was then. */
  author: string;
  /** What its sender called it, cleaned. */
  name: string;
  /** MIME type by content. */
  type: string;
  bytes: number;
  /** Pixels; null for what is no picture. */
  width: number | null;
  height: number | null;
  created_ms: number;
}

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

const NAMES = "id, author_id, author, name, type, bytes, width, height, created_ms";

export function createAttachmentStore(db: Database): AttachmentStore {
  return {
    async list(subject, query) {
      const wanted = conditions();
      wanted.add("subject = ?", subject);
      const page = await listPage(db, `select ${NAMES} from attachments`, wanted, query);
      return { items: page.items.map(attachmentOf), next: page.next };
    },
    async find(subject, id) {
      const [row] = rowsOf(
        await db.query({
          sql: `select ${NAMES}, file from attachments where subject = ? and id = ?`,
          args: [subject, id],
        }),
      );
      return row === undefined ? null : { ...attachmentOf(row), file: String(row.file) };
    },
    async used(subject) {
      const { rows } = await db.query({
        sql: "select count(*), coalesce(sum(bytes), 0) from attachments where subject = ?",
        args: [subject],
      });
      return { count: Number(rows[0][0]), bytes: Number(rows[0][1]) };
    },
    insert: (subject, a) => ({
      sql: "insert into attachments (subject, author_id, author, name, type, bytes, width, " +
        "height, created_ms, file) values (?,?,?,?,?,?,?,?,?,?) returning id",
      args: [
        subject,
        a.author_id,
        a.author,
        a.name,
        a.type,
        a.bytes,
        a.width,
        a.height,
        a.created_ms,
        a.file,
      ],
    }),
    remove: (id) => ({ sql: "delete from attachments where id = ?", args: [id] }),
    removeGone: () => ({
      sql: "delete from attachments where subject like 'alarm:%' and not exists " +
        "(select 1 from alarms where id = cast(substr(subject, 7) as integer))",
    }),
    async files() {
      const { rows } = await db.query({ sql: "select file from attachments" });
      return new Set(rows.map(([file]) => String(file)));
    },
  };
}

function attachmentOf(row: Row): Attachment {
  return {
    id: Number(row.id),
    author_id: String(row.author_id),
    author: String(row.author),
    name: String(row.name),
    type: String(row.type),
    bytes: Number(row.bytes),
    width: row.width === null ? null : Number(row.width),
    height: row.height === null ? null : Number(row.height),
    created_ms: Number(row.created_ms),
  };
}
