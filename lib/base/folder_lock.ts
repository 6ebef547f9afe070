/**
 * DESIGN: a lock that belongs to a folder, not to a file in it: `flock` on the folder itself. It holds whatever
 * is removed or replaced inside, over symlinks, bind mounts and second paths to the same folder, and the kernel
 * frees it however the process ends. Nothing has to be opened but the folder, so no lock of SQLite's is touched.
 *
 * A file may be locked in the same way, where its folder says too little.
 *
 * One process may hold a folder for several purposes (the data directory is usually the database's folder
 * too), each of them once; to other processes it is one lock.
 */

export interface FolderLock {
  release(): void;
}

interface Held {
  handle: Deno.FsFile;
  purposes: Set<string>;
}

/** What this process holds, by device and inode. */
const held = new Map<string, Held>();

/**
 * Takes the folder for `purpose`; null when another process, or this one for the same purpose, has it.
 * @throws Deno.errors when the folder cannot be opened, or when its file system has no locks
 */
export function lockFolder(folder: string, purpose: string): FolderLock | null {
  const { dev, ino } = Deno.statSync(folder);
  const key = `${dev}:${ino}`;
  const known = held.get(key);
  if (known?.purposes.has(purpose)) return null;
  const entry = known ?? take(folder);
  if (entry === null) return null;
  held.set(key, entry);
  entry.purposes.add(purpose);
  return lockOf(key, entry, purpose);
}

/** Null: another process has it. */
function take(folder: string): Held | null {
  const handle = Deno.openSync(folder, { read: true });
  let locked = false;
  try {
    // Not `tryLock`: that closes a second descriptor, and all of SQLite's locks on the file are gone with it.
    locked = handle.tryLockSync(true);
  } finally {
    if (!locked) handle.close();
  }
  return locked ? { handle, purposes: new Set() } : null;
}

function lockOf(key: string, entry: Held, purpose: string): FolderLock {
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      forget(key, entry, purpose);
    },
  };
}

function forget(key: string, entry: Held, purpose: string): void {
  entry.purposes.delete(purpose);
  if (entry.purposes.size > 0) return;
  held.delete(key);
  entry.handle.close();
}
