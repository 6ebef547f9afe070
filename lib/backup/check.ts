import { join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { type Connection, openConnection } from "../db/connection.ts";
import { letGo } from "../db/let_go.ts";
import { countRows, schemaHead } from "../db/contents.ts";
import { readApplied, readMigrations } from "../db/migrate.ts";
import { quickCheck } from "../db/quick_check.ts";
import { writing } from "../db/client.ts";
import { firstUnreadable } from "../db/sound.ts";
import { onDisk } from "../base/disk.ts";
import { DATABASE_NAME, type Manifest } from "./manifest.ts";

/** About what SQLite needs beside the database to open it. */
const PROBE_BYTES = 256 * 1024;

/** What a database holds, as the manifest says it. */
export type Contents = Pick<Manifest, "schema" | "counts">;

/**
 * Looks at a copy of a database as the next start would: SQLite's own check, migrations that are known, rows
 * counted. Afterwards it is kept as Perch keeps its database (a write-ahead log, which is empty).
 * @throws PerchError `validation` when it is damaged, `conflict` when a newer Perch wrote it
 */
export async function checkDatabase(folder: string, migrationsFolder: string): Promise<Contents> {
  return await look(folder, migrationsFolder, true);
}

/** The same without SQLite's own check. */
export async function contentsOf(folder: string, migrationsFolder: string): Promise<Contents> {
  return await look(folder, migrationsFolder, false);
}

async function look(folder: string, migrationsFolder: string, whole: boolean): Promise<Contents> {
  try {
    return await lookAt(folder, migrationsFolder, whole);
  } finally {
    await letGo();
    await removeEmptyLog(join(folder, DATABASE_NAME));
  }
}

async function lookAt(folder: string, migrationsFolder: string, whole: boolean): Promise<Contents> {
  const path = join(folder, DATABASE_NAME);
  let connection: Connection | null = null;
  try {
    connection = await openConnection({ url: `file:${path}` });
    const { query, write, close } = connection;
    const problems = whole ? await quickCheck({ query, write: writing(write), close }) : [];
    if (problems.length > 0) throw damaged(path, problems[0]);
    const unreadable = whole ? await firstUnreadable(connection) : null;
    if (unreadable !== null) throw damaged(path, unreadable);
    if (await readApplied(connection, readMigrations(migrationsFolder)) === null) {
      throw damaged(path, "it has no record of migrations");
    }
    return { schema: await schemaHead(connection), counts: await countRows(connection) };
  } catch (error) {
    if (error instanceof PerchError && error.code !== "storage_failed") throw error;
    // SQLite says of a full disk that it fails.
    await onDisk(`check ${path}`, () => probeRoom(folder));
    throw damaged(path, messageOf(error));
  } finally {
    await connection?.close();
  }
}

/** The driver may leave the log, emptied, until its memory is collected; a log with content stays. */
async function removeEmptyLog(path: string): Promise<void> {
  const bytes = await Deno.stat(`${path}-wal`).then(({ size }) => size, () => 0);
  if (bytes > 0) return;
  for (const end of ["-wal", "-shm"]) await Deno.remove(path + end).catch(() => {});
}

/** @throws an error of the disk when it takes no more than a little */
async function probeRoom(folder: string): Promise<void> {
  const path = join(folder, ".probe");
  try {
    await Deno.writeFile(path, new Uint8Array(PROBE_BYTES));
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** How a database differs from what the manifest says; null: it does not. */
export function contentsFault(found: Contents, manifest: Manifest): string | null {
  if (found.schema !== manifest.schema) {
    return `its schema is ${found.schema}, and ${manifest.schema} in the manifest`;
  }
  const tables = new Set([...Object.keys(found.counts), ...Object.keys(manifest.counts)]);
  for (const table of tables) {
    const [is, should] = [found.counts[table], manifest.counts[table]];
    if (is !== should) {
      return `its table ${table} has ${is ?? "no"} rows, and ${should ?? "none"} in the manifest`;
    }
  }
  return null;
}

function damaged(path: string, reason: string): PerchError {
  return new PerchError(
    "validation",
    `The database of the backup (${path}) is damaged: ${reason}.`,
  );
}
