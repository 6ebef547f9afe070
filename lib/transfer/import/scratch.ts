/** A database for the time of a dry run: what of a file was met before is known by storing it there. */
import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { openConnection } from "../../db/connection.ts";
import { migrate, readMigrations } from "../../db/migrate.ts";
import { createReadingsEngine } from "../../readings/engine.ts";
import type { ImportStore } from "../../readings/importing.ts";

export interface ScratchPlace {
  folder: string;
  migrationsFolder: string;
}

/** Opens it in a folder of its own, which is emptied before; a crash leaves at most one. */
export async function openScratch(
  { folder, migrationsFolder }: ScratchPlace,
): Promise<ImportStore> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const connection = await openConnection({
    url: `file:${folder}/counting.db`,
    synchronous: "off",
  });
  await migrate(connection, readMigrations(migrationsFolder), Date.now());
  return await createReadingsEngine({ connection, clock: systemClock(), log: silentLog() });
}
