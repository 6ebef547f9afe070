/** Queries over 30 days of 1-second data: a fresh process's first and the same again, through the worker and over HTTP. */
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  median,
} from "../support/bench.ts";
import { createPlant, PLANT_START_MS } from "../support/plant.ts";
import { openEngine } from "../support/storage.ts";
import { httpFigures, makeSite } from "./query/http.ts";

const DAYS = 30;
const READINGS = DAYS * 86_400;
const GROUP = 10_000;
const PROCESSES = 5;

/**
 * Figures in ms: 2.6 million readings to 1 000 points (`cold` is the median of first queries of fresh
 * processes, `warm` the median of 30 that follow), the last hour raw, last values of 50 sensors, and the
 * start of storage on this database; `http_…`: see `httpFigures`.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const folder = await benchFolder(options);
  try {
    const url = `file:${folder.path}/perch.db`;
    doing(`filling ${DAYS} days`);
    const key = await makeSite(folder.path, PLANT_START_MS - 1000);
    await fill(url);
    const runs: Record<string, number>[] = [];
    for (let i = 0; i < PROCESSES; i++) {
      doing("queries of a fresh process", i + 1, PROCESSES);
      runs.push(await child(url));
    }
    const figures: Record<string, number> = {};
    for (const key of Object.keys(runs[0])) figures[key] = median(runs.map((r) => r[key]));
    const [fromMs, toMs] = [PLANT_START_MS, PLANT_START_MS + READINGS * 1000];
    const asked = { dataDir: folder.path, key, fromMs, toMs, processes: PROCESSES };
    Object.assign(figures, await httpFigures(asked));
    return { name: "query", figures };
  } finally {
    await folder.remove();
  }
}

async function fill(url: string): Promise<void> {
  const engine = await openEngine({ url });
  const one = createPlant({ sensors: 1 });
  for (let i = 0; i < READINGS; i += GROUP) {
    await engine.store.append(one.next(Math.min(GROUP, READINGS - i)), []);
  }
  const others = createPlant({ sensors: 50, startMs: PLANT_START_MS + READINGS * 1000 });
  let lastGroup = 0;
  for (let i = 0; i < 200; i++) {
    lastGroup = (await engine.store.append(others.next(1000), [])).groupId;
  }
  // As after a month of running: small chunks are gathered, and detection has read everything.
  while (await engine.store.gather());
  await engine.store.moveCursor("detect", lastGroup, []);
  await engine.close();
}

async function child(url: string): Promise<Record<string, number>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-ffi",
      "--allow-env=LIBSQL_JS_DEV",
      "--allow-sys=cpus,networkInterfaces,hostname",
      `${import.meta.dirname}/query/child.ts`,
      url,
      String(PLANT_START_MS),
      String(READINGS),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the measuring process failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}
