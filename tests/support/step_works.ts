/** What is killed at each of its steps, in this thread, on a plant whose database and files are real. */
import { join } from "node:path";
import { confirmRestore, undoRestore } from "../../lib/backup/after.ts";
import { restore } from "../../lib/backup/restore.ts";
import { unpackArchive } from "../../lib/backup/unpack.ts";
import { makeBackup } from "../../lib/backup/make.ts";
import { letGo } from "../../lib/db/let_go.ts";
import { MIGRATIONS, requestFor } from "./backup.ts";
import { NOW_MS, requestOf } from "./restored_plant.ts";
import { groupOf, openEngine } from "./storage.ts";

export type Work = "backup" | "restore" | "undo" | "confirm";
export const SENSOR = 1;
export const FIRST_MS = Date.UTC(2026, 0, 1);
const signal = new AbortController().signal;

/** The archive with that number, made of `dataDir` under the name that its own plant has. */
export const archiveRequest = (dataDir: string, sequence: number) => ({
  ...requestFor(dataDir, sequence),
  site: { id: "plant-1", name: "Hall 3" },
});

/** Does it; `onStep` is told of stages beside the calls of the file system. */
export async function doWork(
  work: Work,
  dataDir: string,
  onStep: (name: string) => void,
): Promise<void> {
  if (work === "undo") await undoRestore(dataDir, NOW_MS, onStep);
  if (work === "confirm") await confirmRestore(dataDir);
  if (work === "backup") {
    await makeBackup({
      request: archiveRequest(dataDir, 2),
      migrationsFolder: MIGRATIONS,
      signal,
      onProgress: ({ stage }) => onStep(stage),
    });
  }
  if (work === "restore") {
    const file = archiveRequest(dataDir, 1).target;
    await restore(requestOf(dataDir, { file }), {
      onStep,
      async unpack({ target, ...request }) {
        await Deno.mkdir(target, { recursive: true, mode: 0o700 });
        const options = { ...request, into: target, durable: true, signal, onShare: () => {} };
        return (await unpackArchive(options)).manifest;
      },
    }, () => {});
  }
}

/** Appends readings `from`, `from + 1` … below `to`, each its own value, and says each when it is stored; gives its end. */
export async function keepWriting(
  dataDir: string,
  { from, to = Infinity }: { from: number; to?: number },
  onStored: (value: number) => void,
): Promise<() => Promise<void>> {
  const engine = await openEngine({ url: `file:${join(dataDir, "perch.db")}` });
  let isOver = false;
  const writing = (async () => {
    for (let value = from; value < to && !isOver; value++) {
      await engine.store.append(groupOf([{ sensor: SENSOR, tMs: FIRST_MS + value, value }]), []);
      onStored(value);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return async () => {
    isOver = true;
    await writing;
    await engine.close();
    await letGo();
  };
}

/** Values that are stored, in the order of their times. */
export async function storedIn(dataDir: string): Promise<number[]> {
  const engine = await openEngine({ url: `file:${join(dataDir, "perch.db")}` });
  try {
    const query = { sensor: SENSOR, fromMs: FIRST_MS, toMs: FIRST_MS + 1e7, limit: 50_000 };
    return [...(await engine.store.raw(query)).value];
  } finally {
    await engine.close();
    await letGo();
  }
}
