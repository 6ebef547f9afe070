import type { Database } from "../db/client.ts";
import {
  build,
  createOrm,
  excluded,
  notInArray,
  placeholders,
  prepared,
  statementOf,
  unionAll,
} from "../db/orm.ts";
import { statuses } from "../db/schema/live.ts";
import { machines, sensors } from "../db/schema/machines.ts";

/** A status as it is stored: a restart goes on from it. */
export type StoredStatus = typeof statuses.$inferSelect;

/** Loads what was stored last of every sensor and machine, and forgets those that are gone for good. */
export async function loadStatuses(db: Database): Promise<StoredStatus[]> {
  const known = unionAll(
    build.select({ id: sensors.id }).from(sensors),
    build.select({ id: machines.id }).from(machines),
  );
  await db.write([statementOf(build.delete(statuses).where(notInArray(statuses.id, known)))]);
  return await createOrm(db).select().from(statuses);
}

export const statusStatement = prepared<StoredStatus>(
  build.insert(statuses).values(placeholders(statuses)).onConflictDoUpdate({
    target: [statuses.kind, statuses.id],
    set: excluded(statuses, ["status", "sinceMs"]),
  }),
);
