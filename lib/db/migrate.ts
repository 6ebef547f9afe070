import { createHash } from "node:crypto";
import { PerchError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { Connection } from "./connection.ts";

export interface Migration {
  /** File name, `0001_readings.sql`; the order of names is the order of application. */
  name: string;
  sql: string;
}

const NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
/** Separates the statements of a migration (drizzle-kit's own marker). */
const BREAKPOINT = "--> statement-breakpoint";

/** Reads the migrations of a folder (in a binary: the folder embedded with `--include`). */
export function readMigrations(folder: string): Migration[] {
  const names = [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && NAME.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  return names.map((name) => ({ name, sql: Deno.readTextFileSync(`${folder}/${name}`) }));
}

/**
 * Reads which migrations were applied; null when there is no record of any. Writes nothing.
 * @throws PerchError `conflict` when the database was written by a newer Perch
 */
export async function readApplied(
  connection: Connection,
  migrations: readonly Migration[],
): Promise<ReadonlyMap<string, string> | null> {
  const { rows: found } = await connection.query({
    sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'",
  });
  if (found.length === 0) return null;
  const perch = await knowsVersions(connection) ? "perch" : "NULL";
  const { rows } = await connection.query({ sql: `SELECT name, hash, ${perch} FROM migrations` });
  refuseForeign(rows.map(([name, hash, by]) => [String(name), String(hash), by]), migrations);
  return new Map(rows.map(([name, hash]) => [String(name), String(hash)]));
}

/** Databases of Perch 0.1.0 may not say which version applied a migration. */
async function knowsVersions(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query({
    sql: "SELECT 1 FROM pragma_table_info('migrations') WHERE name = 'perch'",
  });
  return rows.length > 0;
}

/** What has still to be applied, in order. */
export function pendingOf(
  applied: ReadonlyMap<string, string> | null,
  migrations: readonly Migration[],
): Migration[] {
  return migrations.filter(({ name }) => !applied?.has(name));
}

/**
 * Brings the schema up to date, each migration in a transaction of its own together with its record.
 * Returns the names that were applied. Rejects with `conflict` when the database was written by a
 * newer Perch, with `not_started` when an applied migration is not the one this Perch has.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<string[]> {
  const applied = await readApplied(connection, migrations) ?? new Map<string, string>();
  await connection.write([{
    sql: "CREATE TABLE IF NOT EXISTS migrations " +
      "(name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_ms INTEGER NOT NULL, perch TEXT)",
  }]);
  const pending = pendingOf(applied, migrations);
  if (pending.length > 0 && !await knowsVersions(connection)) {
    await connection.write([{ sql: "ALTER TABLE migrations ADD COLUMN perch TEXT" }]);
  }
  const done: string[] = [];
  for (const migration of pending) {
    await connection.write([
      ...statementsOf(migration.sql).map((sql) => ({ sql })),
      {
        sql: "INSERT INTO migrations (name, hash, applied_ms, perch) VALUES (?, ?, ?, ?)",
        args: [migration.name, hashOf(migration.sql), nowMs, VERSION],
      },
    ]);
    done.push(migration.name);
  }
  return done;
}

function refuseForeign(
  applied: readonly (readonly [name: string, hash: string, version: unknown])[],
  migrations: readonly Migration[],
): void {
  const known = new Map(migrations.map((m) => [m.name, m]));
  for (const [name, hash, version] of applied) {
    const migration = known.get(name);
    if (!migration) {
      const by = typeof version === "string" ? `version ${version}, with` : "it has";
      const what = `this database was written by a newer Perch (${by} migration ${name}; ` +
        `this is Perch ${VERSION} and knows ${migrations.length})`;
      throw new PerchError("conflict", `${what}: start the newer version, or restore a backup.`, {
        refusal: { kind: "newer", what },
      });
    }
    if (hashOf(migration.sql) !== hash) {
      const what = `migration ${name} is not the one this database was built with`;
      throw new PerchError(
        "not_started",
        `${what}: its record is damaged, or a version of Perch that was never released wrote it. ` +
          "Use that version. Nothing was changed.",
        { refusal: { kind: "blocked", what } },
      );
    }
  }
}

function statementsOf(sql: string): string[] {
  return sql.split(BREAKPOINT).map((s) => s.trim()).filter((s) => s !== "");
}

function hashOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
