import { createHash } from "node:crypto";
import { PerchError } from "../base/errors.ts";
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
  const { rows } = await connection.query({ sql: "SELECT name, hash FROM migrations" });
  const applied = new Map(rows.map(([name, hash]) => [String(name), String(hash)]));
  refuseForeign(applied, migrations);
  return applied;
}

/**
 * Brings the schema up to date, each migration in a transaction of its own together with its record.
 * Returns the names that were applied. Rejects with `conflict` when the database was written by a
 * newer Perch, or when an applied migration is not the one this Perch has.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<string[]> {
  const applied = await readApplied(connection, migrations) ?? new Map<string, string>();
  await connection.write([{
    sql: "CREATE TABLE IF NOT EXISTS migrations " +
      "(name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_ms INTEGER NOT NULL)",
  }]);
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    await connection.write([
      ...statementsOf(migration.sql).map((sql) => ({ sql })),
      {
        sql: "INSERT INTO migrations (name, hash, applied_ms) VALUES (?, ?, ?)",
        args: [migration.name, hashOf(migration.sql), nowMs],
      },
    ]);
    done.push(migration.name);
  }
  return done;
}

function refuseForeign(
  applied: ReadonlyMap<string, string>,
  migrations: readonly Migration[],
): void {
  const known = new Map(migrations.map((m) => [m.name, m]));
  for (const [name, hash] of applied) {
    const migration = known.get(name);
    if (!migration) {
      throw new PerchError(
        "conflict",
        `this database was written by a newer Perch (it has migration ${name}, ` +
          `this version knows ${migrations.length}): start the newer version, or restore a backup`,
      );
    }
    if (hashOf(migration.sql) !== hash) {
      throw new PerchError(
        "conflict",
        `migration ${name} is not the one this database was built with: ` +
          `migrations are append-only, use the version of Perch that wrote this database`,
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
