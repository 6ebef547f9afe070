import { PerchError } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import type { FileWatch } from "./file_watch.ts";
import { beat, BEAT_LIVES_MS, BEATS, fence, fencedOut, resign } from "./owner.ts";

export interface GuardOptions {
  epoch: number;
  /** Of the database's file; null on a server. */
  watch: FileWatch | null;
  /** On a server: how long this owner may be silent. Default `BEAT_LIVES_MS`. */
  livesMs?: number;
  /**
   * Called once when nothing may be stored any more. `end`: another Perch has the database, this one has to
   * end; else a file is gone and only a person can help.
   */
  onLost(error: PerchError, end: boolean): void;
}

/** Time between two looks at the files while nothing is written. */
const LOOK_MS = 1_000;

/**
 * The connection as everything else sees it: a transaction succeeds only while this Perch is the owner, and
 * counts only when the files are still in their place afterwards. Once that is not so, every write rejects with
 * the reason, and nothing is checkpointed or closed: SQLite would do it by the names of the files.
 */
export function guardConnection(raw: Connection, options: GuardOptions): Connection {
  const { epoch, watch, livesMs = BEAT_LIVES_MS } = options;
  const check = fence(epoch);
  let lost: PerchError | null = null;
  let closed = false;

  function lose(error: PerchError, end: boolean): PerchError {
    if (lost !== null) return lost;
    lost = error;
    options.onLost(error, end);
    return error;
  }
  const look = () => {
    const gone = watch?.look() ?? null;
    return gone === null ? null : lose(gone, false);
  };
  const timer = watch === null
    ? setInterval(() => void live(), livesMs / BEATS)
    : setInterval(look, LOOK_MS);
  /** When the sign of life was sent that the server confirmed last. By a clock that runs while this process stands. */
  let confirmedMs = performance.now();

  async function live(): Promise<void> {
    const sentMs = performance.now();
    // A server that does not answer is noticed by the writes.
    const replaced = await beat(raw, epoch).catch(() => undefined);
    if (replaced === null) confirmedMs = sentMs;
    else if (replaced !== undefined && !closed) lose(replaced, true);
  }

  const isStale = () => performance.now() - confirmedMs >= livesMs * (BEATS - 1) / BEATS;

  /**
   * On a server, an owner that was not confirmed for two thirds of its time may have been replaced: it asks before
   * it reads or writes anything further, so that nothing leaves it of what another does already.
   */
  async function stillOwner(): Promise<void> {
    if (lost !== null) throw lost;
    if (watch !== null || !isStale()) return;
    await live();
    if (lost !== null) throw lost;
    if (!isStale()) return;
    throw new PerchError(
      "storage_failed",
      "the database server has not confirmed in time that this Perch still has the database",
      { retryAfterS: 5 },
    );
  }

  return {
    kind: raw.kind,
    async query(statement) {
      if (watch === null) await stillOwner();
      return await raw.query(statement);
    },
    async write(statements) {
      await stillOwner();
      let results;
      try {
        results = await raw.write([check, ...statements]);
      } catch (error) {
        const replaced = await fencedOut(raw, epoch, error);
        throw replaced === null ? error : lose(replaced, true);
      }
      const gone = look();
      if (gone !== null) throw gone;
      return results.slice(1);
    },
    checkpoint(truncate) {
      // By the names of the files, which may be another Perch's.
      return lost === null ? raw.checkpoint(truncate) : Promise.reject(lost);
    },
    async close() {
      closed = true;
      clearInterval(timer);
      look();
      watch?.close();
      if (lost !== null) return;
      if (raw.kind === "server") await resign(raw, epoch).catch(() => {});
      await raw.close();
    },
  };
}
