import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import type { Job, JobProgress, JobRun, JobWorker } from "./job.ts";
import type { JobFiles } from "./job_files.ts";
import type { EndOfJob, JobStore, KeptJob } from "./jobs_store.ts";

/** Why a run ends before its work is done: for good, or to be done again. */
export class Interruption extends Error {
  constructor(readonly how: "cancelled" | "failed" | "put back", message: string) {
    super(message);
  }
}

/** One job that is being done. */
export interface Run {
  readonly kept: KeptJob;
  /** How it is now. */
  now(): Job;
  /** Ends the work; the first reason counts. */
  interrupt(why: Interruption): void;
  /** How long ago it was interrupted, by the clock that never goes back; null: it was not. */
  interruptedMs(): number | null;
  /** When it last said how far it is, by the same clock. */
  movedMs(): number;
  /** Says and writes what is new. */
  keep(): Promise<void>;
  /** Resolves when it is over and written down. Never rejects. */
  readonly ended: Promise<void>;
}

export interface RunDeps {
  db: Pick<Database, "write">;
  store: JobStore;
  files: JobFiles;
  clock: Clock;
  log: Log;
  /** Tells pages. */
  publish(job: Job): void;
}

/** On a card every write counts, and after a crash a little less is known. */
const WRITE_EVERY_MS = 5_000;
const WRITE_AGAIN_MS = 2_000;
const WRITE_TRIES = 30;
const NAME_MOST = 150;

/** Does a job that was just marked as running. */
export function beginRun(kept: KeptJob, load: () => Promise<JobWorker>, deps: RunDeps): Run {
  const { db, store, files, clock, log } = deps;
  const { id } = kept;
  const controller = new AbortController();
  let progress: JobProgress | null = null;
  let isNew = false;
  let movedMs = clock.monotonic();
  let writtenMs = -Infinity;
  let interruptedMs: number | null = null;
  let file: { name: string; type: string } | null = null;
  const remembered = { ...kept.remembered };

  function now(): Job {
    const { num: _, stored: __, remembered: ___, ...job } = kept;
    return { ...job, state: "running", progress };
  }

  const run: JobRun = {
    job: now(),
    signal: controller.signal,
    progress(next) {
      progress = next;
      isNew = true;
      movedMs = clock.monotonic();
    },
    async file(name, type) {
      file = { name: safeName(name), type };
      return await files.begin(id);
    },
  };

  async function keep(): Promise<void> {
    if (!isNew) return;
    isNew = false;
    deps.publish(now());
    const nowMs = clock.monotonic();
    if (nowMs - writtenMs < WRITE_EVERY_MS) return;
    writtenMs = nowMs;
    await db.write([store.progress(id, progress, remembered)])
      .catch((error) => log.warn("how far a job is was not written down", { id, error }));
  }

  async function work(): Promise<Omit<EndOfJob, "finishedMs"> | "put back"> {
    try {
      const worker = await load();
      controller.signal.throwIfAborted();
      const result = await worker.run(run);
      const why = controller.signal.reason as Interruption | undefined;
      if (why !== undefined && why.how !== "put back") throw why;
      const whole = file === null ? null : await files.finish(id, file.name);
      if (file !== null && whole === null) throw new Error("its file was not written");
      return {
        state: "done",
        result,
        file: whole === null ? null : { ...file!, ...whole },
        error: null,
      };
    } catch (error) {
      await files.giveUp(id).catch((left) => log.warn("a half-written file is left", { left }));
      const why = controller.signal.reason as Interruption | undefined;
      if (why?.how === "put back") return "put back";
      if (why === undefined) logFailure(error);
      return {
        state: why?.how === "cancelled" ? "cancelled" : "failed",
        ...{ result: null, file: null },
        error: why?.how === "cancelled" ? null : sentenceOf(why ?? error),
      };
    }
  }

  function logFailure(error: unknown): void {
    const isForPeople = error instanceof PerchError && error.code !== "internal";
    log[isForPeople ? "warn" : "error"](`${kept.title} failed`, { id, error });
  }

  /** What cannot be written is tried again: the work is done, and would be done anew else. */
  async function writeEnd(end: Awaited<ReturnType<typeof work>>): Promise<void> {
    const statements = end === "put back" ? [store.putBack(id, progress, remembered)] : [
      // How far it came is kept with how it ended.
      ...(progress === null ? [] : [store.progress(id, progress, remembered)]),
      store.end(id, "running", { ...end, finishedMs: clock.now() }),
    ];
    for (let tries = 1;; tries++) {
      try {
        const { rowsAffected } = (await db.write(statements)).at(-1)!;
        // Somebody cancelled it in this very moment.
        if (rowsAffected === 0 && end !== "put back" && end.file !== null) {
          await files.remove(end.file.stored);
        }
        return;
      } catch (error) {
        if (tries >= WRITE_TRIES) throw error;
        log.warn(`the end of ${kept.title} is not written down yet`, { id, error });
        await clock.sleep(WRITE_AGAIN_MS);
      }
    }
  }

  const ended = work().then(writeEnd)
    .catch((error) => log.error(`the end of ${kept.title} is not written down`, { id, error }));
  return {
    kept,
    now,
    interrupt(why) {
      interruptedMs ??= clock.monotonic();
      controller.abort(why);
    },
    interruptedMs: () => interruptedMs,
    movedMs: () => movedMs,
    keep,
    ended,
  };
}

/** A name that every file system takes, and no header is broken by. */
export function safeName(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\w.-]+/g, "-")
    .replace(/-+(?=\.|$)/g, "").replace(/\.{2,}/g, ".").replace(/^[.-]+/, "");
  const dot = plain.lastIndexOf(".");
  const extension = dot < 0 ? "" : plain.slice(dot).slice(0, 12);
  return (plain.slice(0, dot < 0 ? undefined : dot).slice(0, NAME_MOST) || "file") + extension;
}

/** For a person; what nobody foresaw is not blamed on them. */
function sentenceOf(error: unknown): string {
  if (error instanceof PerchError || error instanceof Interruption) return error.message;
  return `It failed in a way that was not foreseen: ${messageOf(error).slice(0, 500)}`;
}
