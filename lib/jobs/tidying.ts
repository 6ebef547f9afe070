import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { type FileLimits, toDrop } from "./decide.ts";
import { JOB_KINDS } from "./job.ts";
import type { JobFiles } from "./job_files.ts";
import type { JobStore } from "./jobs_store.ts";

/** Pause between two looks for what may go, while no job ends. */
export const TIDY_MS = 600_000;
/** Rows of a kind that are kept, with a file or without. */
const KEPT_ROWS = 500;

export interface TidyingDeps {
  db: Database;
  store: JobStore;
  files: JobFiles;
  clock: Clock & { deletionMs(): number };
  log: Log;
  limits(): FileLimits;
  /** Ids of the jobs that are under way. */
  running(): ReadonlySet<string>;
}

export interface Tidying {
  /** The next `ifDue` is: a job has ended. */
  soon(): void;
  /** Removes what may go, when it is time, by way of `inTurn`. Never fails. */
  ifDue(inTurn: (work: () => Promise<void>) => Promise<void>): Promise<void>;
  /** What is wrong with it. */
  trouble(): string | null;
}

/** Removes files that nobody needs, rows without their file, and what is too old or too much. */
export function createTidying(
  { db, store, files, clock, log, limits, running: runningNow }: TidyingDeps,
): Tidying {
  let trouble: string | null = null;
  /** Nothing is tidied right after a start. */
  let tidiedMs = clock.monotonic();

  async function tidy(): Promise<void> {
    // In this order: what is there by now is of a run, or its row is written by the time that rows are read.
    const there = await files.names();
    const running = runningNow();
    const withFile = await store.withFile();
    const known = new Set(withFile.map(({ stored }) => stored));
    await files.sweep(there, (name, id) => known.has(name) || running.has(id));
    const drop = new Set(toDrop(withFile, limits(), clock.deletionMs()));
    for (const { id, stored } of withFile) {
      if (!drop.has(id) && await files.path(stored!) !== null) continue;
      await db.write([store.dropFile(id)]);
      await files.remove(stored!);
    }
    for (const kind of JOB_KINDS) {
      const purge = await store.purge(kind, KEPT_ROWS);
      if (purge !== null) await db.write([purge]);
    }
  }

  return {
    soon: () => void (tidiedMs = -Infinity),
    async ifDue(inTurn) {
      const nowMs = clock.monotonic();
      if (nowMs - tidiedMs < TIDY_MS) return;
      tidiedMs = nowMs;
      try {
        await inTurn(tidy);
        trouble = null;
      } catch (error) {
        trouble = "files of old jobs could not be removed";
        log.warn(trouble, { error });
      }
    },
    trouble: () => trouble,
  };
}
