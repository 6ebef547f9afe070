/** Lays what a compiled program carries so that its file can take the place of the copy in memory. */
import { alignedAfter, MAGIC, programEnd } from "../lib/base/carried_memory.ts";

/**
 * Puts zeros between the program and what it carries, which is looked for from the end of the file. False, and the file
 * is as it was: something else stands behind the program.
 */
export async function alignCarried(path: string): Promise<boolean> {
  const bytes = await Deno.readFile(path);
  const end = programEnd(bytes);
  if (!MAGIC.every((byte, at) => bytes[end + at] === byte)) return false;
  const file = await Deno.open(path, { write: true, truncate: true });
  try {
    const zeros = new Uint8Array(alignedAfter(end) - end);
    const parts = [bytes.subarray(0, end), zeros, bytes.subarray(end)];
    await new Blob(parts).stream().pipeTo(file.writable);
  } catch (error) {
    await Deno.remove(path);
    throw error;
  }
  return true;
}
