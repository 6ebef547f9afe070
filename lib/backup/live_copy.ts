import { join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { isNoRoom } from "../base/reserve_file.ts";
import { lookAtFiles } from "../db/look.ts";
import { DATABASE_NAME } from "./manifest.ts";
import { lookAt } from "./moving.ts";
import { realPath } from "./plant_files.ts";

/**
 * Runs `use` with the path of a copy of the live database, which is never opened itself. The copy lies in a folder
 * of its own within `folder`, and is removed afterwards. @throws PerchError `storage_full`
 */
export async function withLiveCopy<T>(
  live: string,
  folder: string,
  use: (database: string) => Promise<T>,
): Promise<T> {
  const path = await realPath(live);
  const copy = join(folder, "live");
  try {
    lookAtFiles({ path, folder: copy });
    await Deno.mkdir(copy, { mode: 0o700 });
    const database = join(copy, DATABASE_NAME);
    await Deno.copyFile(path, database);
    if (await lookAt(`${path}-wal`) !== null) await Deno.copyFile(`${path}-wal`, `${database}-wal`);
    return await use(database);
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    throw new PerchError(
      "storage_full",
      `There is no room in ${folder} for a copy of the database, which is compared with the backup ` +
        `(${messageOf(error)}). Make room and try again. Nothing was changed.`,
    );
  } finally {
    await Deno.remove(copy, { recursive: true }).catch(() => {});
  }
}
