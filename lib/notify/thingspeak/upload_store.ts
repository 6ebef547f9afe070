import type { Database } from "../../db/client.ts";
import { rowsOf } from "../../db/list.ts";

/** How far an upload is; kept over restarts. */
export interface UploadStore {
  /** Readings before this time are uploaded; null: none ever was. */
  cursor(name: string): Promise<number | null>;
  move(name: string, toMs: number): Promise<void>;
}

export function createUploadStore(db: Database): UploadStore {
  return {
    async cursor(name) {
      const result = await db.query({
        sql: "select at_ms from upload_cursors where name = ?",
        args: [name],
      });
      const [row] = rowsOf(result);
      return row === undefined ? null : Number(row.at_ms);
    },
    async move(name, toMs) {
      await db.write([{
        sql: "insert or replace into upload_cursors (name, at_ms) values (?, ?)",
        args: [name, Math.trunc(toMs)],
      }]);
    },
  };
}
