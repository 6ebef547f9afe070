import { messageOf, PerchError } from "../base/errors.ts";
import { writeFault } from "../base/file_bytes.ts";
import { isNoRoom } from "../base/reserve_file.ts";
import type { Connection } from "./connection.ts";
import { damaged, refused } from "./look.ts";
import { tablesOf, unreadableIn } from "./unreadable.ts";

/** Files up to this size are checked whole at each start: about a third of a second, two on an SD card. */
const WHOLE_BYTES = 64_000_000;
const MOST_PROBLEMS = 20;
/** Most of a large file; each chunk has a checksum of its own. */
const LARGE_TABLES = ["chunks"];
/** Read as what they should be, and compared with checksums (lib/readings). */
const GUARDED_TABLES = ["chunks", "series", "journal_a", "journal_b"];

/**
 * SQLite's own `integrity_check` before anything is served or written, and whether all texts and numbers can be
 * read. In a large file all tables but that of the chunks.
 * @throws PerchError `not_started` with the first thing it found
 */
export async function checkSound(connection: Connection, path: string): Promise<void> {
  const problem = await firstProblem(connection, path);
  if (problem === null) return;
  throw damaged(`The database ${path} is damaged (${problem})`);
}

async function firstProblem(connection: Connection, path: string): Promise<string | null> {
  try {
    const { rows } = await connection.query({
      sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    });
    const isSmall = Number(rows[0][0]) <= WHOLE_BYTES;
    const problem = isSmall ? await problemOf(connection, "") : null;
    if (problem !== null) return problem;
    for (const table of await tablesOf(connection)) {
      const found = (isSmall || LARGE_TABLES.includes(table.name)
        ? null
        : await problemOf(connection, table.name)) ??
        (GUARDED_TABLES.includes(table.name) ? null : await unreadableIn(connection, table));
      if (found !== null) {
        return found;
      }
    }
    return null;
  } catch (error) {
    if (isDamage(error, path)) return error.message;
    throw noRoom(error, path) ?? error;
  }
}

/** SQLite's log and its index need so much at least. */
const ROOM_BYTES = 64 * 1024;

/**
 * To SQLite a disk without room for its log is an I/O error. A sound database must not be taken for a damaged one
 * because of that: a restore would replace it. Null: there is room.
 */
function noRoom(error: unknown, path: string): PerchError | null {
  if (!/SQLITE_IOERR/.test(messageOf(error))) return null;
  const reason = writeFault(`${path}-room.probe`, ROOM_BYTES);
  if (!isNoRoom(reason)) return null;
  const message = `could not open the database ${path}: ${messageOf(reason)}`;
  return new PerchError("storage_full", message, { cause: error });
}

/**
 * SQLite cannot make sense of the file, as opposed to a disk that does not answer or has no room. A file that ends
 * too early is an I/O error to SQLite as well.
 */
function isDamage(error: unknown, path: string): error is PerchError {
  if (!(error instanceof PerchError)) return false;
  if (/SQLITE_(CORRUPT|NOTADB)|malformed|not a database/.test(error.message)) return true;
  return /SQLITE_IOERR/.test(error.message) && noRoom(error, path) === null && canBeRead(path);
}

/** Reads the file from end to end; the connection that failed is not used any more. */
function canBeRead(path: string): boolean {
  const block = new Uint8Array(1024 * 1024);
  try {
    using file = Deno.openSync(path);
    while (file.readSync(block) !== null);
    return true;
  } catch {
    return false;
  }
}

/** What went wrong while the file was opened; damage with the path and what to do. */
export function openingError(error: unknown, path: string): unknown {
  return isDamage(error, path)
    ? damaged(`The database ${path} is damaged (${error.message})`)
    : noRoom(error, path) ?? error;
}

async function problemOf(connection: Connection, table: string): Promise<string | null> {
  const { rows } = await connection.query({
    sql: "SELECT integrity_check FROM pragma_integrity_check(?)",
    args: [table === "" ? MOST_PROBLEMS : table],
  });
  const found = rows.map(([text]) => String(text)).filter((text) => text !== "ok");
  return found.length === 0
    ? null
    : found[0].replaceAll(/\s*\n\s*/g, " ").replace("*** in database main *** ", "");
}

/**
 * For a database without a record of migrations: one that holds other tables is not Perch's; an empty one is
 * refused with `mustExist` when there was a plant. @throws PerchError `not_started`
 */
export async function refuseOther(
  connection: Connection,
  url: string,
  mustExist: string | null,
): Promise<void> {
  const { rows } = await connection.query({
    sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' LIMIT 1",
  });
  if (rows.length > 0) {
    throw refused(
      `The database ${url} is not one of Perch: it has a table "${
        rows[0][0]
      }" and no record of migrations`,
      "Set DATABASE_URL to the database of this Perch, or to a new name. Nothing was changed.",
      null,
    );
  }
  if (mustExist === null) return;
  throw new PerchError("not_started", mustExist, {
    refusal: { kind: "missing", what: mustExist.split(". ")[0] },
  });
}

/** The first text or number, in any table, that the driver cannot read; null: there is none. */
export async function firstUnreadable(connection: Connection): Promise<string | null> {
  for (const table of await tablesOf(connection)) {
    if (GUARDED_TABLES.includes(table.name)) continue;
    const found = await unreadableIn(connection, table);
    if (found !== null) return found;
  }
  return null;
}
