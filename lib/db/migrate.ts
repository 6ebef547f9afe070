import { createHash } from "node:crypto";
import { PerchError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { Connection } from "./connection.ts";

export interface Migration {
  /** File name, `0001_readings.sql`; the order of names is the order of application. */
  name: string;
  sql: string;
}

/** A migration that this Perch does not know, and whose database it can read and write all the same. */
export interface Ahead {
  name: string;
  /** Version of Perch that applied it; null: not known. */
  perch: string | null;
}

const NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
/** Separates the statements of a migration (drizzle-kit's own marker). */
const BREAKPOINT = "--> statement-breakpoint";
/** `-- readable from: 0063_plant`: who knows that migration can work with the database after this one too. */
const READABLE_FROM = /^-- readable from: (\d{4}_[a-z0-9_]+)$/m;

/** Reads the migrations of a folder (in a binary: the folder embedded with `--include`). */
export function readMigrations(folder: string): Migration[] {
  const names = [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && NAME.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  return names.map((name) => ({ name, sql: Deno.readTextFileSync(`${folder}/${name}`) }));
}

/**
 * The oldest migration whose Perch can read and write a database after this one, as its text says; null: only one
 * that knows it can.
 */
export function readableFrom({ sql }: Pick<Migration, "sql">): string | null {
  const found = READABLE_FROM.exec(sql);
  return found === null ? null : `${found[1]}.sql`;
}

/** What was applied to a database. */
export interface Applied {
  /** Hashes by name. */
  hashes: ReadonlyMap<string, string>;
  /** Those of a newer Perch. */
  ahead: Ahead[];
}

/**
 * Reads which migrations were applied; null when there is no record of any. Writes nothing.
 * @throws PerchError `conflict` when the database was written by a newer Perch and this one cannot read it,
 * `not_started` when an applied migration is not the one this Perch has
 */
export async function readApplied(
  connection: Pick<Connection, "query">,
  migrations: readonly Migration[],
): Promise<Applied | null> {
  const columns = await columnsOfRecord(connection);
  if (columns.size === 0) return null;
  const optional = (name: string) => columns.has(name) ? name : "NULL";
  const { rows } = await connection.query({
    sql: `SELECT name, hash, ${optional("perch")}, ${optional("readable_from")} FROM migrations`,
  });
  const records = rows.map(([name, hash, perch, readable]) => ({
    name: String(name),
    hash: String(hash),
    perch: perch === null ? null : String(perch),
    readableFrom: readable === null ? null : String(readable),
  }));
  return {
    hashes: new Map(records.map(({ name, hash }) => [name, hash])),
    ahead: aheadIn(records, migrations),
  };
}

/** Of the table `migrations`; none without it. Earlier ones say neither which version applied one nor who can read it. */
async function columnsOfRecord(connection: Pick<Connection, "query">): Promise<Set<string>> {
  const { rows } = await connection.query({
    sql: "SELECT name FROM pragma_table_info('migrations')",
  });
  return new Set(rows.map(([name]) => String(name)));
}

/** What has still to be applied, in order. */
export function pendingOf(
  applied: Applied | null,
  migrations: readonly Migration[],
): Migration[] {
  return migrations.filter(({ name }) => !applied?.hashes.has(name));
}

/**
 * Brings the schema up to date, each migration in a transaction of its own together with its record.
 * Returns the names that were applied. Rejects as `readApplied` does.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<string[]> {
  const applied = await readApplied(connection, migrations);
  await connection.write([{
    sql: "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL, " +
      "applied_ms INTEGER NOT NULL, perch TEXT, readable_from TEXT)",
  }]);
  const pending = pendingOf(applied, migrations);
  if (pending.length > 0) await completeRecord(connection);
  const done: string[] = [];
  for (const migration of pending) {
    await connection.write([
      ...statementsOf(migration.sql).map((sql) => ({ sql })),
      {
        sql: "INSERT INTO migrations (name, hash, applied_ms, perch, readable_from) " +
          "VALUES (?, ?, ?, ?, ?)",
        args: [migration.name, hashOf(migration.sql), nowMs, VERSION, readableFrom(migration)],
      },
    ]);
    done.push(migration.name);
  }
  return done;
}

async function completeRecord(connection: Connection): Promise<void> {
  const columns = await columnsOfRecord(connection);
  const missing = ["perch", "readable_from"].filter((name) => !columns.has(name));
  if (missing.length === 0) return;
  await connection.write(
    missing.map((name) => ({ sql: `ALTER TABLE migrations ADD COLUMN ${name} TEXT` })),
  );
}

interface RecordRow {
  name: string;
  hash: string;
  perch: string | null;
  readableFrom: string | null;
}

/** What a newer Perch applied; refuses what this one cannot work with. */
function aheadIn(records: readonly RecordRow[], migrations: readonly Migration[]): Ahead[] {
  const known = new Map(migrations.map((m) => [m.name, m]));
  const applied = new Set(records.map(({ name }) => name));
  // One that leaves out a migration is of another line: nobody has tried the two together.
  const isBehind = migrations.some(({ name }) => !applied.has(name));
  const ahead: Ahead[] = [];
  for (const record of records) {
    const { name, hash, perch } = record;
    const migration = known.get(name);
    if (migration === undefined) {
      if (isBehind || record.readableFrom === null || !known.has(record.readableFrom)) {
        throw newerThan(record, migrations.length);
      }
      ahead.push({ name, perch });
    } else if (hashOf(migration.sql) !== hash) throw otherThan(name);
  }
  return ahead;
}

function newerThan({ name, perch }: RecordRow, known: number): PerchError {
  const by = perch === null ? "it has" : `version ${perch}, with`;
  const what = `this database was written by a newer Perch (${by} migration ${name}; ` +
    `this is Perch ${VERSION} and knows ${known})`;
  return new PerchError("conflict", `${what}: start the newer version, or restore a backup.`, {
    refusal: { kind: "newer", what },
  });
}

function otherThan(name: string): PerchError {
  const what = `migration ${name} is not the one this database was built with`;
  return new PerchError(
    "not_started",
    `${what}: its record is damaged, or a version of Perch that was never released wrote it. ` +
      "Use that version. Nothing was changed.",
    { refusal: { kind: "blocked", what } },
  );
}

/** Without those that are comments only: a migration may say nothing but who can read what is written from now on. */
function statementsOf(sql: string): string[] {
  return sql.split(BREAKPOINT).map((s) => s.trim())
    .filter((s) => s.replace(/^\s*--.*$/gm, "").trim() !== "");
}

function hashOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
