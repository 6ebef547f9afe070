/**
 * A year of one sensor to 1 000 points: once of its 31.5 million readings (1 Hz), once of minutes, once of hours,
 * each asked by fresh processes. Beside it the same hours in a plain table with a GROUP BY, and the year of readings
 * in an odd number of points, for which there is no index.
 */
import { type BenchOptions, doing, median } from "../../support/bench.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { type OpenEngine, openEngine } from "../../support/storage.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/words/times.ts";

const START_MS = Date.UTC(2025, 0, 1);
const BLOCK = 48_000;
const PROCESSES = 3;

export async function tierFigures(
  folder: string,
  { quick }: BenchOptions,
): Promise<Record<string, number>> {
  const days = quick ? 40 : 365;
  const url = `file:${folder}/perch.db`;
  await fill(url, days);
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    doing("a year's query of a fresh process", i + 1, PROCESSES);
    runs.push(await child(url, days));
  }
  return Object.fromEntries(
    Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]),
  );
}

/** Sensor 1 as readings, 2 as minutes, 3 as hours; and a plain table of the hours. */
async function fill(url: string, days: number): Promise<void> {
  const clock = fakeClock(START_MS + (days + 30) * DAY_MS);
  const engine = await openEngine({ url, clock });
  const { store, connection } = engine;
  const nowMs = START_MS + days * DAY_MS;
  const retain = async (options: { keepMs: number; keepMinutesMs?: number }) => {
    while ((await store.retain({ nowMs, ...options })).more);
  };
  doing("filling a year of hours, then of minutes");
  await series(engine, 3, days, 20_000);
  await retain({ keepMs: 0, keepMinutesMs: 0 });
  await series(engine, 2, days, 1_000);
  await retain({ keepMs: 0 });
  doing("filling a year of readings, one a second");
  await series(engine, 1, days, 1_000);
  doing("summing up the hours");
  await clock.advance(HOUR_MS);
  while (await store.indexHours());
  await connection.write([{
    sql: "CREATE TABLE plain_hours (sensor INTEGER, t INTEGER, n INTEGER, min REAL, max REAL, " +
      "sum REAL, PRIMARY KEY (sensor, t)) WITHOUT ROWID",
  }]);
  const hours = days * 24;
  await connection.write(Array.from({ length: hours }, (_, i) => ({
    sql: "INSERT INTO plain_hours VALUES (1, ?, 3600, 20.1, 21.9, 75600.5)",
    args: [START_MS + i * HOUR_MS],
  })));
  await engine.close();
}

async function series(
  { store }: OpenEngine,
  sensor: number,
  days: number,
  stepMs: number,
): Promise<void> {
  const total = days * DAY_MS / stepMs;
  for (let from = 0; from < total; from += BLOCK) {
    const n = Math.min(BLOCK, total - from);
    const tMs = new Float64Array(n);
    const value = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const at = from + i;
      tMs[i] = START_MS + at * stepMs;
      value[i] = Math.round(2000 + 30 * Math.sin(at / 600) + ((at * 7919) % 97) / 3) / 100;
    }
    const block = { sensor: Uint32Array.of(sensor), n: Uint32Array.of(n), tMs, value };
    const importer = { name: `bench ${sensor}`, cursor: String(from), done: 0 };
    const { taken } = await store.importReadings({ ...block, importer });
    if (taken !== n) throw new Error(`${taken} of ${n} readings were taken`);
  }
}

async function child(url: string, days: number): Promise<Record<string, number>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-ffi",
      "--allow-env=LIBSQL_JS_DEV",
      "--allow-sys=cpus,networkInterfaces,hostname",
      `${import.meta.dirname}/tiers_child.ts`,
      url,
      String(START_MS),
      String(days),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the measuring process failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}
