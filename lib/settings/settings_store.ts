import type { Database, SqlStatement } from "../db/client.ts";

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
  write(change: SqlStatement, also: SqlStatement[]): Promise<void>;
}

export function createSettingsStore(db: Database): SettingsStore {
  return {
    async all() {
      const { rows } = await db.query({
        sql: "select key, value, changed_ms, changed_by from settings",
      });
      return rows.map(([key, value, changedMs, changedBy]) => ({
        key: String(key),
        value: JSON.parse(String(value)),
        changedMs: Number(changedMs),
        changedBy: String(changedBy),
      }));
    },
    put: (key, value, nowMs, by) => ({
      sql: "insert or replace into settings (key, value, changed_ms, changed_by) values (?,?,?,?)",
      args: [key, JSON.stringify(value), nowMs, by],
    }),
    remove: (key) => ({ sql: "delete from settings where key = ?", args: [key] }),
    write: async (change, also) => void await db.write([change, ...also]),
  };
}
