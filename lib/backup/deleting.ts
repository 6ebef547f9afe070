/**
 * DESIGN: a backup and the audit row of its deletion lie in two places. First the receipt gets another name: from
 * then on the backup does not count. Then the archive goes, then the row is written, and the renamed receipt goes
 * last. Killed anywhere, the next start finds it and does what is missing; nothing says "deleted" of what is there.
 * None of it needs room, and all but the row needs no database: a full card can be cleaned up while Perch is off.
 */
import { join } from "node:path";
import { syncFolder } from "../base/durable_file.ts";
import { namesIn, removeIfThere } from "../base/folders.ts";
import { listBackups, receiptPath } from "./folder.ts";
import { toRemove } from "./keep.ts";
import type { Receipt } from "./types.ts";

/** Behind the name of a receipt whose backup was deleted, and is not in the audit log yet. */
const NOTE = ".deleted";
const notePath = (folder: string, file: string) => receiptPath(join(folder, file)) + NOTE;

/** Removes an archive; its note stays until `noted`. */
export async function removeArchive(folder: string, file: string): Promise<void> {
  const archive = join(folder, file);
  await Deno.rename(receiptPath(archive), notePath(folder, file));
  await syncFolder(folder);
  await removeIfThere(archive);
}

/** The audit log has it. */
export async function noted(folder: string, file: string): Promise<void> {
  await removeIfThere(notePath(folder, file));
}

/** Removes an archive, has `note` write that down, and forgets it. */
export async function removeNoted(
  folder: string,
  file: string,
  note: () => Promise<void>,
): Promise<void> {
  await removeArchive(folder, file);
  await note();
  await noted(folder, file);
}

/** What was deleted while no Perch ran, or by one that was killed: finishes it, and has `note` write it down. */
export async function finishDeleting(
  folder: string,
  note: (file: string) => Promise<void>,
): Promise<void> {
  const end = receiptPath("") + NOTE;
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(end)) continue;
    const file = name.slice(0, -end.length);
    await removeIfThere(join(folder, file));
    await note(file);
    await noted(folder, file);
  }
}

/**
 * Deletes what is older than so many days, never the newest, without a database; gives what is gone. The caller
 * holds the data directory's lock.
 */
export async function cleanupFolder(
  folder: string,
  age: { keepDays: number; nowMs: number },
): Promise<Receipt[]> {
  const gone = toRemove(await listBackups(folder), age);
  for (const { file } of gone) await removeArchive(folder, file);
  return gone;
}
