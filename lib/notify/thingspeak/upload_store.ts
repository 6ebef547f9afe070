import type { Database } from "../../db/client.ts";
import { build, createOrm, eq, excluded, statementOf } from "../../db/orm.ts";
import { uploadCursors } from "../../db/schema/notify.ts";

/** How far an upload is; kept over restarts. */
export interface UploadStore {
  /** Readings before this time are uploaded; null: none ever was. */
  cursor(name: string): Promise<number | null>;
  move(name: string, toMs: number): Promise<void>;
}

export function createUploadStore(db: Database): UploadStore {
  const orm = createOrm(db);
  return {
    async cursor(name) {
      const row = await orm.select().from(uploadCursors).where(eq(uploadCursors.name, name)).get();
      return row?.atMs ?? null;
    },
    async move(name, toMs) {
      await db.write([statementOf(
        build.insert(uploadCursors).values({ name, atMs: toMs }).onConflictDoUpdate({
          target: uploadCursors.name,
          set: excluded(uploadCursors, ["atMs"]),
        }),
      )]);
    },
  };
}
