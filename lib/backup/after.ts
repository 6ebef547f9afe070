/** What can be done after a restore: taking it back, keeping it, and finishing one that was interrupted. */
import { join, resolve } from "node:path";
import { writeDurably } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { DATABASE_NAME } from "./manifest.ts";
import { doSwap, finishSwap, INCOMING, isSwapping, type OnStep } from "./moves.ts";
import { lookAt } from "./moving.ts";
import { freshName, plantItems } from "./plant_files.ts";
import { jsonOf, withUnused } from "./replace.ts";
import { foldersOf, readRestored, RESTORED_NAME, type RestoredRecord } from "./restored.ts";

/** Begins the names of folders with what restores wrote that were taken back. */
const UNDONE = "undone-";

/**
 * Puts back what the last restore replaced, byte for byte; what is there now goes to a folder `undone-…`, whose
 * name it gives. @throws PerchError `not_found` when nothing was restored, `conflict` when it was confirmed
 */
export async function undoRestore(
  dataDir: string,
  nowMs: number,
  onStep?: OnStep,
): Promise<{ record: RestoredRecord; undone: string }> {
  const { record, replaced } = await unconfirmed(dataDir);
  const { live } = record.items.find(({ name }) => name === DATABASE_NAME)!;
  const database = resolve(dataDir, live);
  return await withUnused(database, async () => {
    const undone = await freshName(dataDir, UNDONE.slice(0, -1), nowMs);
    // What came to lie beside the database since goes with it.
    const known = new Set(record.items.map(({ name }) => name));
    const since = (await plantItems(dataDir, database, [])).filter(({ name }) => !known.has(name));
    const items = [...record.items, ...since];
    await doSwap(
      dataDir,
      { format: 1, kind: "undo", incoming: replaced, outgoing: undone, items },
      onStep,
    );
    return { record, undone };
  });
}

/** What a confirmed restore left behind. */
export interface Confirmed {
  record: RestoredRecord;
  /** Folders that were removed, and the bytes of the files in them. */
  removed: string[];
  bytes: number;
  /** What restores that were taken back had written: nobody but a person removes it. */
  undone: string[];
}

/**
 * Removes what restores replaced: from now on the last one cannot be taken back.
 * @throws PerchError `not_found` when nothing was restored, `conflict` when it was confirmed
 */
export async function confirmRestore(dataDir: string): Promise<Confirmed> {
  const record = await restoredRecord(dataDir);
  const removed = foldersOf(record);
  if (removed.length === 0) throw alreadyConfirmed(record);
  const write = (earlier: string[]) =>
    writeDurably(join(dataDir, RESTORED_NAME), jsonOf({ ...record, replaced: null, earlier }));
  // First of all it says that there is no way back: half of it is none. What is still to be removed stays named.
  await write(removed);
  let bytes = 0;
  for (const name of removed) {
    bytes += await bytesBelow(join(dataDir, name));
    await Deno.remove(join(dataDir, name), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await write([]);
  const undone = (await Array.fromAsync(Deno.readDir(dataDir))).map(({ name }) => name)
    .filter((name) => name.startsWith(UNDONE)).sort();
  return { record, removed, bytes, undone };
}

async function bytesBelow(path: string): Promise<number> {
  const info = await lookAt(path);
  if (info === null || !info.isDirectory) return info?.size ?? 0;
  let bytes = 0;
  for await (const { name } of Deno.readDir(path)) bytes += await bytesBelow(join(path, name));
  return bytes;
}

async function unconfirmed(
  dataDir: string,
): Promise<{ record: RestoredRecord; replaced: string }> {
  const record = await restoredRecord(dataDir);
  if (record.replaced === null) throw alreadyConfirmed(record);
  return { record, replaced: record.replaced };
}

async function restoredRecord(dataDir: string): Promise<RestoredRecord> {
  const record = await readRestored(dataDir);
  if (record !== null) return record;
  throw new PerchError("not_found", `Nothing was restored in ${dataDir}.`);
}

const alreadyConfirmed = ({ from }: RestoredRecord) =>
  new PerchError("conflict", `The restore of ${from} was confirmed: what it replaced is removed.`);

/**
 * Finishes a restore or an undo that was interrupted, or takes it back, before anything is opened. Gives a sentence
 * about it; null when there was nothing to do. @throws PerchError `not_started` when neither can be done
 */
export async function finishRestore(dataDir: string, onStep?: OnStep): Promise<string | null> {
  const finished = await finishSwap(dataDir, onStep);
  await clearLitter(dataDir);
  if (finished === null) return null;
  const { swap: { kind, outgoing }, done } = finished;
  const what = kind === "restore" ? "The restore of a backup" : "Taking a restore back";
  return done
    ? `${what} had been interrupted and is finished now; what was there before is in ` +
      `${join(dataDir, outgoing)}.`
    : `${what} had been interrupted and was taken back: everything is as it was before.`;
}

/** What was unpacked when a restore was interrupted before it changed anything. */
async function clearLitter(dataDir: string): Promise<void> {
  if (await lookAt(dataDir) === null || await isSwapping(dataDir)) return;
  for (const { name } of await Array.fromAsync(Deno.readDir(dataDir))) {
    if (!name.startsWith(INCOMING)) continue;
    await Deno.remove(join(dataDir, name), { recursive: true }).catch(() => {});
  }
}
