import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createTurns } from "../base/turns.ts";
import { createWake } from "../base/wake.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { Audited } from "../events/audit_change.ts";
import {
  afterEnd,
  endsPerch,
  type FileLimits,
  type JobRoom,
  lackOfRoom,
  toStart,
} from "./decide.ts";
import {
  type Job,
  type JobFile,
  type JobKind,
  type JobOrder,
  type JobOrders,
  type JobWorker,
} from "./job.ts";
import { createJobFiles } from "./job_files.ts";
import { createJobStore, type JobQuery, type KeptJob } from "./jobs_store.ts";
import { beginRun, Interruption, type Run } from "./run.ts";
import { createTidying, TIDY_MS } from "./tidying.ts";
import { watchRuns } from "./watch_runs.ts";

export interface JobsDeps {
  db: Database;
  clock: Clock & { deletionMs(): number };
  log: Log;
  /** Folder of the files, `<data>/jobs`. */
  folder: string;
  /** Why nothing is begun at the moment; null: it is. */
  refusal(): PerchError | null;
  room(): Promise<JobRoom>;
  limits(): FileLimits;
  /** Tells pages how a job is; not more than once a second of each. */
  publish(job: Job): void;
}

export interface Jobs extends JobOrders {
  /** Called once by the room that does the work of a kind. `load` is called when the first is begun. */
  register(kind: JobKind, load: () => Promise<JobWorker>): void;
  /** Newest first, without what is long. @throws PerchError `validation` for a cursor that is none */
  list(kind: JobKind, query: JobQuery): Promise<PageOf<Job>>;
  /** @throws PerchError `not_found` */
  need(kind: JobKind, id: string): Promise<Job>;
  /** Ends what waits or runs. @throws PerchError `not_found`, `conflict`: it has ended */
  cancel(kind: JobKind, id: string, audited: Audited): Promise<Job>;
  /** Row and file. @throws PerchError `not_found`, `conflict`: it has not ended */
  remove(kind: JobKind, id: string, audited: Audited): Promise<void>;
  /** Notes what became of the result of a job, in the transaction of that. */
  noted(id: string, result: Record<string, unknown>): SqlStatement;
  /** Its file. @throws PerchError `not_found` */
  open(kind: JobKind, id: string): Promise<JobFile & { path: string }>;
  /** All of a file, which should not be large; null: it is gone. */
  read(kind: JobKind, id: string): Promise<Uint8Array | null>;
  /** Called with every job that has ended. Must not throw. */
  onEnd(listener: (job: Job) => void): void;
  /** Nothing is done as long as this is true; what was under way begins again. */
  rest(isResting: boolean): Promise<void>;
  /** One of a kind is under way, or will be next. */
  isOpen(kind: JobKind): Promise<boolean>;
  /** How many wait and run, and what is wrong with keeping their files. */
  counts(): { waiting: number; running: number; trouble: string | null };
  readonly task: Task;
}

const MOST_WAITING = 20;
/** While something is under way. */
const TICK_MS = 1_000;
/** While something waits for what keeps it from being done. */
const WAITING_MS = 10_000;
const CANCEL_MS = 5_000;
const ID_LENGTH = 16;

/** Long work: ordered, done in turn, kept with its end and its file. */
export function createJobs(deps: JobsDeps): Jobs {
  const { db, clock, log } = deps;
  const store = createJobStore(db);
  const files = createJobFiles(deps.folder);
  const wake = createWake(clock);
  const inTurn = createTurns();
  const loaders = new Map<JobKind, () => Promise<JobWorker>>();
  const runs = new Map<string, Run>();
  const listeners: ((job: Job) => void)[] = [];
  let waiting = 0;
  let resting = false;
  const tidying = createTidying({
    ...{ db, store, files, clock, log, limits: deps.limits },
    running: () => new Set(runs.keys()),
  });

  const seen = (kept: KeptJob): Job => {
    const { num: _, stored: __, remembered: ___, ...job } = kept;
    return kept.state === "running" ? runs.get(kept.id)?.now() ?? job : job;
  };

  async function needKept(kind: JobKind, id: string): Promise<KeptJob> {
    const kept = await store.find(kind, id);
    if (kept !== null) return kept;
    throw new PerchError("not_found", `there is no ${kind} "${id.slice(0, 80)}"`);
  }

  async function order({ kind, title, options, by, audited, also = [] }: JobOrder): Promise<Job> {
    if (!loaders.has(kind)) throw new PerchError("unavailable", `no ${kind} can be made here`);
    const refusal = deps.refusal();
    if (refusal !== null) throw refusal;
    const lack = lackOfRoom(await deps.room());
    if (lack !== null) throw new PerchError("storage_full", lack);
    const open = await store.open();
    const ahead = open.filter(({ state }) => state === "waiting").length;
    if (ahead >= MOST_WAITING) {
      throw new PerchError("conflict", `${ahead} jobs wait already: cancel one, or wait`);
    }
    const id = randomId(ID_LENGTH);
    const entry = { action: `${kind}.create`, resource: `${kind}:${id}` };
    await db.write([
      store.add({ id, kind, title, options, by, createdMs: clock.now() }),
      audited({ ...entry, after: { title, ...options }, adds: [`jobs:${kind}`] }),
      ...also,
    ]);
    waiting = ahead + 1;
    wake.now();
    return seen(await needKept(kind, id));
  }

  /** Tells who follows it. */
  async function tell(kind: JobKind, id: string): Promise<void> {
    const kept = await store.find(kind, id);
    if (kept === null) return;
    const job = seen(kept);
    deps.publish(job);
    if (["done", "failed", "cancelled"].includes(job.state)) {
      for (const listener of listeners) listener(job);
    }
  }

  /** What ran when Perch ended runs again, unless it is what ends Perch. */
  async function recover(): Promise<void> {
    for (const kept of await store.open()) {
      const { id, kind, state, progress, title } = kept;
      if (state !== "running" || runs.has(id)) continue;
      const remembered = afterEnd(kept.remembered, progress?.share ?? null);
      await files.giveUp(id);
      if (!endsPerch(remembered)) {
        await db.write([store.putBack(id, progress, remembered)]);
        log.info(`${title}: Perch ended meanwhile; it is done again`, { id });
        continue;
      }
      const error = "Perch ended again and again while this was being done, so it is not tried " +
        "any more. Order it anew with less; the log says how Perch ended.";
      const end = { state: "failed", result: null, file: null, error } as const;
      await db.write([store.end(id, "running", { ...end, finishedMs: clock.now() })]);
      log.error(`${title} is not tried any more: Perch ended again and again meanwhile`, { id });
      await tell(kind, id);
    }
  }

  async function startDue(): Promise<void> {
    const open = (await store.open()).filter(({ state, kind }) =>
      state === "waiting" && loaders.has(kind)
    );
    waiting = open.length;
    if (resting || deps.refusal() !== null) return;
    for (const kept of toStart(open, [...runs.values()].map((run) => run.kept))) {
      const startedMs = clock.now();
      const [{ rowsAffected }] = await db.write([store.start(kept.id, startedMs)]);
      waiting--;
      if (rowsAffected === 0) continue;
      const started: KeptJob = { ...kept, state: "running", startedMs };
      const run = beginRun(started, loaders.get(kept.kind)!, {
        ...{ db, store, files, clock, log, publish: deps.publish },
      });
      runs.set(kept.id, run);
      deps.publish(run.now());
      run.ended.then(async () => {
        if (runs.get(kept.id) === run) runs.delete(kept.id);
        tidying.soon();
        wake.now();
        await tell(kept.kind, kept.id);
      }).catch((error) => log.warn("the end of a job was not told", { error }));
    }
  }

  function interruptAll(message: string): void {
    for (const run of runs.values()) run.interrupt(new Interruption("put back", message));
  }

  /** Gives the run that is to end; null: none. */
  async function cancel(kind: JobKind, id: string, audited: Audited): Promise<Run | null> {
    const kept = await needKept(kind, id);
    const { state, title } = kept;
    const entry = audited({
      action: `${kind}.cancel`,
      resource: `${kind}:${id}`,
      after: { title },
    });
    if (state !== "waiting" && state !== "running") throw hasEnded(kept);
    const end = { state: "cancelled", result: null, file: null, error: null } as const;
    const [{ rowsAffected }] = await db.write([
      store.end(id, state, { ...end, finishedMs: clock.now() }),
      entry,
    ]);
    // It began, or ended, in this very moment.
    if (rowsAffected === 0) return await cancel(kind, id, audited);
    const run = runs.get(id) ?? null;
    if (run === null) await tell(kind, id);
    run?.interrupt(new Interruption("cancelled", "it was cancelled"));
    wake.now();
    return run;
  }

  async function remove(kind: JobKind, id: string, audited: Audited): Promise<void> {
    const { title, state, stored } = await needKept(kind, id);
    if (state === "waiting" || state === "running") {
      throw new PerchError("conflict", `it is still ${state}: cancel it first`);
    }
    await db.write([
      store.remove(id),
      audited({ action: `${kind}.delete`, resource: `${kind}:${id}`, before: { title, state } }),
    ]);
    if (stored !== null) await files.remove(stored);
  }

  async function open(kind: JobKind, id: string): Promise<JobFile & { path: string }> {
    const { file, stored, state } = await needKept(kind, id);
    const found = stored === null ? null : await files.path(stored);
    if (file !== null && found !== null) return { ...file, ...found };
    const why = state === "done" && file === null
      ? "its file was removed, because it was too old or there were too many"
      : "it has no file";
    throw new PerchError("not_found", why);
  }

  return {
    register: (kind, load) => void loaders.set(kind, load),
    order: (ordered) => inTurn(() => order(ordered)),
    async find(kind, id) {
      const kept = await store.find(kind, id);
      return kept === null ? null : seen(kept);
    },
    need: async (kind, id) => seen(await needKept(kind, id)),
    async list(kind, query) {
      const { items, next } = await store.list(kind, query);
      return { items: items.map(seen), next };
    },
    async cancel(kind, id, audited) {
      const run = await inTurn(() => cancel(kind, id, audited));
      const late = new AbortController();
      await Promise.race([run?.ended, clock.sleep(CANCEL_MS, late.signal).catch(() => {})]);
      late.abort();
      return seen(await needKept(kind, id));
    },
    remove: (...given) => inTurn(() => remove(...given)),
    async read(kind, id) {
      const found = await open(kind, id).catch((error) => {
        if (error instanceof PerchError && error.code === "not_found") return null;
        throw error;
      });
      return found === null ? null : await Deno.readFile(found.path);
    },
    noted: store.noted,
    open,
    onEnd: (listener) => void listeners.push(listener),
    async rest(isResting) {
      resting = isResting;
      if (isResting) {
        interruptAll("the host is in need");
        await Promise.all([...runs.values()].map(({ ended }) => ended));
      }
      wake.now();
    },
    isOpen: async (kind) => !resting && (await store.open()).some((job) => job.kind === kind),
    counts: () => ({ waiting, running: runs.size, trouble: tidying.trouble() }),
    task: {
      name: "jobs",
      async run(signal) {
        await recover();
        try {
          for (;;) {
            await startDue();
            await watchRuns(runs, { ...deps, written: files.written });
            await tidying.ifDue(inTurn);
            const restMs = runs.size > 0 ? TICK_MS : waiting > 0 ? WAITING_MS : TIDY_MS;
            await wake.sleep(restMs, signal);
          }
        } finally {
          interruptAll("Perch is stopping");
          await Promise.all([...runs.values()].map(({ ended }) => ended));
        }
      },
    },
  };
}

function hasEnded({ state, kind }: KeptJob): PerchError {
  return new PerchError("conflict", `this ${kind} has ended already: ${state}`);
}
