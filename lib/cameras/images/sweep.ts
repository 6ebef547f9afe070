/** Brings files and rows of kept pictures together again after a crash, a power cut or a restore. */
import { join } from "node:path";
import { TEMPORARY } from "../../base/durable_file.ts";
import type { Clock } from "../../base/clock.ts";
import type { CameraImageRow } from "../../db/schema/cameras.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import { timeOfFile } from "./image.ts";
import type { ImageStore } from "./image_store.ts";
import { type Keeper, removeFile } from "./keep.ts";

export interface Swept {
  /** Rows without a file. */
  rows: number;
  /** Files that have a row again. */
  adopted: number;
  /** What nothing needs any more. */
  files: number;
}

/** Files of a camera that the database does not know are left for so long: a restore may be taken back. */
const UNKNOWN_MS = 7 * DAY_MS;
/** Beside them people put films there, in a folder of another name (`kinds/file.ts`). */
const CAMERA_ID = /^[0-9a-z]{12}$/;
const YEAR = /^\d{4}$/;
const TWO = /^\d\d$/;
/** Its time says since when the camera is not known. */
const UNKNOWN = ".unknown";
/** What a power cut may have cut was written at most so long before. */
const CUT_MS = 2 * DAY_MS;
/** Between two days of one camera. */
const REST_MS = 20;

export async function sweep(
  { store, keeper, folder, clock, isKnown, nowMs }: {
    store: ImageStore;
    keeper: Keeper;
    folder: string;
    clock: Pick<Clock, "sleep">;
    isKnown(cameraId: string): boolean;
    /** Now, for what is deleted by age. */
    nowMs: number;
  },
  signal: AbortSignal,
): Promise<Swept> {
  const swept: Swept = { rows: 0, adopted: 0, files: 0 };

  /** One day of a camera: what is on the disk beside what is in the database. */
  async function day(cameraId: string, dayMs: number, path: string): Promise<void> {
    const names = new Map<number, string>();
    for (const name of await namesIn(join(folder, path))) {
      const tMs = timeOfFile(`${path}/${name}`);
      if (tMs !== null) names.set(tMs, name);
      else if (TEMPORARY.test(name)) await removeOld(`${path}/${name}`, HOUR_MS);
    }
    const rows = await store.between(cameraId, dayMs, dayMs + DAY_MS);
    const gone: CameraImageRow[] = [];
    for (const row of rows) {
      const isThere = names.delete(row.tMs);
      if (isThere && row.tMs < nowMs - CUT_MS) continue;
      // Asked again: one that was kept meanwhile is not among the names.
      const size = (await Deno.stat(join(folder, row.file)).catch(() => null))?.size;
      if (size !== row.bytes) gone.push(row);
    }
    await keeper.remove(gone);
    swept.rows += gone.length;
    for (const tMs of names.keys()) {
      // Where the disk or the database takes nothing now, it waits for the next time.
      const isAdopted = await keeper.adopt(cameraId, tMs).catch(() => null);
      if (isAdopted === true) swept.adopted++;
      if (isAdopted === false) swept.files++;
    }
    // Fails as long as something is in it.
    if (dayMs < nowMs - CUT_MS) await Deno.remove(join(folder, path)).catch(() => {});
  }

  async function removeOld(path: string, olderMs: number): Promise<void> {
    const written = (await Deno.stat(join(folder, path)).catch(() => null))?.mtime?.getTime();
    if (written === undefined || nowMs - written < olderMs) return;
    await removeFile(join(folder, path));
    swept.files++;
  }

  /** A camera that is not known: its files leave all at once, later. */
  async function removeUnknown(cameraId: string): Promise<void> {
    const mark = join(folder, cameraId, UNKNOWN);
    const since = (await Deno.stat(mark).catch(() => null))?.mtime?.getTime();
    if (since === undefined) await Deno.writeTextFile(mark, "").catch(() => {});
    else if (nowMs - since >= UNKNOWN_MS) {
      await removeCamera(folder, cameraId);
      swept.files++;
    }
  }

  const cameraIds = new Set([...(await keeper.use()).keys(), ...await namesIn(folder)]);
  for (const cameraId of cameraIds) {
    if (!isKnown(cameraId)) {
      if (CAMERA_ID.test(cameraId)) await removeUnknown(cameraId);
      continue;
    }
    await removeFile(join(folder, cameraId, UNKNOWN));
    for (const [dayMs, path] of await daysOf(cameraId)) {
      signal.throwIfAborted();
      await day(cameraId, dayMs, path);
      await clock.sleep(REST_MS, signal);
    }
  }
  return swept;

  /** Days of which there are files or rows. */
  async function daysOf(cameraId: string): Promise<Map<number, string>> {
    const days = new Map<number, string>();
    const add = (year: string, month: string, day: string) => {
      const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
      if (Number.isFinite(dayMs)) days.set(dayMs, `${cameraId}/${year}/${month}/${day}`);
    };
    for (const year of await namesIn(join(folder, cameraId), YEAR)) {
      for (const month of await namesIn(join(folder, cameraId, year), TWO)) {
        const path = join(folder, cameraId, year, month);
        for (const day of await namesIn(path, TWO)) add(year, month, day);
      }
    }
    for (const dayMs of await store.days(cameraId)) {
      const [date] = new Date(dayMs).toISOString().split("T");
      const [year, month, day] = date.split("-");
      add(year, month, day);
    }
    return days;
  }
}

/** Removes all pictures of a camera; what else somebody put there stays. */
export async function removeCamera(folder: string, cameraId: string): Promise<void> {
  const own = join(folder, cameraId);
  for (const year of await namesIn(own, YEAR)) {
    await Deno.remove(join(own, year), { recursive: true });
  }
  await removeFile(join(own, UNKNOWN));
  // Fails as long as something is in it.
  await Deno.remove(own).catch(() => {});
}

async function namesIn(folder: string, like = /^/): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => name).filter((name) => like.test(name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}
