/** The rows of computed sensors. */
import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, eq, excluded, placeholders, prepared, statementOf } from "../db/orm.ts";
import { computedSensors } from "../db/schema/devices.ts";
import type { Spec } from "./spec.ts";

export interface ComputedRow {
  sensorNum: number;
  spec: Spec;
  /** Which definition its results are of. */
  version: string | null;
  /** Results from here on have to be looked at; null: none. */
  recomputeMs: number | null;
  createdMs: number;
}

export async function loadComputed(db: Database): Promise<ComputedRow[]> {
  const rows = await createOrm(db).select().from(computedSensors);
  return rows.map(({ sensorNum, spec, state, recomputeMs, createdMs }) => ({
    sensorNum,
    spec: spec as unknown as Spec,
    version: typeof state.version === "string" ? state.version : null,
    recomputeMs,
    createdMs,
  }));
}

const put = prepared<typeof computedSensors.$inferSelect>(
  build.insert(computedSensors).values(placeholders(computedSensors)).onConflictDoUpdate({
    target: computedSensors.sensorNum,
    set: excluded(computedSensors, ["spec", "state", "recomputeMs"]),
  }),
);

export function putComputed({ spec, version, ...row }: ComputedRow): SqlStatement {
  return put({ ...row, spec: { ...spec }, state: { version } });
}

/** Up to where it is computed. A row that was deleted meanwhile stays so. */
export function computedUntil(sensorNum: number, recomputeMs: number | null): SqlStatement {
  return statementOf(
    build.update(computedSensors).set({ recomputeMs })
      .where(eq(computedSensors.sensorNum, sensorNum)),
  );
}

export function deleteComputed(sensorNum: number): SqlStatement {
  return statementOf(build.delete(computedSensors).where(eq(computedSensors.sensorNum, sensorNum)));
}
