/**
 * DESIGN. A kept picture is a file and a row. The file is written first (temporary name, rename) and the row after
 * it; when it goes, the file goes first. There is no fsync: pictures are many, and one that a power cut takes is no
 * loss worth the wear of a card. So a row may name a file that is gone or cut (it is gone for who asks, and the
 * sweep removes the row), and a file may have no row (`sweep.ts` gives it one again, also after a restore of an
 * older database, which knows nothing of the pictures since).
 */
import { dirname, join } from "node:path";
import { makeFolder } from "../../base/durable_file.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import { writeAll } from "../../base/write_all.ts";
import { belongToFolder } from "../../base/owner.ts";
import { createTurns } from "../../base/turns.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { CameraImageRow } from "../../db/schema/cameras.ts";
import type { Frame } from "../picture.ts";
import { fileOf, type ImageReason, isWholeJpeg } from "./image.ts";
import type { CameraUse, ImageStore } from "./image_store.ts";

export interface Keeper {
  /**
   * Keeps a picture; one that is kept already stays one, and is that of the alarm from now on.
   * @throws PerchError `validation` for what is no JPEG, `storage_full`, `storage_failed`
   */
  keep(
    cameraId: string,
    frame: Pick<Frame, "jpeg" | "tMs">,
    reason: ImageReason,
    alarmId?: string,
  ): Promise<CameraImageRow>;
  /** Null: the file is gone, or not whole. */
  read(image: CameraImageRow): Promise<Uint8Array<ArrayBuffer> | null>;
  /** File and row. Gives the bytes. */
  remove(images: readonly CameraImageRow[]): Promise<number>;
  /** The same of one that a person removes: `also` is written in the transaction of its row, or it stays. */
  removeWith(image: CameraImageRow, also: readonly SqlStatement[]): Promise<void>;
  /** A file that has no row gets one; true: it has one now. What is no picture is removed. */
  adopt(cameraId: string, tMs: number): Promise<boolean>;
  /** What each camera has kept. */
  use(): Promise<ReadonlyMap<string, CameraUse>>;
  /** Counts anew at the next question. */
  recount(): void;
  /** Bytes of pictures that were written since the start. */
  writtenBytes(): number;
}

const MOST_PIXELS = 50e6;
const OWNER_ONLY = 0o600;

export function createKeeper(
  { db, store, folder }: { db: Pick<Database, "write">; store: ImageStore; folder: string },
): Keeper {
  const inTurn = createTurns();
  let used: Promise<Map<string, CameraUse>> | null = null;
  let written = 0;

  const use = () => used ??= counted();
  async function counted(): Promise<Map<string, CameraUse>> {
    try {
      return new Map((await store.use()).map((one) => [one.cameraId, one]));
    } catch (error) {
      used = null;
      throw error;
    }
  }

  async function count({ cameraId, tMs, bytes }: CameraImageRow): Promise<void> {
    const all = await use();
    const one = all.get(cameraId);
    all.set(cameraId, {
      cameraId,
      count: (one?.count ?? 0) + 1,
      bytes: (one?.bytes ?? 0) + bytes,
      oldestMs: Math.min(one?.oldestMs ?? tMs, tMs),
    });
  }

  /** The row of a file that is there. */
  async function insert(
    { cameraId, tMs, jpeg, reason, alarmId }: {
      cameraId: string;
      tMs: number;
      jpeg: Uint8Array;
      reason: ImageReason;
      alarmId: string | null;
    },
  ): Promise<CameraImageRow> {
    const picture = await sizeOf(jpeg);
    const image = {
      ...{ cameraId, tMs, file: fileOf(cameraId, tMs), bytes: jpeg.length },
      ...{ ...picture, reason, alarmId },
    };
    // Before the row: a first count would take it in twice.
    await use();
    const [{ rows }] = await db.write([store.insert(image)]);
    const row = { id: Number(rows[0][0]), ...image };
    await count(row);
    return row;
  }

  async function keep(
    cameraId: string,
    { jpeg, tMs }: Pick<Frame, "jpeg" | "tMs">,
    reason: ImageReason,
    alarmId: string | null,
  ): Promise<CameraImageRow> {
    const known = await store.find(cameraId, tMs);
    if (known !== null) {
      if (alarmId === null || known.alarmId !== null) return known;
      await db.write([store.link(known.id, alarmId)]);
      return { ...known, reason: "alarm", alarmId };
    }
    await sizeOf(jpeg);
    const path = join(folder, fileOf(cameraId, tMs));
    await write(path, jpeg);
    written += jpeg.length;
    try {
      return await insert({ cameraId, tMs, jpeg, reason, alarmId });
    } catch (error) {
      await Deno.remove(path).catch(() => {});
      throw error;
    }
  }

  async function remove(images: readonly CameraImageRow[]): Promise<number> {
    if (images.length === 0) return 0;
    for (const { file } of images) await removeFile(join(folder, file));
    const [{ rowsAffected }] = await db.write([store.remove(images.map(({ id }) => id))]);
    // Somebody else was faster with some of them: counted anew.
    if (rowsAffected !== images.length) used = null;
    else await uncount(images);
    return images.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async function removeWith(image: CameraImageRow, also: readonly SqlStatement[]): Promise<void> {
    const path = join(folder, image.file);
    // Under a name that a sweep removes: neither a crash nor a refusal may bring back what was removed.
    const aside = join(dirname(path), `.${crypto.randomUUID()}.tmp`);
    const isThere = await Deno.rename(path, aside).then(() => true, unlessMissing);
    try {
      const [{ rowsAffected }] = await db.write([store.remove([image.id]), ...also]);
      if (rowsAffected === 1) await uncount([image]);
    } catch (error) {
      if (isThere) await Deno.rename(aside, path);
      throw error;
    }
    await removeFile(aside);
  }

  async function uncount(images: readonly CameraImageRow[]): Promise<void> {
    const before = await use();
    for (const { cameraId, bytes } of images) {
      const one = before.get(cameraId);
      if (one === undefined) continue;
      one.count--;
      one.bytes -= bytes;
      if (one.count <= 0) before.delete(cameraId);
    }
    for (const id of new Set(images.map(({ cameraId }) => cameraId))) {
      const one = before.get(id);
      const [oldest] = one === undefined ? [] : await store.oldest({ cameraId: id, most: 1 });
      if (one !== undefined && oldest !== undefined) one.oldestMs = oldest.tMs;
    }
  }

  return {
    keep: (cameraId, frame, reason, alarmId) =>
      inTurn(() => keep(cameraId, frame, reason, alarmId ?? null)).catch((error) => {
        throw storageError(error, folder);
      }),
    async read({ file, bytes }) {
      try {
        const found = await Deno.readFile(join(folder, file));
        return found.length === bytes && isWholeJpeg(found) ? found : null;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw storageError(error, folder);
      }
    },
    remove: (images) =>
      inTurn(() => remove(images)).catch((error) => {
        throw storageError(error, folder);
      }),
    removeWith: (image, also) =>
      inTurn(() => removeWith(image, also)).catch((error) => {
        throw storageError(error, folder);
      }),
    adopt: (cameraId, tMs) =>
      inTurn(async () => {
        if (await store.find(cameraId, tMs) !== null) return true;
        const path = join(folder, fileOf(cameraId, tMs));
        const jpeg = await Deno.readFile(path);
        const known = isWholeJpeg(jpeg) && await sizeOf(jpeg).then(() => true, () => false);
        if (known) {
          await insert({ cameraId, tMs, jpeg, reason: "interval", alarmId: null });
        } else await removeFile(path);
        return known;
      }),
    use,
    recount: () => void (used = null),
    writtenBytes: () => written,
  };
}

/** Pixels of a JPEG. @throws PerchError `validation` */
async function sizeOf(jpeg: Uint8Array): Promise<{ width: number; height: number }> {
  const { fileTypeOf } = await import("../../base/file_type.ts");
  return fileTypeOf(jpeg, ["image/jpeg"], MOST_PIXELS).picture!;
}

/** Whole or not at all, for whoever looks while Perch runs; see DESIGN for a power cut. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  const parent = dirname(path);
  const temporary = join(parent, `.${crypto.randomUUID()}.tmp`);
  try {
    const file = await openIn(parent, temporary);
    try {
      await writeAll(file, bytes);
    } finally {
      file.close();
    }
    await belongToFolder(temporary);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** The folder is made when it turns out to be missing: once a day. */
async function openIn(parent: string, path: string): Promise<Deno.FsFile> {
  const options = { write: true, createNew: true, mode: OWNER_ONLY } as const;
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(parent);
    return await Deno.open(path, options);
  }
}

export async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch(unlessMissing);
}

function unlessMissing(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}

/** An error of the disk in words for people. */
function storageError(error: unknown, folder: string): unknown {
  if (error instanceof PerchError) return error;
  const code = (error as { code?: unknown }).code;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const message = `a picture in ${folder} cannot be written or read: ${messageOf(error)}`;
  return new PerchError(full ? "storage_full" : "storage_failed", message, { cause: error });
}
