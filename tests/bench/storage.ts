/** The storage layer alone: speed, bytes at rest and bytes written, beside one row per reading. */
import type { Clock } from "../../lib/base/clock.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import { openConnection } from "../../lib/db/connection.ts";
import { FLAG_ARRIVAL_TIME, type ReadingGroup } from "../../lib/readings/reading.ts";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  median,
} from "../support/bench.ts";
import { createPlant, type PlantOptions } from "../support/plant.ts";
import { openEngine } from "../support/storage.ts";

const GROUP = 1000;
const ROUNDS = 3;
const ROUND_GROUPS = 1500;
const ROW_GROUPS = 150;
/** Memory-backed folder of Linux: shows what the layer itself costs, without the disk's fsync. */
const MEMORY_FOLDER = "/dev/shm";

/**
 * Figures: readings/s durable in groups of 1 000, sealing included, on the disk of `--data` and in memory;
 * the same for one row per reading; bytes at rest per reading of white noise, with jitter of its times, and of noise
 * that remembers 0.9 of what it was, with and without what an empty database takes; start on an hour of unsealed journal; bytes
 * written per reading at 500/s.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const disk = await benchFolder(options);
  const memory = await benchFolder({ data: MEMORY_FOLDER }).catch(() => null);
  try {
    doing("fsync");
    const figures: Record<string, number> = { fsync_ms: await fsyncMs(disk.path) };
    Object.assign(figures, await speed(disk.path, ""));
    if (memory) Object.assign(figures, await speed(memory.path, "_in_memory"));
    doing("bytes at rest");
    const rest = memory?.path ?? disk.path;
    Object.assign(figures, await bytesAtRest(rest, "", {}));
    Object.assign(figures, await bytesAtRest(rest, "_jitter_2ms", { jitterMs: 2 }));
    Object.assign(figures, await bytesAtRest(rest, "_memory_0.9", { memory: 0.9 }));
    doing("start with an hour of unsealed journal");
    figures.restart_hour_of_journal_ms = await restartMs(disk.path, memory?.path ?? disk.path);
    for (const intervalMs of [50, 100, 250]) {
      doing(`bytes written, commits every ${intervalMs} ms`);
      const { written, storage } = await bytesWritten(disk.path, intervalMs);
      figures[`written_per_reading_${intervalMs}ms`] = written;
      figures[`write_bytes_per_reading_${intervalMs}ms`] = storage;
    }
    return { name: "storage", figures };
  } finally {
    await disk.remove();
    await memory?.remove();
  }
}

async function fsyncMs(folder: string): Promise<number> {
  const file = await Deno.open(`${folder}/fsync`, { create: true, write: true });
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const startMs = performance.now();
    file.writeSync(new Uint8Array(4096));
    file.syncDataSync();
    times.push(performance.now() - startMs);
  }
  file.close();
  return median(times);
}

async function speed(folder: string, suffix: string): Promise<Record<string, number>> {
  const packed: number[] = [];
  const rows: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const where = suffix === "" ? "on disk" : "in memory";
    doing(`one row per reading, ${where}`, round + 1, ROUNDS);
    rows.push(await rowsPerSecond(`${folder}/rows${round}.db`));
    doing(`readings in groups, ${where}`, round + 1, ROUNDS);
    packed.push(await packedPerSecond(`${folder}/packed${round}.db`));
  }
  return {
    [`readings_per_s${suffix}`]: Math.round(median(packed)),
    [`row_per_reading_per_s${suffix}`]: Math.round(median(rows)),
    [`ratio${suffix}`]: median(packed) / median(rows),
  };
}

async function packedPerSecond(path: string): Promise<number> {
  const plant = createPlant({ sensors: 100 });
  const groups = Array.from({ length: ROUND_GROUPS }, () => plant.next(GROUP));
  const engine = await openEngine({ url: `file:${path}` });
  const startMs = performance.now();
  for (const group of groups) await engine.store.append(group, []);
  const seconds = (performance.now() - startMs) / 1000;
  const { chunks } = await engine.store.stats();
  await engine.close();
  if (chunks < 100) throw new Error(`only ${chunks} chunks were sealed: the figure means nothing`);
  return ROUND_GROUPS * GROUP / seconds;
}

/** The ordinary design: one row per reading under a (sensor, time) key, one transaction per group. */
async function rowsPerSecond(path: string): Promise<number> {
  const plant = createPlant({ sensors: 100 });
  const groups = Array.from({ length: ROW_GROUPS }, () => plant.next(GROUP));
  const connection = await openConnection({ url: `file:${path}` });
  await connection.write([{
    sql: "CREATE TABLE readings (sensor INTEGER, t INTEGER, v REAL, PRIMARY KEY (sensor, t)) " +
      "WITHOUT ROWID",
  }]);
  const startMs = performance.now();
  for (const group of groups) await connection.write(rowStatements(group));
  const seconds = (performance.now() - startMs) / 1000;
  await connection.close();
  return ROW_GROUPS * GROUP / seconds;
}

/** Many rows per statement: the statement's own cost must not count against the rows. */
function rowStatements(group: ReadingGroup): SqlStatement[] {
  const statements: SqlStatement[] = [];
  const rowsAtOnce = 250;
  const sql = "INSERT INTO readings VALUES " +
    new Array(rowsAtOnce).fill("(?,?,?)").join(",");
  for (let from = 0; from < group.n; from += rowsAtOnce) {
    const args: number[] = [];
    for (let i = from; i < from + rowsAtOnce; i++) {
      args.push(group.sensor[i], group.tMs[i], group.value[i]);
    }
    statements.push({ sql, args });
  }
  return statements;
}

/**
 * Bytes of the database in use per sealed reading, all tables but the journal included; the part of it that an empty
 * database takes; and what readings take in `chunks`, their summaries and rows included.
 */
async function bytesAtRest(
  folder: string,
  suffix: string,
  noise: Pick<PlantOptions, "jitterMs" | "memory">,
): Promise<Record<string, number>> {
  const sensors = 10;
  const perSensor = 200_000;
  const engine = await openEngine({ url: `file:${folder}/rest${suffix}.db` });
  const { databaseBytes: emptyBytes } = await engine.store.stats();
  const plant = createPlant({ sensors, ...noise });
  for (let i = 0; i < sensors * perSensor / GROUP; i++) {
    await engine.store.append(plant.next(GROUP), []);
  }
  while (await engine.store.gather());
  const { readings, tailReadings } = await engine.store.stats();
  // The journal is not at rest: only what is sealed counts.
  await engine.connection.write([{ sql: "DELETE FROM journal_a" }, {
    sql: "DELETE FROM journal_b",
  }]);
  const { databaseBytes } = await engine.store.stats();
  await engine.close();
  const sealed = readings - tailReadings;
  return {
    [`bytes_at_rest${suffix}`]: databaseBytes / sealed,
    [`bytes_in_chunks${suffix}`]: (databaseBytes - emptyBytes) / sealed,
  };
}

/**
 * Bytes per reading at a steady 500 readings/s of 50 sensors, over one whole cycle of sealing and one turn
 * of the journal. The clock is a fake and commits follow each other at once: what each writes is the same.
 */
async function bytesWritten(
  folder: string,
  intervalMs: number,
): Promise<{ written: number; storage: number }> {
  let nowMs = 0;
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => nowMs,
    sleep: () => Promise.resolve(),
  };
  const perSecond = 500;
  const sensors = 50;
  const engine = await openEngine({ url: `file:${folder}/written${intervalMs}.db`, clock });
  const plant = createPlant({
    sensors,
    intervalMs: sensors * 1000 / perSecond,
    flags: FLAG_ARRIVAL_TIME,
  });
  const feed = async (readings: number, group: number) => {
    for (let i = 0; i < readings; i += group) {
      await engine.store.append(plant.next(group), []);
      nowMs += group * 1000 / perSecond;
    }
  };
  // Past the first hour, so that the journal turns and is freed within what is measured.
  await feed(1_700_000, GROUP);
  const cycle = sensors * 10_000;
  const from = processIo();
  await feed(cycle, perSecond * intervalMs / 1000);
  const to = processIo();
  await engine.close();
  return {
    written: (to.written - from.written) / cycle,
    storage: (to.storage - from.storage) / cycle,
  };
}

/** Time to ready on a journal of one hour at 500/s in groups of 50 ms, nothing of it sealed. */
async function restartMs(folder: string, fillFolder: string): Promise<number> {
  const sensors = 500;
  const readings = 1_800_000;
  const group = 25;
  const engine = await openEngine({ url: `file:${fillFolder}/hour.db` });
  const plant = createPlant({ sensors });
  for (let i = 0; i < readings; i += group) await engine.store.append(plant.next(group), []);
  await engine.close();
  await Deno.copyFile(`${fillFolder}/hour.db`, `${folder}/restart.db`);
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-read", "--allow-write", "--allow-net", "--allow-ffi"],
        ...["--allow-env=LIBSQL_JS_DEV", "--allow-sys=cpus,networkInterfaces,hostname"],
        `${import.meta.dirname}/storage/restart_child.ts`,
        `file:${folder}/restart.db`,
      ],
      stderr: "inherit",
    }).output();
    const { readyMs, tailReadings } = JSON.parse(new TextDecoder().decode(stdout));
    if (tailReadings !== readings) throw new Error(`only ${tailReadings} readings were unsealed`);
    times.push(readyMs);
  }
  return median(times);
}

function processIo(): { written: number; storage: number } {
  const text = Deno.readTextFileSync("/proc/self/io");
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)![1]);
  return { written: field("wchar"), storage: field("write_bytes") };
}
