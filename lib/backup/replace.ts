import { basename, join } from "node:path";
import { syncFolder, writeDurably } from "../base/durable_file.ts";
import { belongToFolderAll } from "../base/owner.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { type FolderLock, lockFolder } from "../base/folder_lock.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Compared } from "./compare.ts";
import { withCopy } from "./copy.ts";
import { backupsFolder } from "./folder.ts";
import { filesBelow } from "./gather.ts";
import { DATABASE_NAME, type Manifest } from "./manifest.ts";
import { doSwap } from "./moves.ts";
import { lookAt } from "./moving.ts";
import { freshName, plantItems, realPath } from "./plant_files.ts";
import {
  auditRestore,
  endSignIns,
  forgetScripts,
  keepAccess,
  keepPlant,
  keepSecrets,
  newForwardEpoch,
  possibleIn,
  raiseEpoch,
  switchOff,
} from "./restore_store.ts";
import type { RestoreDeps, RestoreRequest } from "./request.ts";
import { foldersOf, readRestored, RESTORED_NAME, type RestoredRecord } from "./restored.ts";

/** What would run on this host. */
const SCRIPT = /^(codecs|drivers|detectors|fault_detectors)\/.*\.js$/;

/** What was unpacked below the data directory, and compared. */
export interface Unpacked {
  /** Its folder's name. */
  incoming: string;
  manifest: Manifest;
  compared: Compared;
}

/** Makes the unpacked plant ready and swaps it in. When this fails, the plant is as it was. */
export async function replacePlant(
  request: RestoreRequest,
  unpacked: Unpacked,
  { onStep }: Pick<RestoreDeps, "onStep">,
): Promise<RestoredRecord> {
  const { dataDir, database } = request;
  const { incoming, compared } = unpacked;
  return await withUnused(database, async () => {
    const before = await readRestored(dataDir).catch(() => null);
    const record: RestoredRecord = {
      ...describe(request, unpacked, before),
      replaced: await freshName(dataDir, "replaced", request.nowMs),
      scripts: (await filesBelow(join(dataDir, incoming))).filter((path) => SCRIPT.test(path)),
      items: await plantItems(dataDir, database, compared.keys),
    };
    const folder = join(dataDir, incoming);
    await prepareDatabase(request, join(folder, DATABASE_NAME), unpacked, record);
    await writeDurably(join(folder, RESTORED_NAME), jsonOf(record));
    await belongToFolderAll(folder);
    await doSwap(dataDir, {
      format: 1,
      kind: "restore",
      incoming,
      outgoing: record.replaced!,
      items: record.items,
    }, onStep);
    return record;
  });
}

function describe(
  { file, nowMs }: RestoreRequest,
  { manifest, compared: { decision, restored, live } }: Unpacked,
  before: RestoredRecord | null,
): Omit<RestoredRecord, "replaced" | "items" | "scripts"> {
  return {
    format: 1,
    from: basename(file),
    made_ms: manifest.created_ms,
    at_ms: nowMs,
    earlier: before === null ? [] : foldersOf(before),
    epoch: Math.max(restored.epoch, live?.epoch ?? 0, before?.epoch ?? 0) + 1,
    list: decision.findings,
  };
}

/** Writes who may sign in into the database, which lies alone and on the disk afterwards. */
async function prepareDatabase(
  { nowMs, by, file, dataDir }: RestoreRequest,
  path: string,
  { manifest, compared: { decision, restored, live } }: Unpacked,
  { epoch, list }: RestoredRecord,
): Promise<void> {
  const plant = live?.plant ?? null;
  const sequence = Math.max(
    manifest.sequence,
    Number(plant?.backup_sequence ?? 0),
    await highestSequence(backupsFolder(dataDir)),
  );
  const statements: SqlStatement[] = [
    ...endSignIns(),
    forgetScripts(),
    ...(decision.keepsAccess ? keepAccess(live!, restored, decision.others, nowMs) : []),
    ...decision.keepSecrets.map(({ id, secrets }) => keepSecrets(id, secrets)),
    ...decision.switchOff.map(({ id, reason }) => switchOff(id, reason)),
    ...keepPlant(plant, restored.plant, sequence),
    raiseEpoch(epoch),
    newForwardEpoch(randomId(20)),
    auditRestore({ nowMs, by, file: basename(file), after: list }),
  ];
  await withCopy(path, async ({ query, write }) => write(await possibleIn(query, statements)));
  for (const end of ["-wal", "-shm", "-journal"]) {
    const info = await lookAt(path + end);
    if (info !== null && end !== "-shm" && info.size > 0) {
      throw new PerchError("storage_failed", `${path}${end} is left: the database was not closed.`);
    }
    if (info !== null) await Deno.remove(path + end);
  }
  using handle = await Deno.open(path, { read: true, write: true });
  await handle.sync();
  await syncFolder(join(path, ".."));
}

/** Of the archives in the folder: their names end in it. */
async function highestSequence(folder: string): Promise<number> {
  if (await lookAt(folder) === null) return 0;
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return Math.max(
    0,
    ...entries.map(({ name }) => Number(/-(\d{1,9})\.tar\.gz/.exec(name)?.[1] ?? 0)),
  );
}

/** Holds the database's folder and file, which may be elsewhere than the data directory. */
export async function withUnused<T>(database: string, use: () => Promise<T>): Promise<T> {
  const path = await realPath(database);
  if ((await lookAt(path))?.isSymlink) {
    throw new PerchError(
      "conflict",
      `The database ${path} is a link, and nothing is where it leads: is the drive mounted? Mount it, or remove ` +
        "the link. Nothing was changed.",
    );
  }
  const locks: FolderLock[] = [];
  try {
    for (const place of [join(path, ".."), path]) {
      if (await lookAt(place) === null) continue;
      // Of another user: whoever has it open holds its folder as well, and that is held here.
      if (place === path && !await isReadable(place)) continue;
      const lock = lockFolder(place, "restore");
      if (lock !== null) locks.push(lock);
      else {
        throw new PerchError(
          "conflict",
          `The database ${path} is in use by another Perch. Stop that one first. Nothing was changed.`,
        );
      }
    }
    return await use();
  } finally {
    for (const lock of locks) lock.release();
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    (await Deno.open(path)).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

export const jsonOf = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
