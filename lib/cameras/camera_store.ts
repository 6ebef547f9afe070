import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import { type CameraRow, cameras, cameraStates } from "../db/schema/cameras.ts";

export type { CameraRow };

/** Statements and reads of cameras. */
export interface CameraStore {
  /** By name. */
  all(): Promise<CameraRow[]>;
  put(row: CameraRow): SqlStatement;
  /** The camera and what it remembers; its pictures are removed by who keeps them. */
  remove(id: string): SqlStatement[];
}

export function createCameraStore(db: Pick<Database, "query">): CameraStore {
  const orm = createOrm(db);
  return {
    all: async () => await orm.select().from(cameras).orderBy(asc(cameras.name)),
    put: (row) =>
      statementOf(
        build.insert(cameras).values(row).onConflictDoUpdate({
          target: cameras.id,
          set: excluded(cameras, [
            "name",
            "options",
            "secrets",
            "settings",
            "machineId",
            "allowed",
            "enabled",
          ]),
        }),
      ),
    remove: (id) => [
      statementOf(build.delete(cameras).where(eq(cameras.id, id))),
      statementOf(build.delete(cameraStates).where(eq(cameraStates.cameraId, id))),
    ],
  };
}
