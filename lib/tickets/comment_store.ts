import type { Database, SqlStatement } from "../db/client.ts";
import { conditions, listPage, type PageOf, type PageQuery, type Row, rowsOf } from "../db/list.ts";

/** A comment as the API and the pages show it. */
export interface Comment {
  id: number;
  author_id: string;
  /** Name of who said it, as it was then. */
  author: string;
  /** Markdown; empty when deleted. */
  text: string;
  created_ms: number;
  edited_ms: number | null;
  deleted_ms: number | null;
}

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

const NAMES = "id, author_id, author, text, created_ms, edited_ms, deleted_ms";

export function createCommentStore(db: Database): CommentStore {
  return {
    async list(subject, query) {
      const wanted = conditions();
      wanted.add("subject = ?", subject);
      const page = await listPage(db, `select ${NAMES} from comments`, wanted, query);
      return { items: page.items.map(commentOf), next: page.next };
    },
    async find(subject, id) {
      const [row] = rowsOf(
        await db.query({
          sql: `select ${NAMES} from comments where subject = ? and id = ?`,
          args: [subject, id],
        }),
      );
      return row === undefined ? null : commentOf(row);
    },
    async count(subject) {
      const { rows } = await db.query({
        sql: "select count(*) from comments where subject = ?",
        args: [subject],
      });
      return Number(rows[0][0]);
    },
    insert: (subject, { author_id, author, text, created_ms }) => ({
      sql: "insert into comments (subject, author_id, author, text, created_ms) " +
        "values (?,?,?,?,?) returning id",
      args: [subject, author_id, author, text, created_ms],
    }),
    edit: (id, text, atMs) => ({
      sql: "update comments set text = ?, edited_ms = ? where id = ?",
      args: [text, atMs, id],
    }),
    remove: (id, atMs) => ({
      sql: "update comments set text = '', deleted_ms = ? where id = ?",
      args: [atMs, id],
    }),
    removeGone: () => ({
      sql: "delete from comments where subject like 'alarm:%' and not exists " +
        "(select 1 from alarms where id = cast(substr(subject, 7) as integer))",
    }),
  };
}

function commentOf(row: Row): Comment {
  return {
    id: Number(row.id),
    author_id: String(row.author_id),
    author: String(row.author),
    text: String(row.text),
    created_ms: Number(row.created_ms),
    edited_ms: row.edited_ms === null ? null : Number(row.edited_ms),
    deleted_ms: row.deleted_ms === null ? null : Number(row.deleted_ms),
  };
}
