import type { Database, SqlStatement } from "../../db/client.ts";
import {
  build,
  columnsBut,
  createOrm,
  desc,
  eq,
  excluded,
  inArray,
  max,
  placeholders,
  prepared,
} from "../../db/orm.ts";
import { corrections } from "../../db/schema/faults.ts";
import type { Correction, CorrectionState } from "./correction.ts";

/** The table `corrections`. */
export interface CorrectionStore {
  /** 0 without any. */
  lastId(): Promise<number>;
  find(id: number): Promise<Correction | null>;
  /** Newest first, at most so many. */
  ofFault(faultId: number, most: number): Promise<Correction[]>;
  /** Of a file or setting, newest first. */
  inStates(states: readonly CorrectionState[]): Promise<Correction[]>;
  put(correction: Correction): SqlStatement;
}

/** What is proposed does not change; what becomes of it does. */
const CHANGING = columnsBut(corrections, [
  ...["id", "faultId", "target", "baseHash", "before", "after"] as const,
  ...["diff", "diffHash", "author", "text", "trial", "proposedMs"] as const,
]);

const put = prepared<Correction>(
  build.insert(corrections).values(placeholders(corrections))
    .onConflictDoUpdate({ target: corrections.id, set: excluded(corrections, CHANGING) }),
);

export function createCorrectionStore(db: Pick<Database, "query">): CorrectionStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(corrections);
  return {
    async lastId() {
      const last = await orm.select({ id: max(corrections.id) }).from(corrections).get();
      return last?.id ?? 0;
    },
    find: async (id) => await all().where(eq(corrections.id, id)).get() ?? null,
    ofFault: async (faultId, most) =>
      await all().where(eq(corrections.faultId, faultId)).orderBy(desc(corrections.id)).limit(most),
    inStates: async (states) =>
      await all().where(inArray(corrections.state, [...states])).orderBy(desc(corrections.id)),
    put,
  };
}
