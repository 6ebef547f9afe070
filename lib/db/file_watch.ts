import { PerchError } from "../base/errors.ts";

/** Watches that the files which SQLite has open are still those under their names. */
export interface FileWatch {
  /** Null while all is well; the first finding stays. Costs two `lstat` and a read of 4 bytes. */
  look(): PerchError | null;
  close(): void;
}

interface Identity {
  dev: number;
  ino: number | null;
}

const WAL_MAGIC = 0x377f0682;

/**
 * Remembers what is at `path` (the real path, no link) now, while the database is open. SQLite keeps writing
 * into a file that was deleted or replaced; everything it acknowledges then is gone with the process.
 */
export function watchFiles(path: string): FileWatch {
  const opened = Deno.lstatSync(path);
  let leastBytes = opened.size;
  let wal: { file: Deno.FsFile; identity: Identity } | null = null;
  let found: PerchError | null = null;
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);

  function database(): string | null {
    const info = statOf(path);
    if (info === "unknown") return null;
    if (info === null) return `${path} was deleted`;
    if (!same(info, opened)) return `${path} was replaced by another file`;
    if (info.size < leastBytes) {
      return `${path} was cut off: it had ${leastBytes} bytes and has ${info.size}`;
    }
    leastBytes = info.size;
    return null;
  }

  /** The log: it exists from the first transaction on, and is removed by the last close alone. */
  function log(): string | null {
    const info = statOf(`${path}-wal`);
    if (info === "unknown") return null;
    if (wal === null) {
      if (info !== null) wal = openLog(`${path}-wal`);
      return null;
    }
    if (info === null) return `${path}-wal was deleted`;
    if (!same(info, wal.identity)) return `${path}-wal was replaced by another file`;
    if (info.size === 0) return null;
    wal.file.seekSync(0, Deno.SeekMode.Start);
    wal.file.readSync(head);
    return (view.getUint32(0) & ~1) === WAL_MAGIC ? null : `${path}-wal was overwritten`;
  }

  return {
    look() {
      if (found !== null) return found;
      const what = database() ?? log();
      if (what === null) return null;
      return found = new PerchError(
        "storage_failed",
        `${what} while Perch ran: nothing is stored or acknowledged any more. Bring the file back ` +
          "or restore a backup, and start Perch again",
        { retryAfterS: 60 },
      );
    },
    close() {
      wal?.file.close();
      wal = null;
    },
  };
}

/** Null: it is not there. A disk that does not answer is no proof of that. */
function statOf(path: string): Deno.FileInfo | null | "unknown" {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return gone ? null : "unknown";
  }
}

function openLog(path: string): { file: Deno.FsFile; identity: Identity } | null {
  try {
    const file = Deno.openSync(path);
    return { file, identity: file.statSync() };
  } catch {
    // No file descriptor at the moment, say; the next look tries again.
    return null;
  }
}

function same(one: Identity, other: Identity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
