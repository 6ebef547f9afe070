import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { afterCheckpoint, FLOWING, judgeLog } from "../db/checkpoint.ts";
import type { Storage } from "./storage.ts";
import type { StorageTroubles } from "./storage_troubles.ts";

/*
 * DESIGN. SQLite checkpoints by itself every 1 000 pages and reports to nobody when that fails: the log grows until
 * the disk is full. So Perch checkpoints explicitly now and then, at once when the log is larger than it ever is
 * when all is well, and reads the answer. Two tries in a row that leave pages in the log are reported (component,
 * alarm, banner); a log at its bound refuses new readings, before it fills the disk. While the database is copied
 * for a backup the log cannot be brought in as a whole: no try is made then, for a while.
 */

export interface CheckpointDeps {
  clock: Clock;
  log: Log;
  storage: Pick<Storage, "checkpoint">;
  troubles: StorageTroubles;
  /** The log's file; null on a server, which checkpoints by itself. */
  walPath: string | null;
  /** The log's bound; default 64 MB. */
  mostBytes?: number;
}

export interface Checkpoints {
  /** Why no readings are taken now; null: they are. */
  refusal(): PerchError | null;
  /** Called when readings are taken again. */
  onWell(listener: () => void): void;
  /** From now on somebody reads the database, and no try is made; or no longer. Counts for a while only, from the last call. */
  pause(on: boolean): void;
  paused(): boolean;
  readonly task: Task;
}

/** A pause that nobody ended, nor asked for again, is over after this long. */
const PAUSE_MOST_MS = 30 * 60_000;
const LOOK_MS = 1_000;
/** Even a log that hardly grows is looked at this often; each look costs the card a little. */
const CALM_MS = 60 * 60_000;
/** Time between tries while it does not get ahead. */
const AGAIN_MS = 5_000;
/** Beyond this the log is not what 1 000 pages make. */
const LARGE_BYTES = 4_000_000;
/** Making the file small waits for readers, so not often. */
const TRUNCATE_MS = 60_000;
export const WAL_MOST_BYTES = 64_000_000;

export function createCheckpoints(deps: CheckpointDeps): Checkpoints {
  const { clock, log, storage, troubles, walPath, mostBytes = WAL_MOST_BYTES } = deps;
  const listeners = new Set<() => void>();
  let state = FLOWING;
  let refused: PerchError | null = null;
  let triedMs = clock.monotonic();
  let truncatedMs = -Infinity;
  let pausedMs = -Infinity;
  const paused = () => clock.monotonic() - pausedMs < PAUSE_MOST_MS;

  /** One try; the file is made small again after it had grown. */
  async function attempt(walBytes: number): Promise<void> {
    triedMs = clock.monotonic();
    const answer = await storage.checkpoint(false).catch((error: Error) => error);
    state = afterCheckpoint(state, answer);
    if (state.stuck > 0 || walBytes < LARGE_BYTES) return;
    if (triedMs - truncatedMs < TRUNCATE_MS) return;
    truncatedMs = triedMs;
    await storage.checkpoint(true).catch(() => {});
  }

  function say(walBytes: number): void {
    const { detail, refuse } = judgeLog(state, walBytes, mostBytes);
    const reported = troubles.all().some(({ name }) => name === "checkpoint");
    if (detail !== null && !reported) log.error(detail);
    if (detail === null && reported) {
      log.info("the write-ahead log is brought into the database again");
    }
    troubles.say(
      "checkpoint",
      detail === null ? null : { health: refuse ? "error" : "degraded", detail },
    );
    const before = refused;
    refused = refuse ? new PerchError("storage_failed", detail!, { retryAfterS: 10 }) : null;
    if (before !== null && refused === null) { for (const listener of listeners) listener(); }
  }

  async function look(path: string): Promise<void> {
    if (paused()) return;
    const walBytes = await Deno.stat(path).then(({ size }) => size, () => 0);
    const sinceMs = clock.monotonic() - triedMs;
    const pressing = state.stuck > 0 || walBytes >= LARGE_BYTES;
    if (sinceMs >= CALM_MS || (pressing && sinceMs >= AGAIN_MS)) await attempt(walBytes);
    say(walBytes);
  }

  return {
    refusal: () => refused,
    onWell: (listener) => void listeners.add(listener),
    pause: (on) => void (pausedMs = on ? clock.monotonic() : -Infinity),
    paused,
    task: {
      name: "checkpoints",
      async run(signal) {
        while (!signal.aborted) {
          if (walPath !== null) await look(walPath);
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
  };
}
