/** What a busy day asks of a Perch beside its readings, again and again. */
import { until } from "../until.ts";
import { type PiSite, TRAINED } from "./site.ts";

/** How often each was done to its end. */
export interface Done {
  trainings: number;
  backups: number;
  reports: number;
  pages: number;
  queries: number;
  /** Of the live picture that somebody looks at. */
  picture_mb: number;
  /** Of all of them: how many ended with an error, which is said on standard error. */
  failed: number;
}

export interface Chores {
  /** Ends them, and resolves once what was begun is done. */
  stop(): Promise<Done>;
}

export interface ChoreTimes {
  /** From the end of one to the next. */
  trainingMs: number;
  backupMs: number;
  reportMs: number;
  pageMs: number;
  /** The longest that one of them may take. */
  patienceMs: number;
}

/** Begins all of them at once; one that failed is counted, and the next of its kind is tried. */
export function startChores(site: PiSite, camera: string, times: ChoreTimes): Chores {
  const done: Done = {
    trainings: 0,
    backups: 0,
    reports: 0,
    pages: 0,
    queries: 0,
    picture_mb: 0,
    failed: 0,
  };
  const ending = new AbortController();
  const { signal } = ending;
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      }
      signal.addEventListener("abort", end);
    });
  const failed = (name: string) => (error: unknown) => {
    done.failed++;
    console.error(`${name}: ${error}`);
  };
  const rows = ([
    [() => train(site, times.patienceMs), "trainings", times.trainingMs],
    [() => backup(site, times.patienceMs), "backups", times.backupMs],
    [() => report(site, times.patienceMs), "reports", times.reportMs],
    [() => read(site, "/", "text/html"), "pages", times.pageMs],
    [() => read(site, queryPath(), "application/json"), "queries", times.pageMs],
  ] as const).map(async ([chore, name, everyMs]) => {
    while (!signal.aborted) {
      await chore().then(() => done[name]++, failed(name));
      if (!signal.aborted) await pause(everyMs);
    }
  });
  const got = (bytes: number) => void (done.picture_mb += bytes / 1e6);
  rows.push(watch(site, camera, signal, got).catch(failed("the live picture")));
  return {
    async stop() {
      ending.abort();
      await Promise.all(rows);
      return done;
    },
  };
}

async function train(site: PiSite, patienceMs: number): Promise<void> {
  await site.json("POST", "/api/ai/retrain", { machine: TRAINED });
  await until("the end of a training", async () => {
    const { training } = await site.json("GET", "/api/ai/status");
    return training.length === 0 || null;
  }, patienceMs);
}

async function backup(site: PiSite, patienceMs: number): Promise<void> {
  await (await site.ask("POST", "/api/backups")).body?.cancel();
  await until("the end of a backup", async () => {
    const { job } = await site.json("GET", "/api/backups/state");
    if (job.state === "failed") throw new Error(`the backup failed: ${job.error}`);
    return job.state !== "running" || null;
  }, patienceMs);
}

async function report(site: PiSite, patienceMs: number): Promise<void> {
  const to = Date.now();
  const { id } = await site.json("POST", "/api/reports", {
    ...{ format: "pdf", from: to - 3_600_000, to },
  });
  await until("the end of a report", async () => {
    const { state, error } = await site.json("GET", `/api/reports/${id}`);
    if (state === "failed") throw new Error(`the report failed: ${error}`);
    return state === "done" || null;
  }, patienceMs);
  const file = await site.ask("GET", `/api/reports/${id}/file`);
  if ((await file.arrayBuffer()).byteLength < 1_000) throw new Error("the report is empty");
}

const queryPath = () =>
  `/api/readings?sensor=${TRAINED}/s0&from=${Date.now() - 2 * 86_400_000}&points=1000`;

async function read({ url, headers }: PiSite, path: string, accept: string): Promise<void> {
  const ask = () => fetch(url + path, { headers: { ...headers, accept } });
  // As browsers do: a connection that was kept may be closed in the moment in which it is used again.
  const answer = await ask().catch(ask);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
}

/** Looks at a camera's live picture until it is enough. */
async function watch(
  { url, headers }: PiSite,
  camera: string,
  signal: AbortSignal,
  got: (bytes: number) => void,
): Promise<void> {
  try {
    const stream = await fetch(`${url}/api/cameras/${camera}/stream`, { headers, signal });
    for await (const chunk of stream.body!) got(chunk.length);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
