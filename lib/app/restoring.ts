import type { Config } from "../base/config.ts";
import { PerchError } from "../base/errors.ts";
import type { RestoreRequest } from "../backup/request.ts";
import { migrationsFolder } from "./storage.ts";

/** Where a restore puts things. @throws PerchError `validation` when the database is on a server */
export function restorePlace(
  { dataDir, database: { url } }: Pick<Config, "dataDir" | "database">,
): Pick<RestoreRequest, "dataDir" | "database" | "migrationsFolder"> {
  const path = /^file:(.*)$/.exec(url)?.[1];
  if (path === undefined) {
    throw new PerchError(
      "validation",
      `The database is on a server (DATABASE_URL is ${url}), which has backups of its own: restore it there. ` +
        "To look at an archive, unpack it elsewhere: perch restore FILE --to DIR.",
    );
  }
  return { dataDir, database: path, migrationsFolder: migrationsFolder() };
}
