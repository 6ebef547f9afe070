import { join } from "node:path";

/** The signs that a plant was here before, beside its database. */
export interface Remain {
  path: string;
  what: string;
}

/** Made after the database only. `.env`, the lock and scripts of one's own may be there before a first start. */
const FILES: readonly [RegExp, string][] = [
  [/^jwt\.key$/, "the key of its tokens"],
  [/^channels\.key$/, "the key of its channels"],
  [/^setup-token$/, "its setup token"],
  // Not rejected.jsonl: `perch replay` takes that of another Perch.
  [/^rejected\.replayed$/, "what it replayed"],
];
const FOLDERS: readonly [string, string][] = [
  ["files/attachments", "attachments"],
  ["files/photos", "photos of machines"],
  ["logs", "its logs"],
  ["spool", "messages that wait for its codecs"],
];
/** Beside the database's own file. */
const BESIDE: readonly [string, string][] = [
  ["-wal", "the log of the database"],
  ["-owner", "the mark of the Perch that had it open"],
];

/**
 * What is left of a plant in its data directory and beside `database` (null: on a server). Empty before a first
 * start.
 */
export function findRemains(dataDir: string, database: string | null): Remain[] {
  const found: Remain[] = [];
  for (const { name } of list(dataDir)) {
    const what = FILES.find(([pattern]) => pattern.test(name))?.[1];
    if (what !== undefined) found.push({ path: join(dataDir, name), what });
  }
  for (const [folder, what] of FOLDERS) {
    const path = join(dataDir, folder);
    if (list(path).some(({ name }) => !name.startsWith("."))) found.push({ path, what });
  }
  for (const [end, what] of database === null ? [] : BESIDE) {
    if (sizeOf(database + end) > 0) found.push({ path: database + end, what });
  }
  return found;
}

/** Moves them into a folder of their own in the data directory and gives its path. */
export function setAside(dataDir: string, remains: readonly Remain[], nowMs: number): string {
  const folder = join(dataDir, `before-${new Date(nowMs).toISOString().replaceAll(":", "-")}`);
  Deno.mkdirSync(folder, { mode: 0o700 });
  for (const { path } of remains) {
    Deno.renameSync(path, join(folder, path.slice(path.lastIndexOf("/") + 1)));
  }
  return folder;
}

function list(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
