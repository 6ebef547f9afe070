import type { PerchError } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import type { FileWatch } from "./file_watch.ts";
import { beat, BEAT_MS, fence, fencedOut, resign } from "./owner.ts";

export interface GuardOptions {
  epoch: number;
  /** Of the database's file; null on a server. */
  watch: FileWatch | null;
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
  const { epoch, watch } = options;
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
  const timer = setInterval(watch === null ? () => void live() : look, watch ? LOOK_MS : BEAT_MS);

  async function live(): Promise<void> {
    // A server that does not answer is noticed by the writes.
    const replaced = await beat(raw, epoch).catch(() => null);
    if (replaced !== null && !closed) lose(replaced, true);
  }

  return {
    kind: raw.kind,
    query: (statement) => raw.query(statement),
    async write(statements) {
      if (lost !== null) throw lost;
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
