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
  locked: Promise<boolean>;
  purposes: Set<string>;
}

/** What this process holds, by device and inode. */
const held = new Map<string, Held>();

/**
 * Takes the folder for `purpose`; null when another process, or this one for the same purpose, has it.
 * @throws Deno.errors when the folder cannot be opened, or when its file system has no locks
 */
export async function lockFolder(folder: string, purpose: string): Promise<FolderLock | null> {
  const { dev, ino } = Deno.statSync(folder);
  const key = `${dev}:${ino}`;
  let entry = held.get(key);
  if (entry?.purposes.has(purpose)) return null;
  if (entry === undefined) {
    const handle = Deno.openSync(folder, { read: true });
    entry = { handle, locked: handle.tryLock(true), purposes: new Set() };
    held.set(key, entry);
  }
  entry.purposes.add(purpose);
  try {
    if (await entry.locked) return lockOf(key, entry, purpose);
  } catch (error) {
    forget(key, entry, purpose);
    throw error;
  }
  forget(key, entry, purpose);
  return null;
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
  if (held.get(key) === entry) held.delete(key);
  entry.handle.close();
}
