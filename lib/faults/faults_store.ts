import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  build,
  columnsBut,
  createOrm,
  eq,
  excluded,
  inArray,
  isNotNull,
  isNull,
  lt,
  max,
  placeholders,
  prepared,
  statementOf,
} from "../db/orm.ts";
import { type FaultRow, faults } from "../db/schema/faults.ts";
import { searchedPage } from "../db/searched.ts";
import type { FaultSeverity, FaultState } from "../words/fault.ts";

export interface FaultQuery extends PageQuery {
  states?: readonly FaultState[];
  severities?: readonly FaultSeverity[];
  component?: string;
  /** Words of what it says, its part or its file. */
  search?: string;
}

/** The table `faults`. */
export interface FaultStore {
  /** Open ones, and dismissed ones that were still seen. */
  unended(): Promise<FaultRow[]>;
  /** 0 without any. */
  lastId(): Promise<number>;
  find(id: number): Promise<FaultRow | null>;
  /** Newest first. */
  list(query: FaultQuery): Promise<PageOf<FaultRow>>;
  put(fault: FaultRow): SqlStatement;
  /** Takes away those that ended before. */
  purge(beforeMs: number): SqlStatement;
}

const put = prepared<FaultRow>(
  build.insert(faults).values(placeholders(faults)).onConflictDoUpdate({
    target: faults.id,
    set: excluded(faults, columnsBut(faults, ["id", "cause", "firstMs"])),
  }),
);

export function createFaultStore(db: Pick<Database, "query">): FaultStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(faults);
  return {
    unended: async () => await all().where(isNull(faults.endedMs)),
    async lastId() {
      const last = await orm.select({ id: max(faults.id) }).from(faults).get();
      return last?.id ?? 0;
    },
    find: async (id) => await all().where(eq(faults.id, id)).get() ?? null,
    list: ({ states, severities, component, search, ...page }) =>
      searchedPage(
        orm,
        search,
        { id: faults.id, columns: [faults.message, faults.component, faults.file] },
        (fits) =>
          listPage<FaultRow>(all(), faults.id, [
            states && inArray(faults.state, [...states]),
            severities && inArray(faults.severity, [...severities]),
            component === undefined ? undefined : eq(faults.component, component),
            fits,
          ], page),
      ),
    put,
    purge: (beforeMs) =>
      statementOf(
        build.delete(faults).where(and(isNotNull(faults.endedMs), lt(faults.endedMs, beforeMs))),
      ),
  };
}
