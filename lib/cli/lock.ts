/**
 * DESIGN: one process per data directory. The lock is `flock` on the directory itself (lib/base/folder_lock.ts)
 * and on `<data>/perch.lock`, which also says who holds it and where its control socket is. The kernel frees both
 * however the process ends, so nothing is stale after a crash or a power cut and no process id has to be
 * guessed at. The directory's lock holds even when the file is removed.
 */
import { join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { nameOf, ownerOf } from "../app/typed.ts";
import { isReadOnly, READ_ONLY } from "../base/read_only.ts";
import { isNoRoom } from "../base/reserve_file.ts";
import { type FolderLock, lockFolder } from "../base/folder_lock.ts";
import { belongToFolder } from "../base/owner.ts";

/** What the running process says of itself. */
export interface Holder {
  host?: string;
  pid: number;
  command: string;
  /** ISO 8601, UTC. */
  since: string;
  /** Address of the pages, once they are served. */
  url?: string;
  /** Path of the control socket, once it listens. */
  socket?: string;
  /** Why it is in safe mode; it takes no commands then. */
  safeMode?: string;
  /** It is a node without the lease, and takes no commands. */
  standsBy?: string;
}

export interface DataLock {
  /** Adds to what the lock file says. */
  describe(more: Pick<Holder, "url" | "socket" | "safeMode" | "standsBy">): void;
  release(): void;
}

/** Creates the data directory (0700) when it is missing. @throws PerchError `not_started` */
export function ensureDataDir(dataDir: string): void {
  try {
    Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PerchError(
      "not_started",
      `The data directory ${dataDir} cannot be created (${messageOf(error)}). ` +
        "Set PERCH_DATA to a directory that this user may write.",
    );
  }
}

/**
 * Takes the lock, or gives null when another process has it.
 * @throws PerchError `not_started` when the directory cannot be locked or written.
 */
export async function tryLock(dataDir: string, command: string): Promise<DataLock | null> {
  const folder = lockDataDir(dataDir);
  if (folder === null) return null;
  try {
    const file = await lockFile(dataDir, command);
    if (file === null) folder.release();
    return file && {
      describe: file.describe,
      release() {
        file.release();
        folder.release();
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

function lockDataDir(dataDir: string): FolderLock | null {
  try {
    return lockFolder(dataDir, "data directory");
  } catch (error) {
    throw unusable(dataDir, "locked", error);
  }
}

async function lockFile(dataDir: string, command: string): Promise<DataLock | null> {
  const path = join(dataDir, "perch.lock");
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw unusable(path, "opened", error);
  }
  if (!await file.tryLock(true)) {
    file.close();
    return null;
  }
  await belongToFolder(path);
  let holder: Holder = {
    host: Deno.hostname(),
    pid: Deno.pid,
    command,
    since: new Date().toISOString(),
  };
  const write = () => {
    const bytes = new TextEncoder().encode(JSON.stringify(holder) + "\n");
    file.truncateSync(0);
    file.seekSync(0, Deno.SeekMode.Start);
    try {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } catch (error) {
      // A full disk: the lock is held all the same, and who holds it is written once there is room.
      if (!isNoRoom(error)) throw error;
    }
  };
  try {
    write();
  } catch (error) {
    file.close();
    throw unusable(path, "written", error);
  }
  return {
    describe(more) {
      holder = { ...holder, ...more };
      write();
    },
    release() {
      // Emptied, not deleted: deleting would let two processes lock two different files of one name.
      try {
        file.truncateSync(0);
      } catch {
        // A full or read-only disk: the lock itself ends with the file.
      }
      file.close();
    },
  };
}

/** The refusal of a data directory, or of the lock in it, that cannot be used. */
function unusable(path: string, how: string, error: unknown): PerchError {
  const what = `${path} cannot be ${how} (${messageOf(error)})`;
  const refusal = { kind: "elsewhere", what } as const;
  return new PerchError("not_started", `${what}. ${adviceFor(path, error)}`, { refusal });
}

function adviceFor(path: string, error: unknown): string {
  if (error instanceof Deno.errors.IsADirectory) {
    return "Perch needs that name for a file: move the directory away and start again.";
  }
  if (isReadOnly(error)) return READ_ONLY;
  const uid = ownerOf(path);
  return "The data directory must be writable for the user that runs Perch" +
    (uid === null
      ? "."
      : `: it belongs to user ${nameOf(uid)}, and Perch is to be started as that user.`);
}

/** Who holds the lock, as far as the file says it. */
export function readHolder(dataDir: string): Holder | null {
  try {
    const holder = JSON.parse(Deno.readTextFileSync(join(dataDir, "perch.lock")));
    return typeof holder?.pid === "number" ? holder : null;
  } catch {
    return null;
  }
}

/** Takes the lock. @throws PerchError `not_started` that says who has it. */
export async function takeLock(dataDir: string, command: string): Promise<DataLock> {
  ensureDataDir(dataDir);
  const lock = await tryLock(dataDir, command);
  if (lock !== null) return lock;
  const holder = readHolder(dataDir);
  const who = holder === null
    ? "another Perch"
    : `perch ${holder.command} (process ${holder.pid} since ${holder.since}` +
      `${holder.host ? " on " + holder.host : ""}${holder.url ? ", " + holder.url : ""})`;
  const what = `${dataDir} is in use by ${who}`;
  throw new PerchError(
    "not_started",
    `${what}. Stop it first, or give this one its own PERCH_DATA.`,
    { refusal: { kind: "elsewhere", what } },
  );
}

/** Address of the Perch that holds the lock; null when none runs. Takes nothing. */
export async function runningUrl(dataDir: string): Promise<string | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(join(dataDir, "perch.lock"), { read: true, write: true });
  } catch {
    return null;
  }
  try {
    return await file.tryLock(true) ? null : readHolder(dataDir)?.url ?? null;
  } finally {
    file.close();
  }
}
