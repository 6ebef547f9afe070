import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import { commandTargets } from "../db/schema/devices.ts";

export type TargetRow = typeof commandTargets.$inferSelect;

/** What people set up or changed. An announced target without a row is as its device announced it. */
export interface TargetStore {
  /** Oldest first. */
  all(): Promise<TargetRow[]>;
  put(row: TargetRow): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createTargetStore(db: Pick<Database, "query">): TargetStore {
  const orm = createOrm(db);
  return {
    all: async () =>
      await orm.select().from(commandTargets)
        .orderBy(asc(commandTargets.createdMs), asc(commandTargets.id)),
    put: (row) =>
      statementOf(
        build.insert(commandTargets).values(row).onConflictDoUpdate({
          target: commandTargets.id,
          set: excluded(commandTargets, ["name", "spec", "settings", "sensorNum", "machineId"]),
        }),
      ),
    remove: (id) => statementOf(build.delete(commandTargets).where(eq(commandTargets.id, id))),
  };
}
