import { statfs } from "node:fs/promises";

/** Room of a file system: for programs without privileges, in bytes; and how many files fit. */
export interface Space {
  totalBytes: number;
  freeBytes: number;
  inodes: number;
  inodesFree: number;
}

/** Asks the file system that `folder` is on. A network disk that went away answers never. */
export async function spaceOf(folder: string): Promise<Space> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(folder);
  return {
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}

/** What a file system that stopped taking writes says of itself; ext4 and XFS have words of their own for it. */
const READ_ONLY = new Set(["ro", "emergency_ro", "shutdown"]);

/** Whether the file system that `path` is on is read-only, out of `/proc/self/mounts`; null: it is not in there. */
export function isReadOnly(mounts: string, path: string): boolean | null {
  let longest = -1;
  let readOnly: boolean | null = null;
  for (const line of mounts.split("\n")) {
    const [, target, , options] = line.split(" ");
    if (options === undefined) continue;
    const point = unescape(target);
    const isAbove = path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`);
    // Of two on the same folder the later one lies on top.
    if (!isAbove || point.length < longest) continue;
    longest = point.length;
    readOnly = options.split(",").some((option) => READ_ONLY.has(option));
  }
  return readOnly;
}

/** Blanks and such stand as `\040` (fstab(5)), one byte each. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}
