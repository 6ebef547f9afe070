import type { PerchError } from "../base/errors.ts";
import { type Connection, type ConnectionOptions, openConnection } from "../db/connection.ts";
import { watchFiles } from "../db/file_watch.ts";
import { guardConnection } from "../db/guarded.ts";
import { migrate, type Migration, readApplied } from "../db/migrate.ts";
import { claim, type Claimant, hasOwners } from "../db/owner.ts";
import { checkSound, openingError, refuseOther } from "../db/sound.ts";

export interface OwnedRequest {
  connection: ConnectionOptions;
  migrations: Migration[];
  /** The database's file; null on a server. */
  path: string | null;
  claimant: Claimant;
  /** The reason not to begin with an empty database; null: it may be empty. */
  mustExist: string | null;
}

/**
 * Opens the database, checks it, makes this Perch its owner and brings the schema up to date, in this order: what
 * is refused is not written to. A connection that is refused is not closed either, because SQLite would bring
 * the log into the database; it ends with the process.
 * @throws PerchError `not_started`, `conflict` (a newer Perch wrote it), `storage_failed`, `storage_full`
 */
export async function openOwned(
  request: OwnedRequest,
  onLost: (error: PerchError, end: boolean) => void,
): Promise<{ connection: Connection; applied: string[] }> {
  const { path, migrations, claimant, mustExist } = request;
  const raw = await openConnection(request.connection).catch((error) => {
    throw path === null ? error : openingError(error, path);
  });
  try {
    if (path !== null) await checkSound(raw, path);
    if (await readApplied(raw, migrations) === null) {
      await refuseOther(raw, request.connection.url, mustExist);
    }
  } catch (error) {
    refusedConnections.push(raw);
    throw error;
  }
  const older = !await hasOwners(raw);
  const applied = older ? await migrate(raw, migrations, Date.now()) : [];
  const connection = guardConnection(raw, {
    epoch: await claim(raw, claimant),
    watch: path === null ? null : watchFiles(path),
    onLost,
  });
  if (!older) applied.push(...await migrate(connection, migrations, Date.now()));
  return { connection, applied };
}

/** Kept, so that the garbage collection does not close them. */
const refusedConnections: Connection[] = [];
