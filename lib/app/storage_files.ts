import { basename, join } from "node:path";
import { type FolderLock, lockFolder } from "../base/folder_lock.ts";
import { messageOf, type PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type DatabasePlace, locate, lookAtFiles, refused } from "../db/look.ts";
import { ownerText } from "../db/owner.ts";
import { readWalIndex, scanWal, type WalLoss, walLoss } from "../db/wal.ts";
import { findRemains, type Remain, setAside } from "./remains.ts";

/** A log that could not be read to its end, and where it is kept. */
export interface CutLog extends WalLoss {
  path: string;
}

/** A sentence for people. */
export function cutText({ path, frames, commits }: CutLog): string {
  const many = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  return `The log of the database was damaged: at least ${many(commits, "transaction")} ` +
    `(${
      many(frames, "page")
    }) that had been acknowledged could not be read at the start. The damaged log is ` +
    `kept in ${path}; look at the disk, and move it away when you are done with it.`;
}

/** The files of a database, locked and looked at, before SQLite opens them. */
export interface PreparedFiles extends DatabasePlace {
  /** What was cut off now and at starts before, as long as the copies lie there. */
  cuts: CutLog[];
  /** Holds a file that was just made, too, and says beside it who has it. */
  opened(): void;
  /** It was not opened after all: takes away the empty files that SQLite made beside it, and releases. */
  refused(): void;
  release(): void;
}

export interface PrepareOptions {
  /** As configured, without `file:`. */
  path: string;
  /** Null: none beside the database's folder (tests). */
  dataDir: string | null;
  /** A person confirmed that a new plant begins here. */
  anew: boolean;
  log: Log;
}

const KEPT = /-wal\.cut-[\w.-]+$/;

/**
 * Locks the database's folder and sees to it that nothing is opened that ought not to be.
 * @throws PerchError `not_started`, with what, where and what to do; nothing is changed then
 */
export function prepareFiles(options: PrepareOptions): PreparedFiles {
  const place = locate(options.path);
  const lock = lockPlace(place);
  let file: FolderLock | null = null;
  const free = () => {
    file?.release();
    lock.release();
  };
  try {
    const { content } = lookAtFiles(place);
    const remains = findRemains(options.dataDir ?? place.folder, place.path);
    if (content === "none" && remains.length > 0) beginAnew(options, place, remains);
    else if (options.anew && content !== "none") throw refusedNew(place.path);
    const { path } = place;
    if (content !== "none") file = lockFile(path);
    const before = cutLogs(place);
    const made = ["-wal", "-shm"].map((end) => path + end).filter((beside) => !exists(beside));
    return {
      ...place,
      cuts: [...before, ...(content === "none" ? [] : cutNow(path, before.length))],
      opened() {
        file ??= lockFile(path);
        writeOwner(path);
      },
      refused() {
        if (content !== "none" && !made.some(hasContent)) made.forEach(removeFile);
        free();
      },
      release() {
        removeOwner(path);
        free();
      },
    };
  } catch (error) {
    free();
    throw error;
  }
}

/**
 * The folder's lock does not reach a file that is mounted in another folder. The file is let go of only when
 * SQLite has closed it: that would drop its locks. Null: its file system has no locks; the folder's is held.
 */
function lockFile(path: string): FolderLock | null {
  let lock: FolderLock | null;
  try {
    lock = lockFolder(path, "database file");
  } catch {
    return null;
  }
  if (lock !== null) return lock;
  throw refused(
    `The database ${path} is in use by another Perch, which has it by another path (is the file mounted here?)`,
    "Each of the two would write a log of its own. Stop the other one, and mount the folder of the database " +
      "rather than the file. Nothing was changed.",
    "elsewhere",
  );
}

/** An empty database where there was a plant: the refusal. */
export function refusedLoss(
  database: string,
  state: string,
  remains: readonly Remain[],
): PerchError {
  const list = remains.slice(0, 3).map(({ path, what }) => `${path} (${what})`).join(", ");
  const more = remains.length > 3 ? ` and ${remains.length - 3} more` : "";
  return refused(
    `The database ${database} is ${state}, but there was a plant here: ${list}${more}`,
    "Is its drive mounted? Mount it, or put a backup of the database in its place, and start Perch again. " +
      "To begin a new plant on purpose, run `perch serve --new` once: it moves what is left into a folder " +
      "before-… of the data directory. Nothing was changed.",
    "missing",
  );
}

function refusedNew(database: string): PerchError {
  return refused(
    `--new is for a place without a database, and ${database} is one`,
    "Start Perch without --new, or move the data directory away first. Nothing was changed.",
    null,
  );
}

function beginAnew(options: PrepareOptions, place: DatabasePlace, remains: Remain[]): void {
  const { dataDir, anew, log } = options;
  if (!anew || dataDir === null) {
    const state = exists(place.path) ? "empty" : "missing";
    throw refusedLoss(place.path, state, remains);
  }
  const folder = setAside(dataDir, remains, Date.now());
  log.warn(`a new plant begins; what was left of the one before is in ${folder}`);
}

function lockPlace({ path, folder }: DatabasePlace): FolderLock {
  let lock: FolderLock | null;
  try {
    lock = lockFolder(folder, `database ${basename(path)}`);
  } catch (error) {
    throw refused(
      `The folder ${folder} of the database cannot be locked (${messageOf(error)})`,
      "Without a lock two Perches could write to one database. Put it on a local disk. Nothing was changed.",
      null,
    );
  }
  if (lock !== null) return lock;
  throw refused(
    `The database ${path} is in use: its folder is held by ${ownerText(readOwner(path))}`,
    "Stop that one first, or give this one a folder of its own (PERCH_DATA, DATABASE_URL). Nothing was changed.",
    "elsewhere",
  );
}

const ownerPath = (path: string) => `${path}-owner`;

/** For people only; the lock is the folder's. */
function writeOwner(path: string): void {
  const text = JSON.stringify({ host: Deno.hostname(), pid: Deno.pid, sinceMs: Date.now() });
  try {
    Deno.writeTextFileSync(ownerPath(path), text + "\n", { mode: 0o600 });
  } catch {
    // A full disk: the second one then learns less.
  }
}

function readOwner(path: string): { host: string; pid: number; sinceMs: number } | null {
  try {
    const owner = JSON.parse(Deno.readTextFileSync(ownerPath(path)));
    return typeof owner.pid === "number" && typeof owner.sinceMs === "number" ? owner : null;
  } catch {
    return null;
  }
}

function removeOwner(path: string): void {
  if (readOwner(path)?.pid !== Deno.pid) return;
  try {
    Deno.removeSync(ownerPath(path));
  } catch {
    // It only informs.
  }
}

/** A disk that damages the log again and again must not fill up with copies. */
const COPIES_MOST = 20;

/** Looks whether SQLite will drop what was committed, and keeps a copy of the log if so. */
function cutNow(path: string, copies: number): CutLog[] {
  const wal = scanWal(`${path}-wal`);
  const loss = walLoss(wal, readWalIndex(`${path}-shm`));
  if (loss === null) return [];
  if (copies >= COPIES_MOST) {
    throw refused(
      `${path}-wal is damaged, for the ${copies + 1}th time: ${copies} copies of it lie beside it`,
      "Look at the disk, move the copies away, and start Perch again. Nothing was changed.",
    );
  }
  const copy = `${path}-wal.cut-${new Date().toISOString().replaceAll(":", "-")}`;
  try {
    if (wal.bytes > 0) {
      Deno.copyFileSync(`${path}-wal`, copy);
      using file = Deno.openSync(copy, { read: true, write: true });
      file.syncSync();
    } else Deno.writeTextFileSync(copy, "", { mode: 0o600 });
    Deno.writeTextFileSync(`${copy}.json`, JSON.stringify(loss) + "\n", { mode: 0o600 });
  } catch (error) {
    throw refused(
      `${path}-wal is damaged, and the copy of it that has to be kept cannot be written to ${copy} ` +
        `(${messageOf(error)})`,
      "Make room and start Perch again. Nothing was changed.",
    );
  }
  return [{ ...loss, path: copy }];
}

/** Copies that were kept before: nobody has dealt with them yet. */
function cutLogs({ folder }: DatabasePlace): CutLog[] {
  return [...Deno.readDirSync(folder)].filter(({ name }) =>
    KEPT.test(name) && !name.endsWith(".json")
  )
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name }) => {
      const path = join(folder, name);
      return { frames: 0, commits: 0, ...lossOf(`${path}.json`), path };
    });
}

function lossOf(path: string): Partial<WalLoss> {
  try {
    const { frames, commits } = JSON.parse(Deno.readTextFileSync(path));
    return { frames: Number(frames), commits: Number(commits) };
  } catch {
    return {};
  }
}

/** The log has transactions; the index beside it is of use only together with it. */
const hasContent = (path: string) =>
  path.endsWith("-wal") && exists(path) && Deno.statSync(path).size > 0;

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}
