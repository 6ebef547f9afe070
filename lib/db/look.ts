/**
 * Looks at the database's files before SQLite does, because SQLite helps itself: it makes an empty database of a
 * missing file, and puts the log that it finds beside it to use or away. Nothing is changed here.
 */
import { basename, dirname, join } from "node:path";
import { messageOf, PerchError, type RefusalKind } from "../base/errors.ts";
import { isReadOnly, READ_ONLY } from "../base/read_only.ts";

/** Where the file really is, whatever links lead there. */
export interface DatabasePlace {
  path: string;
  folder: string;
}

export interface DatabaseFiles {
  /** `none`: missing or without a byte. */
  content: "none" | "database";
  /** Bytes of the log beside it. */
  walBytes: number;
}

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
const RESTORE =
  "Put a backup of it in its place (and take away the files perch.db-wal and perch.db-shm beside it, " +
  "which do not belong to the backup), then start Perch again. Nothing was changed.";

/**
 * What is at the place. The caller holds the folder's lock: opening and closing the file of a database that is in
 * use in this process would drop SQLite's locks.
 * @throws PerchError `not_started`: what is there cannot be a database of Perch, or cannot be used
 */
export function lookAtFiles({ path: real }: DatabasePlace): DatabaseFiles {
  const info = statOf(real);
  const wal = statOf(`${real}-wal`);
  for (const end of ["-wal", "-shm", "-journal"]) refuseUnlikeFile(`${real}${end}`);
  const files = { walBytes: wal?.size ?? 0 };
  if (info === null) return { ...files, content: "none" };
  if (!info.isFile) throw damaged(`The database ${real} is ${kindOf(info)}, not a file`);
  if ((info.nlink ?? 1) > 1) {
    throw refused(
      `The database ${real} has ${info.nlink} names (hard links)`,
      "SQLite keeps one log per name and would mix them up. Make a copy of it, remove the other name, and " +
        "start Perch again. Nothing was changed.",
    );
  }
  refuseUnusable(real, info);
  if (info.size === 0) return { ...files, content: "none" };
  refuseForeign(real, info.size, files.walBytes);
  return { ...files, content: "database" };
}

const MOST_WHAT = 600;

/**
 * An error of the start, as one message: what is wrong and what to do. Kind null: no backup helps, because the
 * database is not the trouble.
 */
export function refused(
  what: string,
  advice: string,
  kind: RefusalKind | null = "blocked",
): PerchError {
  const line = what.replaceAll(/\s+/g, " ");
  const short = line.length > MOST_WHAT ? `${line.slice(0, MOST_WHAT)}…` : line;
  return new PerchError("not_started", `${short}. ${advice}`, {
    refusal: kind === null ? undefined : { kind, what: short },
  });
}

/** The same for a database that is damaged. */
export function damaged(what: string): PerchError {
  return refused(what, RESTORE, "damaged");
}

/** Follows links. Opens nothing. @throws PerchError `not_started` when the folder is not there */
export function locate(path: string): DatabasePlace {
  const real = realPath(path);
  return { path: real, folder: dirname(real) };
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.FilesystemLoop || /ELOOP/.test(messageOf(error))) {
      throw refused(`The database ${path} is a link to itself`, "Set DATABASE_URL to the file");
    }
    if (!(error instanceof Deno.errors.NotFound)) throw unusable(path, error);
  }
  const link = linkOf(path);
  if (link !== null) {
    throw refused(
      `The database ${path} is a link to ${link}, and nothing is there`,
      "Is the drive mounted? Mount it, or set DATABASE_URL to where the database is. Nothing was changed.",
      "elsewhere",
    );
  }
  try {
    return join(Deno.realPathSync(dirname(path)), basename(path));
  } catch {
    throw refused(
      `The folder ${dirname(path)} of the database does not exist`,
      "Is the drive mounted? Mount it or make the folder, or set DATABASE_URL to where the database is.",
      "elsewhere",
    );
  }
}

function linkOf(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw unusable(path, error);
  }
}

function refuseUnlikeFile(path: string): void {
  const info = statOf(path);
  if (info === null) return;
  if (!info.isFile) {
    throw refused(
      `${path} is ${kindOf(info)}, and SQLite needs that name for a file of the database`,
      "Move it away and start Perch again. Nothing was changed.",
    );
  }
  refuseUnusable(path, info);
}

function kindOf(info: Deno.FileInfo): string {
  return info.isDirectory ? "a directory" : "no plain file";
}

function refuseUnusable(path: string, info: Deno.FileInfo): void {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch (error) {
    throw unusable(path, error, info);
  }
}

function unusable(path: string, error: unknown, info?: Deno.FileInfo): PerchError {
  const what = `${path} cannot be read and written (${messageOf(error)})`;
  if (isReadOnly(error)) return refused(what, `${READ_ONLY} Nothing was changed.`, "elsewhere");
  const owner = info?.uid === null || info === undefined
    ? ""
    : ` It belongs to user ${info.uid}, mode ${((info.mode ?? 0) & 0o777).toString(8)}.`;
  return refused(what, `The user that runs Perch needs both.${owner} Nothing was changed.`);
}

/** The first 100 bytes say what it is; they are read before SQLite holds any lock. */
function refuseForeign(path: string, bytes: number, walBytes: number): void {
  const head = new Uint8Array(HEADER_BYTES);
  using file = Deno.openSync(path);
  const got = file.readSync(head) ?? 0;
  const magic = new TextDecoder().decode(head.subarray(0, MAGIC.length));
  const view = new DataView(head.buffer);
  const raw = view.getUint16(16);
  const pageBytes = raw === 1 ? 65_536 : raw;
  const sound = got === HEADER_BYTES && magic === MAGIC && pageBytes >= 512 &&
    (pageBytes & (pageBytes - 1)) === 0;
  if (!sound) {
    const zeros = head.subarray(0, got).every((byte) => byte === 0);
    throw damaged(
      `The database ${path} is damaged: its first bytes are ${
        zeros ? "zeros" : "not those of a database"
      }`,
    );
  }
  // With a log beside it, the end of the file may stand there.
  const pages = view.getUint32(28);
  const counted = view.getUint32(24) === view.getUint32(92);
  if (walBytes === 0 && counted && pages * pageBytes > bytes) {
    throw damaged(
      `The database ${path} is damaged: ${bytes} of its ${pages * pageBytes} bytes are there`,
    );
  }
}
