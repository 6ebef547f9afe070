import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { BackupWorker } from "./client.ts";
import { finishDeleting, removeNoted } from "./deleting.ts";
import { archiveName, backupsFolder, listBackups, markOf } from "./folder.ts";
import { toRemove } from "./keep.ts";
import type { Reason } from "./manifest.ts";
import type { PlantStore } from "./plant_store.ts";
import { type Room, roomSentence } from "./room.ts";
import type { MakeRequest, Progress, Receipt } from "./types.ts";

export interface BackupsDeps {
  clock: Clock & { deletionMs(): number };
  log: Log;
  /** Path of the live database. Null: it is on a libSQL server, whose operator backs it up. */
  database: string | null;
  dataDir: string;
  store: Pick<PlantStore, "nextSequence">;
  worker: BackupWorker;
  /** What every archive of this plant says. */
  about(): Pick<MakeRequest, "site" | "perch" | "environment" | "recipient" | "walMostBytes">;
  /** Room on the disk, and what a backup needs of it. */
  room(newest: Receipt | null): Promise<Room>;
  keepDays(): number;
  /** Why none is begun at the moment; null: it may be. */
  refusal?(): PerchError | null;
  /** Called when the copy of the database begins, again while it goes on, and when it has ended. */
  copying(isCopying: boolean): void;
  /** Called once when backups begin to fail. */
  onFailure(failure: Failure): Promise<void>;
  /** Writes down that one was deleted: because of its age, or meanwhile, when nothing could be written down. */
  onDeleted(file: string, why: "age" | "meanwhile"): Promise<void>;
}

/** A backup that is being made, or how the last one ended. */
export interface Job {
  /** The archive's number. */
  id: number;
  reason: Reason;
  /** Who asked; Perch itself for scheduled ones. */
  by: string;
  state: "running" | "done" | "failed";
  stage: Progress["stage"];
  /** 0 to 1 of the whole. */
  share: number;
  startedMs: number;
  /** File name of the archive once it is done. */
  file: string | null;
  /** Why it failed. */
  error: string | null;
}

/** Why there is no newer backup. */
export interface Failure {
  code: string;
  sentence: string;
  atMs: number;
}

export interface Backups {
  /** Why none are made here, in a sentence; null: they are. */
  readonly unavailable: string | null;
  /** The good ones, newest first, as they lie in the folder now. */
  list(): Promise<Receipt[]>;
  /** Newest good one as of the last look. */
  newest(): Receipt | null;
  /** The same as it is now. Receipts are read again only where something in the folder changed. */
  look(): Promise<Receipt | null>;
  /** What is under way, or ended last since the start. */
  job(): Job | null;
  /** Why the last try failed; null: it did not. */
  failure(): Failure | null;
  /**
   * Begins one; `ended` settles when it is made and checked, or failed.
   * @throws PerchError `conflict` while another is under way, or on a libSQL server; `storage_full` without room
   */
  begin(reason: Reason, by: string): Promise<{ job: Job; ended: Promise<Receipt> }>;
  /** The same, to its end. */
  run(reason: Reason, by: string): Promise<Receipt>;
  /** @throws PerchError `not_found` */
  find(file: string): Promise<{ receipt: Receipt; path: string }>;
  /** `note` writes down that it was deleted. @throws PerchError `not_found`, `conflict` for the newest good one */
  remove(file: string, note: (receipt: Receipt) => Promise<void>): Promise<void>;
  /** Finishes what a killed run, or a cleanup while Perch was off, has deleted. */
  finishDeleting(): Promise<void>;
  /** Removes what is older, but never the newest; gives what is gone. */
  cleanup(keepDays: number): Promise<Receipt[]>;
  /** Calls off what is under way, which is no failure; another one may be begun. */
  callOff(why: string): Promise<void>;
  /** Calls off what is under way for good. */
  end(): Promise<void>;
}

/** Code of a failure that is over as soon as the folder can be read. */
const UNREADABLE = "unreadable";
const codeOf = (error: unknown) => error instanceof PerchError ? error.code : "internal";

/** Why Perch makes no backups of a database on a server. */
export const ON_SERVER =
  "The database is on a libSQL server: whoever runs the server backs it up, and Perch does not.";

/** Backups of the data directory, in its folder `backups`. */
export function createBackups(deps: BackupsDeps): Backups {
  const { clock, log, database, dataDir, worker } = deps;
  const folder = backupsFolder(dataDir);
  let newest: Receipt | null = null;
  /** Of the folder at the last look; null: it is to be read. */
  let mark: string | null = null;
  let job: Job | null = null;
  let failure: Failure | null = null;
  /** Also while it is not known yet whether there is room. */
  let beginning = false;
  let ending = false;
  /** Why what is under way was called off. */
  let calledOff: string | null = null;
  let running: Promise<unknown> = Promise.resolve();

  async function list(): Promise<Receipt[]> {
    try {
      const all = await listBackups(folder);
      newest = all[0] ?? null;
      if (failure?.code === UNREADABLE) failure = null;
      return all;
    } catch (error) {
      const sentence = `the folder of the backups ${folder} cannot be read: ${messageOf(error)}.`;
      await noteFailure(UNREADABLE, sentence);
      throw new PerchError("storage_failed", sentence, { cause: error });
    }
  }

  async function look(): Promise<Receipt | null> {
    // What cannot be looked at is reported by `list`.
    const now = await markOf(folder).catch(() => null);
    if (now === null || now !== mark || failure?.code === UNREADABLE) {
      await list();
      mark = now;
    }
    return newest;
  }

  async function noteFailure(code: string, sentence: string): Promise<void> {
    if (ending || calledOff !== null) return;
    const isNews = failure?.code !== code;
    failure = { code, sentence, atMs: clock.now() };
    if (!isNews) return;
    const text = `the backup failed: ${sentence}`;
    await deps.onFailure(failure).then(
      () => log.error(text, { event: "backup.failed", severity: "warning" }),
      (error) => {
        log.error(text);
        log.warn("the failed backup is not in the event log", { error });
      },
    );
  }

  async function make(source: string, started: Job): Promise<Receipt> {
    const nowMs = started.startedMs;
    const about = deps.about();
    const target = join(
      folder,
      archiveName({
        site: about.site.name,
        nowMs,
        sequence: started.id,
        encrypted: about.recipient !== null,
      }),
    );
    deps.copying(true);
    try {
      await worker.make(
        {
          ...about,
          database: source,
          dataDir,
          target,
          sequence: started.id,
          reason: started.reason,
          nowMs,
        },
        ({ stage, share }) => {
          deps.copying(stage === "copying");
          Object.assign(started, { stage, share });
        },
      );
    } finally {
      deps.copying(false);
    }
    const made = (await list()).find(({ manifest }) => manifest.sequence === started.id);
    if (made === undefined) {
      throw new PerchError("storage_failed", `${target} was made and is not there any more.`);
    }
    return made;
  }

  /** From the first number to the last byte; what goes wrong is remembered. */
  async function follow(source: string, started: Job): Promise<Receipt> {
    try {
      const made = await make(source, started);
      Object.assign(started, { state: "done", share: 1, file: made.file });
      failure = null;
      log.info("a backup was made and checked", { file: made.file, bytes: made.bytes });
      await cleanup(deps.keepDays()).catch((error) =>
        log.warn("old backups could not be deleted", { error })
      );
      return made;
    } catch (error) {
      Object.assign(started, { state: "failed", error: calledOff ?? messageOf(error) });
      await noteFailure(codeOf(error), messageOf(error));
      throw error;
    }
  }

  async function prepare(reason: Reason, by: string): Promise<Job> {
    const all = await list();
    const lack = roomSentence(await deps.room(newest), folder);
    if (lack !== null) throw new PerchError("storage_full", lack);
    const least = Math.max(0, ...all.map(({ manifest }) => manifest.sequence));
    const id = await deps.store.nextSequence(least);
    const startedMs = clock.now();
    return {
      ...{ id, reason, by, startedMs, state: "running", stage: "copying", share: 0 },
      ...{ file: null, error: null },
    };
  }

  async function begin(reason: Reason, by: string): Promise<{ job: Job; ended: Promise<Receipt> }> {
    if (database === null) throw new PerchError("conflict", ON_SERVER);
    const refusal = deps.refusal?.() ?? null;
    if (refusal !== null) throw refusal;
    if (beginning || job?.state === "running") {
      const since = job?.state === "running" ? `: ${Math.round(job.share * 100)} % are done` : "";
      throw new PerchError("conflict", `A backup is being made already${since}.`);
    }
    beginning = true;
    try {
      job = await prepare(reason, by);
    } catch (error) {
      if (failure?.code !== UNREADABLE) await noteFailure(codeOf(error), messageOf(error));
      throw error;
    } finally {
      beginning = false;
    }
    const ended = follow(database, job);
    running = ended.catch(() => {});
    return { job, ended };
  }

  async function cleanup(keepDays: number): Promise<Receipt[]> {
    const gone = toRemove(await list(), { keepDays, nowMs: clock.deletionMs() });
    for (const { file } of gone) {
      await removeNoted(folder, file, () => deps.onDeleted(file, "age"));
    }
    if (gone.length > 0) {
      log.info("old backups were deleted", { files: gone.map(({ file }) => file) });
    }
    return gone;
  }

  async function find(file: string): Promise<{ receipt: Receipt; path: string }> {
    const receipt = (await list()).find((one) => one.file === file);
    if (receipt !== undefined) return { receipt, path: join(folder, file) };
    throw new PerchError("not_found", `there is no backup "${file.slice(0, 200)}"`);
  }

  return {
    unavailable: database === null ? ON_SERVER : null,
    list,
    newest: () => newest,
    look,
    job: () => job === null ? null : { ...job },
    failure: () => failure,
    begin,
    run: async (reason, by) => await (await begin(reason, by)).ended,
    find,
    finishDeleting: () => finishDeleting(folder, (file) => deps.onDeleted(file, "meanwhile")),
    async remove(file, note) {
      const { receipt } = await find(file);
      if (file === newest?.file) {
        throw new PerchError("conflict", `${file} is the newest good backup: it stays.`);
      }
      await removeNoted(folder, file, () => note(receipt));
    },
    cleanup,
    async callOff(why) {
      calledOff = why;
      await worker.callOff();
      await running;
      calledOff = null;
    },
    async end() {
      ending = true;
      await worker.end();
      await running;
    },
  };
}
