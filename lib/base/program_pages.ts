import type { OwnProcess } from "./own_process.ts";

/**
 * A start runs through much of the program's own file and of its libraries that nothing needs afterwards (the image
 * that V8 begins with, everything that only opens and prepares): some forty megabytes, of which work under load looks
 * at a third. They stay part of what the process has in memory until the kernel is short of it. Here they are let go;
 * what is looked at again, the kernel maps again from what it has of the file.
 *
 * Only pages that are the file's: where one was written to (the linker does that at a start), the mapping stays.
 */

const MADV_DONTNEED = 4;
const SMAPS_MOST_BYTES = 4 << 20;

/** Parts of files that are mapped, may not be written to and never were: `[from, to)` out of `/proc/self/smaps`. */
export function unwrittenParts(smaps: string): [from: number, to: number][] {
  const parts: [number, number][] = [];
  let part: [number, number] | null = null;
  for (const line of smaps.split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)/.exec(line);
    if (head !== null) {
      const [, from, to, may, inode] = head;
      const isFile = (may === "r--p" || may === "r-xp") && inode !== "0";
      part = isFile ? [parseInt(from, 16), parseInt(to, 16)] : null;
    } else if (part !== null && /^Anonymous: +0 kB$/.test(line)) parts.push(part);
  }
  return parts;
}

/** Lets go of what was mapped of the program's files and is not being used. Gives how many bytes it went through. */
export function letGoOfProgram(own: OwnProcess): number {
  const madvise = openMadvise();
  if (madvise === null) return 0;
  let bytes = 0;
  for (const [from, to] of unwrittenParts(own.read("smaps", SMAPS_MOST_BYTES))) {
    const at = Deno.UnsafePointer.create(BigInt(from));
    if (madvise(at, BigInt(to - from), MADV_DONTNEED) === 0) bytes += to - from;
  }
  return bytes;
}

function openMadvise() {
  try {
    return Deno.dlopen("libc.so.6", {
      madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
    }).symbols.madvise;
  } catch {
    return null;
  }
}
