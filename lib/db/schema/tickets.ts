/** Tickets, and what people write and show with them and with alarms. */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { TICKET_VERDICTS } from "../../words/verdict.ts";
import { ms } from "./columns.ts";

/** Work on what is wrong (lib/tickets). A trigger fails the transaction of whoever was slower. */
export const tickets = sqliteTable("tickets", {
  /** T-12 is number 12. Never used again. */
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  /** Markdown. */
  description: text("description").notNull(),
  state: text("state", { enum: ["open", "in_progress", "resolved", "closed"] }).notNull(),
  priority: text("priority", { enum: ["low", "normal", "high", "urgent"] }).notNull(),
  /** Id of the person. */
  assigneeId: text("assignee_id"),
  dueMs: ms("due_ms"),
  /** The notice that the due date is over was sent. */
  overdueReported: integer("overdue_told", { mode: "boolean" }).notNull(),
  machineId: text("machine_id"),
  /** One ticket for each alarm. */
  alarmId: text("alarm_id").unique(),
  verdict: text("verdict", { enum: TICKET_VERDICTS }),
  /** The remark with which it was resolved. */
  note: text("note"),
  createdMs: ms("created_ms").notNull(),
  /** Names of people; null: Perch itself. */
  createdBy: text("created_by"),
  changedMs: ms("changed_ms").notNull(),
  changedBy: text("changed_by"),
  startedMs: ms("started_ms"),
  resolvedMs: ms("resolved_ms"),
  resolvedBy: text("resolved_by"),
  closedMs: ms("closed_ms"),
  /** Grows by one with each change. */
  version: integer("version").notNull(),
}, (t) => [
  index("tickets_by_state").on(t.state, t.id),
  index("tickets_by_machine").on(t.machineId, t.id),
  index("tickets_by_assignee").on(t.assigneeId, t.id),
  index("tickets_due").on(t.dueMs).where(sql`overdue_told = 0`),
]);

export type TicketRow = typeof tickets.$inferSelect;

/** What people say about alarms and tickets. */
export const comments = sqliteTable("comments", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** `alarm:<id>`, `ticket:T-12`. */
  subject: text("subject").notNull(),
  /** Person or key. */
  authorId: text("author_id").notNull(),
  /** As they were called then. */
  author: text("author").notNull(),
  /** Markdown; empty once it was deleted. */
  text: text("text").notNull(),
  createdMs: ms("created_ms").notNull(),
  editedMs: ms("edited_ms"),
  deletedMs: ms("deleted_ms"),
}, (t) => [index("comments_by_subject").on(t.subject, t.id)]);

/** Files that people show with alarms and tickets; their bytes are in `<data>/files/attachments`. */
export const attachments = sqliteTable("attachments", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  subject: text("subject").notNull(),
  authorId: text("author_id").notNull(),
  author: text("author").notNull(),
  /** Random name of its file; not shown to anybody. */
  file: text("file").notNull().unique(),
  /** What its sender called it, cleaned. */
  name: text("name").notNull(),
  /** MIME type by content. */
  type: text("type").notNull(),
  bytes: integer("bytes").notNull(),
  /** Pixels of a picture. */
  width: integer("width"),
  height: integer("height"),
  createdMs: ms("created_ms").notNull(),
}, (t) => [index("attachments_by_subject").on(t.subject, t.id)]);
