import type { Database, SqlStatement } from "../../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../../db/orm.ts";
import { type PollRow, polls } from "../../db/schema/devices.ts";

export type { PollRow };

/** Statements and reads of polls. */
export interface PollStore {
  /** By name. */
  all(): Promise<PollRow[]>;
  put(row: PollRow): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createPollStore(db: Pick<Database, "query">): PollStore {
  const orm = createOrm(db);
  return {
    all: async () => await orm.select().from(polls).orderBy(asc(polls.name)),
    put: (row) =>
      statementOf(
        build.insert(polls).values(row).onConflictDoUpdate({
          target: polls.id,
          set: excluded(polls, [
            ...["name", "options", "secrets", "settings"] as const,
            ...["machine", "allowed", "secretHash", "enabled"] as const,
          ]),
        }),
      ),
    remove: (id) => statementOf(build.delete(polls).where(eq(polls.id, id))),
  };
}
