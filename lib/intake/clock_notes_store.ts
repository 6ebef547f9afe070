import type { Database, SqlStatement } from "../db/client.ts";
import {
  asc,
  build,
  columnsBut,
  createOrm,
  excluded,
  gt,
  lte,
  placeholders,
  prepared,
  statementOf,
} from "../db/orm.ts";
import { deviceClocks } from "../db/schema/intake.ts";

/** A machine whose devices gave times that are not believed. Its readings were kept at their time of arrival. */
export type ClockNote = typeof deviceClocks.$inferSelect;

/** Notes about devices' clocks from before the start. */
export function loadClockNotes(
  db: Pick<Database, "query">,
  afterMs: number,
): Promise<ClockNote[]> {
  return createOrm(db).select().from(deviceClocks).where(gt(deviceClocks.lastMs, afterMs))
    .orderBy(asc(deviceClocks.lastMs)).all();
}

export const putClockNote = prepared<ClockNote>(
  build.insert(deviceClocks).values(placeholders(deviceClocks)).onConflictDoUpdate({
    target: deviceClocks.machine,
    set: excluded(deviceClocks, columnsBut(deviceClocks, ["machine"])),
  }),
);

/** Deletes notes up to this time; called by the house-keeping task. */
export function deleteClockNotes(upToMs: number): SqlStatement {
  return statementOf(build.delete(deviceClocks).where(lte(deviceClocks.lastMs, upToMs)));
}
