import type { Database, SqlStatement } from "../db/client.ts";
import {
  build,
  columnsBut,
  createOrm,
  eq,
  excluded,
  placeholders,
  prepared,
  statementOf,
} from "../db/orm.ts";
import { reportedComponents } from "../db/schema/live.ts";

type Row = typeof reportedComponents.$inferSelect;

/** The table `reported_components`. */
export interface ReportedStore {
  all(): Promise<Row[]>;
  put(row: Row): SqlStatement;
  remove(name: string): SqlStatement;
}

const put = prepared<Row>(
  build.insert(reportedComponents).values(placeholders(reportedComponents)).onConflictDoUpdate({
    target: reportedComponents.name,
    set: excluded(reportedComponents, columnsBut(reportedComponents, ["name"])),
  }),
);

export function createReportedStore(db: Pick<Database, "query">): ReportedStore {
  return {
    all: async () => await createOrm(db).select().from(reportedComponents),
    put,
    remove: (name) =>
      statementOf(build.delete(reportedComponents).where(eq(reportedComponents.name, name))),
  };
}
