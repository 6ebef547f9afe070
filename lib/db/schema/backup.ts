/** The plant as its backups know it. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** One row, made with the first start of a Perch that makes backups. */
export const plant = sqliteTable("plant", {
  /** Always 1. */
  one: integer("one").primaryKey(),
  /** Random: the same in every backup of this plant, another one elsewhere. */
  uid: text("uid").notNull(),
  /** When this row was made: from then on a backup can be expected. */
  sinceMs: ms("since_ms").notNull(),
  /** Of the backup that began last; counts up. */
  backupSequence: integer("backup_sequence").notNull(),
  /** Public key for which backups are encrypted; null: they are not. */
  backupRecipient: text("backup_recipient"),
});
