/**
 * DESIGN: Perch usually runs as a user of its own, and people type commands as root (`sudo perch restore`). What
 * root makes in a folder of another user is given to that user: Perch could not open it else.
 */
import { dirname, join } from "node:path";

/** Gives a file or folder that this process made to whoever owns the folder that it is in. */
export async function belongToFolder(path: string): Promise<void> {
  const [folder, made] = await Promise.all([Deno.stat(dirname(path)), Deno.lstat(path)]);
  if (folder.uid === made.uid || folder.uid === null) return;
  // Only root may; for everybody else the folder's owner is who made it, or cannot be helped.
  await Deno.chown(path, folder.uid, folder.gid).catch(() => {});
}

/** The same with everything in a folder. */
export async function belongToFolderAll(path: string): Promise<void> {
  await belongToFolder(path);
  if (!(await Deno.lstat(path)).isDirectory) return;
  for (const { name } of await Array.fromAsync(Deno.readDir(path))) {
    await belongToFolderAll(join(path, name));
  }
}
