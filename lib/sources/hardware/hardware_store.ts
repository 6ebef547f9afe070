import type { Database, SqlStatement } from "../../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../../db/orm.ts";
import { hardwareInputs } from "../../db/schema/devices.ts";

export type HardwareRow = typeof hardwareInputs.$inferSelect;

/** Statements and reads of inputs. */
export interface HardwareStore {
  /** The oldest first. */
  all(): Promise<HardwareRow[]>;
  put(row: HardwareRow): SqlStatement;
  putState(id: string, state: HardwareRow["state"]): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createHardwareStore(db: Pick<Database, "query">): HardwareStore {
  const orm = createOrm(db);
  return {
    all: async () =>
      await orm.select().from(hardwareInputs)
        .orderBy(asc(hardwareInputs.createdMs), asc(hardwareInputs.id)),
    put: (row) =>
      statementOf(
        build.insert(hardwareInputs).values(row).onConflictDoUpdate({
          target: hardwareInputs.id,
          set: excluded(hardwareInputs, ["driver", "sensor", "settings", "state"]),
        }),
      ),
    putState: (id, state) =>
      statementOf(build.update(hardwareInputs).set({ state }).where(eq(hardwareInputs.id, id))),
    remove: (id) => statementOf(build.delete(hardwareInputs).where(eq(hardwareInputs.id, id))),
  };
}
