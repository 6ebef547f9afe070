import { carried } from "../base/carried.ts";
import { PerchError } from "../base/errors.ts";
import type { Manifest } from "./manifest.ts";
import type { FromBackup, ToBackup } from "./messages.ts";
import type { MadeBackup, MakeRequest, Progress, UnpackRequest } from "./types.ts";

/** Makes, checks and unpacks archives, each call in a worker of its own while it runs. */
export interface BackupWorker {
  /**
   * Copies the plant, packs it, unpacks that beside it and checks it. When this resolves, the archive has its
   * name and its receipt beside it; when it rejects, nothing is left behind. One at a time in a folder.
   * @throws PerchError `storage_full`, `storage_failed` (also when the database is written faster than it can be
   * copied), `validation` (a file that cannot be packed, a wrong recipient), `conflict` (the target is there
   * already), `unavailable` (ended)
   */
  make(request: MakeRequest, onProgress: (progress: Progress) => void): Promise<MadeBackup>;
  /**
   * Unpacks an archive into `target` and checks every byte of it: after it `target` holds the database (with a
   * write-ahead log, not migrated), the folders, the keys, on the disk. When it rejects, what is in `target` is
   * to be removed.
   * @throws PerchError `validation` names the entry or the byte, `conflict` the version that wrote a newer one,
   * `not_found`, `storage_full`, `storage_failed`, `unavailable` (ended)
   */
  unpack(request: UnpackRequest, onProgress: (progress: Progress) => void): Promise<Manifest>;
  /** Calls off what is under way, and resolves when it has let go of the database and cleaned up. */
  callOff(): Promise<void>;
  /** The same, for good. */
  end(): Promise<void>;
}

export interface BackupWorkerOptions {
  /**
   * A worker stays for the next call, until `end`. Else it ends with its call, but not all of it: of every thread
   * that loaded the database's driver the runtime keeps two file descriptors.
   */
  kept?: boolean;
}

/** The application's side of the worker. */
export function createBackupWorker({ kept = false }: BackupWorkerOptions = {}): BackupWorker {
  const running = new Set<{ stop(): void; ended: Promise<unknown> }>();
  let idle: Worker | null = null;
  let isOver = false;

  function start(): Worker {
    const url = new URL("./backup_worker.ts", import.meta.url);
    return new Worker(url, { type: "module", name: "backup" });
  }

  function run(
    message: ToBackup,
    onProgress: (progress: Progress) => void,
  ): Promise<FromBackup> {
    const worker = idle ?? start();
    idle = null;
    let isBroken = false;
    const answer = new Promise<FromBackup>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromBackup>) => {
        if (data.kind === "progress") return onProgress(data.progress);
        if (data.kind === "failed") {
          const { code, errors, retryAfterS } = data;
          return reject(new PerchError(code, data.message, { errors, retryAfterS }));
        }
        resolve(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        isBroken = true;
        reject(new PerchError("internal", `the backup's worker ended: ${event.message}`));
      };
      worker.postMessage(message);
    }).finally(() => {
      running.delete(entry);
      if (kept && idle === null && !isBroken && !isOver) idle = worker;
      else worker.terminate();
    });
    const stop = () => worker.postMessage({ kind: "stop" } satisfies ToBackup);
    const entry = { stop, ended: answer.catch(() => {}) };
    running.add(entry);
    return answer;
  }

  async function callOff(): Promise<void> {
    for (const { stop } of running) stop();
    await Promise.all([...running].map(({ ended }) => ended));
  }

  return {
    async make(request, onProgress) {
      const answer = await run(
        { kind: "make", request, migrationsFolder: migrationsFolder() },
        onProgress,
      );
      if (answer.kind === "made") return answer.made;
      throw new PerchError("internal", "the backup's worker gave no backup");
    },
    async unpack(request, onProgress) {
      await Deno.mkdir(request.target, { recursive: true, mode: 0o700 });
      const answer = await run({ kind: "unpack", request }, onProgress);
      if (answer.kind === "unpacked") return answer.manifest;
      throw new PerchError("internal", "the backup's worker gave no manifest");
    },
    callOff,
    async end() {
      isOver = true;
      idle?.terminate();
      idle = null;
      await callOff();
    },
  };
}

/** In a binary the migrations are carried in it. */
function migrationsFolder(): string {
  return carried("migrations");
}
