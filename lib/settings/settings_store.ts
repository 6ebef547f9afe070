import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import { settings } from "../db/schema/settings.ts";

export interface StoredSetting {
  key: string;
  value: unknown;
  changedMs: number;
  changedBy: string;
}

/** The table `settings`. */
export interface SettingsStore {
  all(): Promise<StoredSetting[]>;
  put(key: string, value: unknown, nowMs: number, by: string): SqlStatement;
  remove(key: string): SqlStatement;
  /** All in one transaction. */
  write(statements: SqlStatement[]): Promise<void>;
}

export function createSettingsStore(db: Database): SettingsStore {
  const orm = createOrm(db);
  return {
    async all() {
      const rows = await orm.select().from(settings);
      return rows.map((row) => ({ ...row, value: JSON.parse(row.value) }));
    },
    put: (key, value, nowMs, by) =>
      statementOf(
        build.insert(settings)
          .values({ key, value: JSON.stringify(value), changedMs: nowMs, changedBy: by })
          .onConflictDoUpdate({
            target: settings.key,
            set: excluded(settings, ["value", "changedMs", "changedBy"]),
          }),
      ),
    remove: (key) => statementOf(build.delete(settings).where(eq(settings.key, key))),
    write: async (statements) => void await db.write(statements),
  };
}
