/**
 * Writes the next migration (`deno task migration NAME`): what changed in `lib/db/schema/` since the last one, as
 * drizzle-kit makes it. `lib/db/schema.json` is the schema that the migrations add up to; both are checked in.
 * Read the SQL before you commit it: a column that changes its type becomes a copy of the whole table.
 *
 * Its first line says whether the previous release can go on with the database after it (`lib/db/README.md`).
 */
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Migration, readMigrations } from "../lib/db/migrate.ts";
import * as schema from "../lib/db/schema/mod.ts";
import { releases } from "../tests/support/release.ts";
import { describe, hindrances } from "./readable.ts";

type Snapshot = Awaited<ReturnType<typeof generateSQLiteDrizzleJson>>;

const ROOT = join(import.meta.dirname!, "..");
export const SNAPSHOT = join(ROOT, "lib", "db", "schema.json");
const BREAKPOINT = "\n--> statement-breakpoint\n";

/** The statements that bring a database of an earlier schema to the present one; none when nothing changed. */
export async function changesSince(
  before: Snapshot,
): Promise<{ statements: string[]; snapshot: Snapshot }> {
  const snapshot = await generateSQLiteDrizzleJson(schema, before.id);
  return { statements: await generateSQLiteMigration(before, snapshot), snapshot };
}

/** The first line of a migration that comes after `earlier`, the newest release having got as far as `released`. */
export function markOf(
  sql: string,
  earlier: readonly Pick<Migration, "sql">[],
  released: string,
): string {
  const db = new DatabaseSync(":memory:");
  try {
    for (const migration of earlier) db.exec(migration.sql);
    const before = describe(db);
    db.exec(sql);
    const reasons = hindrances(before, describe(db, before));
    return reasons.length === 0
      ? `-- readable from: ${released}`
      : `-- not readable by the previous release: ${reasons.join("; ").replaceAll(/\s+/g, " ")}`;
  } finally {
    db.close();
  }
}

async function write(name: string | undefined): Promise<number> {
  if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
    console.error("deno task migration NAME: small letters, digits and _, such as add_cameras");
    return 2;
  }
  const { statements, snapshot } = await changesSince(
    JSON.parse(await Deno.readTextFile(SNAPSHOT)),
  );
  if (statements.length === 0) {
    console.log("The schema is what the migrations make: there is nothing to write.");
    return 0;
  }
  const folder = join(ROOT, "migrations");
  const numbers = [...Deno.readDirSync(folder)].map((file) => Number(file.name.slice(0, 4)) || 0);
  const next = String(Math.max(...numbers) + 1).padStart(4, "0");
  const sql = statements.join(BREAKPOINT) + "\n";
  const mark = markOf(sql, readMigrations(folder), releases().at(-1)!.ledger.release.schema);
  await Deno.writeTextFile(join(folder, `${next}_${name}.sql`), `${mark}\n${sql}`);
  await Deno.writeTextFile(SNAPSHOT, JSON.stringify(snapshot, null, 1) + "\n");
  console.log(`migrations/${next}_${name}.sql: ${statements.length} statements\n${mark}`);
  return 0;
}

if (import.meta.main) Deno.exit(await write(Deno.args[0]));
