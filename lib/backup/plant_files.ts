import { basename, dirname, join } from "node:path";
import { DATABASE_NAME, FOLDERS } from "./manifest.ts";
import { type Item, placeIn } from "./moves.ts";
import { lookAt } from "./moving.ts";
import { RESTORED_NAME } from "./restored.ts";

/** What SQLite and Perch keep beside a database: it belongs to that one alone. */
const BESIDE = ["-wal", "-shm", "-journal", "-owner"];

/** Everything that goes out before a restored plant comes in, and where it is. `keys`: of the files of keys, these. */
export async function plantItems(
  dataDir: string,
  database: string,
  keys: readonly string[],
): Promise<Item[]> {
  const path = await realPath(database);
  const item = (name: string, place: string): Item => ({ live: placeIn(dataDir, place), name });
  const cuts = await cutLogs(path);
  return [
    item(DATABASE_NAME, path),
    ...[...BESIDE, ...cuts].map((end) => item(DATABASE_NAME + end, path + end)),
    ...await Promise.all(
      FOLDERS.map(async (name) => item(name, await realPath(join(dataDir, name)))),
    ),
    ...keys.map((name) => item(name, join(dataDir, name))),
    item(RESTORED_NAME, join(dataDir, RESTORED_NAME)),
  ];
}

/** Copies of damaged logs: as long as they lie there, the database beside them counts as damaged. */
async function cutLogs(path: string): Promise<string[]> {
  if (await lookAt(dirname(path)) === null) return [];
  const start = `${basename(path)}-wal.cut-`;
  return (await Array.fromAsync(Deno.readDir(dirname(path))))
    .filter(({ name }) => name.startsWith(start))
    .map(({ name }) => name.slice(basename(path).length));
}

/** Where a file or folder really is, whatever links lead there; the same when there is nothing. */
export async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return path;
  }
}

/** `replaced-20261128T193000Z`: a name in the data directory that nothing has yet. */
export async function freshName(dataDir: string, what: string, nowMs: number): Promise<string> {
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  const name = `${what}-${time}`;
  for (let n = 1;; n++) {
    const one = n === 1 ? name : `${name}-${n}`;
    if (await lookAt(join(dataDir, one)) === null) return one;
  }
}
