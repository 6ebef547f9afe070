import type { Database } from "../../db/client.ts";
import { build, createOrm, eq, excluded, placeholders, prepared } from "../../db/orm.ts";
import { cameraStates } from "../../db/schema/cameras.ts";
import type { LastResort } from "./last_resort.ts";

const put = prepared<typeof cameraStates.$inferInsert>(
  build.insert(cameraStates).values(placeholders(cameraStates)).onConflictDoUpdate({
    target: cameraStates.cameraId,
    set: excluded(cameraStates, ["lastResortMs"]),
  }),
);

/** Keeps over a restart when the power of a camera was cut, or somebody was asked to. */
export function createLastResort(db: Pick<Database, "query" | "write">): LastResort {
  return {
    async get(cameraId) {
      const row = await createOrm(db).select().from(cameraStates)
        .where(eq(cameraStates.cameraId, cameraId)).get();
      return row?.lastResortMs ?? null;
    },
    set: async (cameraId, lastResortMs) => void await db.write([put({ cameraId, lastResortMs })]),
  };
}
