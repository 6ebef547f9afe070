import { join } from "node:path";
import { openConnection } from "../../lib/db/connection.ts";
import { type Database, writing } from "../../lib/db/client.ts";
import { migrate, readMigrations } from "../../lib/db/migrate.ts";

/** A real, migrated database in a folder of its own, on this thread. */
export async function openTestDatabase(folder: string): Promise<Database> {
  const connection = await openConnection({ url: `file:${join(folder, "perch.db")}` });
  const migrations = join(import.meta.dirname!, "../../migrations");
  await migrate(connection, readMigrations(migrations), Date.now());
  return { ...connection, write: writing(connection.write) };
}
