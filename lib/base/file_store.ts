/**
 * DESIGN. Files that people give: photos, attachments. Each is stored once under a random name and never
 * changed; what it belongs to stands in a row of the database that names it. `put` writes the file durably
 * first and then runs `commit`, which writes the row: a crash in between leaves a file without a row, and
 * `sweep` removes those. The other way round, a row is deleted before its file. So a row never names a file
 * that is not whole.
 */
import { join } from "node:path";
import { makeFolder, removeDurably, writeDurably } from "./durable_file.ts";
import { messageOf, PerchError } from "./errors.ts";
import { randomId } from "./ids.ts";
import { createTurns } from "./turns.ts";

export interface StoredFile {
  /** Random name with the extension of its type, e.g. `k3…9.png`: unguessable, the same for ever. */
  name: string;
  /** MIME type by content. */
  type: string;
  bytes: number;
  /** Pixels; null for what is no picture. */
  picture: { width: number; height: number } | null;
}

export interface FileStoreOptions {
  /** The store's own folder; made with the first file. */
  folder: string;
  /** MIME types that are accepted; see `fileTypeOf`. */
  types: readonly string[];
  /** Largest file; asked for with each. */
  mostBytes: number | (() => number);
  /** Most pixels of a picture, default 50 million. */
  mostPixels?: number;
  /** Most bytes of all files together; asked for with each file. Default: no limit. */
  quotaBytes?: () => number;
  /** Why the disk takes no files at the moment; null: it does. */
  refusal?: () => PerchError | null;
}

export interface FileStore {
  /**
   * Stores a file and runs `commit`, which writes the row that names it; when that throws, the file is removed
   * again. One after the other.
   * @throws PerchError `validation` (type, pixels), `payload_too_large`, `storage_full` (quota, disk),
   * `storage_failed`, and what `commit` throws
   */
  put<T>(bytes: Uint8Array, commit: (file: StoredFile) => Promise<T>): Promise<T>;
  /** Null when there is none of that name. @throws PerchError `storage_failed` */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Call it once the row that named the file is gone. */
  remove(name: string): Promise<void>;
  /**
   * Removes what no row names: half-written files and those of a `put` that a crash cut off. `keep` is asked
   * after the folder was read. Gives how many were removed.
   */
  sweep(keep: () => Promise<ReadonlySet<string>>): Promise<number>;
  /** Bytes of all files together. */
  usedBytes(): Promise<number>;
}

const NAME_LENGTH = 32;
const NAME = /^[0-9a-z]{32}\.[a-z0-9]{1,8}$/;
const MOST_PIXELS = 50e6;

/** Opens a store; nothing is touched before its first file. */
export function createFileStore(options: FileStoreOptions): FileStore {
  const { folder, types, mostPixels = MOST_PIXELS } = options;
  let used: number | null = null;
  const exclusive = createTurns();
  /** On the disk, or about to be, without a row so far. */
  let pending: string | null = null;

  async function entries(): Promise<{ name: string; bytes: number }[]> {
    const found: { name: string; bytes: number }[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(folder)) {
        if (!isFile) continue;
        const stat = await Deno.stat(join(folder, name)).catch(() => null);
        if (stat !== null) found.push({ name, bytes: stat.size });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return found;
  }

  async function usedBytes(): Promise<number> {
    return used ??= (await entries()).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async function store(bytes: Uint8Array): Promise<StoredFile> {
    const refused = options.refusal?.() ?? null;
    if (refused !== null) throw refused;
    const mostBytes = typeof options.mostBytes === "number"
      ? options.mostBytes
      : options.mostBytes();
    if (bytes.length > mostBytes) {
      throw new PerchError(
        "payload_too_large",
        `the file has ${megabytes(bytes.length)} MB; ${megabytes(mostBytes)} MB are allowed`,
      );
    }
    const { fileTypeOf } = await import("./file_type.ts");
    const { type, extension, picture } = fileTypeOf(bytes, types, mostPixels);
    const quota = options.quotaBytes?.() ?? Infinity;
    const usedNow = await usedBytes();
    if (usedNow + bytes.length > quota) {
      throw new PerchError(
        "storage_full",
        `all files together may have ${megabytes(quota)} MB and have ${megabytes(usedNow)} MB; ` +
          "remove some first",
      );
    }
    const name = pending = `${randomId(NAME_LENGTH)}.${extension}`;
    await makeFolder(folder);
    await writeDurably(join(folder, name), bytes);
    used = usedNow + bytes.length;
    return { name, type, bytes: bytes.length, picture };
  }

  async function remove(name: string): Promise<void> {
    if (!NAME.test(name)) return;
    const path = join(folder, name);
    const stat = await Deno.stat(path).catch(() => null);
    await removeDurably(path);
    if (used !== null && stat !== null) used -= stat.size;
  }

  return {
    put: (bytes, commit) =>
      exclusive(async () => {
        try {
          const file = await store(bytes).catch((error) => {
            throw storageError(error, folder);
          });
          try {
            return await commit(file);
          } catch (error) {
            await remove(file.name).catch(() => {});
            throw error;
          }
        } finally {
          pending = null;
        }
      }),
    async read(name) {
      if (!NAME.test(name)) return null;
      try {
        return await Deno.readFile(join(folder, name));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw storageError(error, folder);
      }
    },
    remove: (name) => exclusive(() => remove(name)),
    async sweep(keep) {
      const found = await entries();
      const busy = pending;
      const kept = await keep();
      let removed = 0;
      for (const { name } of found) {
        // The half-written file of a `put` under way looks like an old one: it is left for later.
        const half = name.endsWith(".tmp");
        if (kept.has(name) || (busy !== null && (half || name === busy))) continue;
        if (!half && !NAME.test(name)) continue;
        await removeDurably(join(folder, name));
        removed++;
      }
      if (removed > 0) used = null;
      return removed;
    },
    usedBytes,
  };
}

/** An error of the disk in words for people. */
function storageError(error: unknown, folder: string): unknown {
  if (error instanceof PerchError) return error;
  const code = (error as { code?: unknown }).code;
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new PerchError(
    full ? "storage_full" : "storage_failed",
    `a file in ${folder} cannot be written or read: ${messageOf(error)}`,
    { cause: error },
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
