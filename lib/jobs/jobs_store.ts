import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  inArray,
  isNotNull,
  lt,
  sql,
  statementOf,
} from "../db/orm.ts";
import { type JobRow, jobs } from "../db/schema/jobs.ts";
import { searchedPage } from "../db/searched.ts";
import type { Job, JobFile, JobKind, JobProgress, JobState } from "./job.ts";

/** What is remembered of a job beyond what people see of it. */
export interface Remembered {
  /** How often in a row Perch ended at the same place of it. */
  interrupted: number;
  /** How often altogether. */
  ended: number;
  /** How far it was when Perch ended the last time. */
  reached: number;
}

/** A job as it is kept. */
export interface KeptJob extends Job {
  num: number;
  /** Name of its file in the folder of the jobs. */
  stored: string | null;
  remembered: Remembered;
}

export interface EndOfJob {
  state: "done" | "failed" | "cancelled";
  result: Record<string, unknown> | null;
  file: (JobFile & { stored: string }) | null;
  error: string | null;
  finishedMs: number;
}

/** The table `jobs`. */
export interface JobStore {
  add(job: NewJob): SqlStatement;
  find(kind: JobKind, id: string): Promise<KeptJob | null>;
  /** Newest first, without what is long. @throws PerchError `validation` for a cursor that is none */
  list(kind: JobKind, query: JobQuery): Promise<PageOf<KeptJob>>;
  /** What waits or runs, oldest first. */
  open(): Promise<KeptJob[]>;
  /** Those that have a file, newest first. */
  withFile(): Promise<KeptJob[]>;
  /** A waiting one runs from now on. */
  start(id: string, startedMs: number): SqlStatement;
  /** Of one that runs. */
  progress(id: string, progress: JobProgress | null, remembered: Remembered): SqlStatement;
  /** One that ran waits again. */
  putBack(id: string, progress: JobProgress | null, remembered: Remembered): SqlStatement;
  /** One that was in this state; no row: it was not. */
  end(id: string, was: "waiting" | "running", end: EndOfJob): SqlStatement;
  /** The result of one that has ended. */
  noted(id: string, result: Record<string, unknown>): SqlStatement;
  /** It has no file any more. */
  dropFile(id: string): SqlStatement;
  /** One that has ended. */
  remove(id: string): SqlStatement;
  /** Those of a kind that ended and are older than its newest so many. */
  purge(kind: JobKind, keep: number): Promise<SqlStatement | null>;
}

export interface NewJob {
  id: string;
  kind: JobKind;
  title: string;
  options: Record<string, unknown>;
  by: string;
  createdMs: number;
}

export interface JobQuery extends PageQuery {
  state?: JobState;
  /** Words of what it is called, or of who ordered it. */
  search?: string;
}

const OPEN: JobState[] = ["waiting", "running"];
const ENDED: JobState[] = ["done", "failed", "cancelled"];
export const NOT_INTERRUPTED: Remembered = { interrupted: 0, ended: 0, reached: 0 };

export function createJobStore(db: Pick<Database, "query">): JobStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(jobs);
  const noFile = { file: null, fileName: null, fileType: null, fileBytes: null };
  return {
    add: (job) =>
      statementOf(
        build.insert(jobs).values({ ...job, state: "waiting", progress: null, result: null }),
      ),
    async find(kind, id) {
      const [row] = await all().where(and(eq(jobs.kind, kind), eq(jobs.id, id))).limit(1);
      return row === undefined ? null : jobOf(row);
    },
    async list(kind, { state, search, ...page }) {
      const rows = orm.select({ ...COLUMNS, ...SHORT, uid: jobs.id, id: jobs.num }).from(jobs);
      const wanted = [eq(jobs.kind, kind), state && eq(jobs.state, state)];
      const searched = { id: jobs.num, columns: [jobs.title, jobs.by] };
      const { items, next } = await searchedPage(
        orm,
        search,
        searched,
        (fits) => listPage(rows, jobs.num, [...wanted, fits], page),
      );
      return { items: items.map(({ uid, ...row }) => jobOf({ ...row, id: uid })), next };
    },
    open: async () =>
      (await all().where(inArray(jobs.state, OPEN)).orderBy(asc(jobs.num))).map(jobOf),
    withFile: async () =>
      (await all().where(isNotNull(jobs.file)).orderBy(desc(jobs.num))).map(jobOf),
    start: (id, startedMs) =>
      statementOf(
        build.update(jobs).set({ state: "running", startedMs })
          .where(and(eq(jobs.id, id), eq(jobs.state, "waiting"))),
      ),
    progress: (id, progress, remembered) =>
      statementOf(
        build.update(jobs).set({ progress: { ...progress, ...remembered } })
          .where(and(eq(jobs.id, id), eq(jobs.state, "running"))),
      ),
    putBack: (id, progress, remembered) =>
      statementOf(
        build.update(jobs).set({ state: "waiting", progress: { ...progress, ...remembered } })
          .where(and(eq(jobs.id, id), eq(jobs.state, "running"))),
      ),
    end: (id, was, { state, result, file, error, finishedMs }) =>
      statementOf(
        build.update(jobs).set({
          ...{ state, result, error, finishedMs },
          ...(file === null ? noFile : {
            file: file.stored,
            fileName: file.name,
            fileType: file.type,
            fileBytes: file.bytes,
          }),
        }).where(and(eq(jobs.id, id), eq(jobs.state, was))),
      ),
    noted: (id, result) => statementOf(build.update(jobs).set({ result }).where(eq(jobs.id, id))),
    dropFile: (id) => statementOf(build.update(jobs).set(noFile).where(eq(jobs.id, id))),
    remove: (id) =>
      statementOf(build.delete(jobs).where(and(eq(jobs.id, id), inArray(jobs.state, ENDED)))),
    async purge(kind, keep) {
      const [oldest] = await orm.select({ num: jobs.num }).from(jobs).where(eq(jobs.kind, kind))
        .orderBy(desc(jobs.num)).limit(1).offset(keep - 1);
      if (oldest === undefined) return null;
      const isOlder = and(eq(jobs.kind, kind), lt(jobs.num, oldest.num));
      const [first] = await orm.select({ num: jobs.num }).from(jobs).where(isOlder).limit(1);
      if (first === undefined) return null;
      return statementOf(build.delete(jobs).where(and(isOlder, inArray(jobs.state, ENDED))));
    },
  };
}

const COLUMNS = {
  kind: jobs.kind,
  title: jobs.title,
  options: jobs.options,
  state: jobs.state,
  progress: jobs.progress,
  result: jobs.result,
  file: jobs.file,
  fileName: jobs.fileName,
  fileType: jobs.fileType,
  fileBytes: jobs.fileBytes,
  error: jobs.error,
  by: jobs.by,
  createdMs: jobs.createdMs,
  startedMs: jobs.startedMs,
  finishedMs: jobs.finishedMs,
};

/** Lists leave out what may be megabytes of each: what becomes of ten thousand series. */
const SHORT = {
  options: sql<JobRow["options"]>`json_remove(${jobs.options}, '$.mapping')`.mapWith(jobs.options),
  result: sql<JobRow["result"]>`json_remove(${jobs.result}, '$.series', '$.rejected_lines')`
    .mapWith(jobs.result),
};

function jobOf(row: Omit<JobRow, "num"> & { num?: number }): KeptJob {
  const { file, fileName, fileType, fileBytes, progress, num = 0, ...job } = row;
  const { share, words, counts, ...remembered } = (progress ?? {}) as
    & Partial<JobProgress>
    & Partial<Remembered>;
  return {
    ...job,
    num,
    stored: file,
    file: file === null ? null : { name: fileName!, type: fileType!, bytes: fileBytes! },
    progress: words === undefined ? null : { share: share ?? null, words, counts: counts ?? {} },
    remembered: { ...NOT_INTERRUPTED, ...remembered },
  };
}
