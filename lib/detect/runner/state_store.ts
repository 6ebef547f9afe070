import type { Database } from "../../db/client.ts";
import { build, columnsBut, createOrm, excluded, placeholders, prepared } from "../../db/orm.ts";
import { detectorStates } from "../../db/schema/detect.ts";

/** A detector state as it was saved. */
export type SavedState = typeof detectorStates.$inferSelect;

/** Reads the table `detector_states`. */
export async function loadStates(db: Pick<Database, "query">): Promise<SavedState[]> {
  return await createOrm(db).select().from(detectorStates);
}

export const putState = prepared<SavedState>(
  build.insert(detectorStates).values(placeholders(detectorStates)).onConflictDoUpdate({
    target: detectorStates.sensor,
    set: excluded(detectorStates, columnsBut(detectorStates, ["sensor"])),
  }),
);
