import type { PerchError } from "../base/errors.ts";
import { type Connection, type ConnectionOptions, openConnection } from "../db/connection.ts";
import { watchFiles } from "../db/file_watch.ts";
import { guardConnection } from "../db/guarded.ts";
import { type Ahead, migrate, type Migration, pendingOf, readApplied } from "../db/migrate.ts";
import { claim, type Claimant, hasOwners } from "../db/owner.ts";
import { checkSound, openingError, refuseOther } from "../db/sound.ts";

export interface OwnedRequest {
  connection: ConnectionOptions;
  migrations: Migration[];
  /** The database's file; null on a server. */
  path: string | null;
  claimant: Claimant;
  /** On a server: how long this owner may be silent. Default `BEAT_LIVES_MS`. */
  livesMs?: number;
  /** The reason not to begin with an empty database; null: it may be empty. */
  mustExist: string | null;
}

/** A database that may be opened, and was not written to. */
export interface LookedAt {
  raw: Connection;
  /** The last migration of a database that migrations are about to change; null: none are, or it is new. */
  upgradesFrom: string | null;
  /** What a newer Perch applied; this one can work with it. */
  ahead: Ahead[];
}

/**
 * Opens the database and checks it. A connection that is refused is not closed, because SQLite would bring the log
 * into the database; it ends with the process.
 * @throws PerchError `not_started`, `conflict` (a newer Perch wrote it, and this one cannot read it),
 * `storage_failed`
 */
export async function lookOwned(request: OwnedRequest): Promise<LookedAt> {
  const { path, migrations, mustExist } = request;
  const raw = await openConnection(request.connection).catch((error) => {
    throw path === null ? error : openingError(error, path);
  });
  try {
    if (path !== null) await checkSound(raw, path);
    const applied = await readApplied(raw, migrations);
    if (applied === null) await refuseOther(raw, request.connection.url, mustExist);
    const last = [...applied?.hashes.keys() ?? []].sort().at(-1);
    const isOlder = last !== undefined && pendingOf(applied, migrations).length > 0;
    return { raw, upgradesFrom: isOlder ? last : null, ahead: applied?.ahead ?? [] };
  } catch (error) {
    refusedConnections.push(raw);
    throw error;
  }
}

/**
 * Makes this Perch the owner and brings the schema up to date, in this order.
 * @throws PerchError `not_started`, `conflict`, `storage_failed`, `storage_full`
 */
export async function own(
  { path, migrations, claimant, livesMs }: OwnedRequest,
  raw: Connection,
  onLost: (error: PerchError, end: boolean) => void,
): Promise<{ connection: Connection; applied: string[] }> {
  const older = !await hasOwners(raw);
  const applied = older ? await migrate(raw, migrations, Date.now()) : [];
  const connection = guardConnection(raw, {
    epoch: await claim(raw, claimant),
    watch: path === null ? null : watchFiles(path),
    livesMs,
    onLost,
  });
  if (!older) applied.push(...await migrate(connection, migrations, Date.now()));
  return { connection, applied };
}

/** Both: what is refused is not written to. */
export async function openOwned(
  request: OwnedRequest,
  onLost: (error: PerchError, end: boolean) => void,
): Promise<{ connection: Connection; applied: string[] }> {
  const { raw } = await lookOwned(request);
  return await own(request, raw, onLost);
}

/** Kept, so that the garbage collection does not close them. */
const refusedConnections: Connection[] = [];
