/**
 * A backup of a large plant while readings are committed: how long it takes, to the end of its check, what it does to
 * the commits, and what memory it takes. `BENCH_MB` sets the size of the database (1 000; with `--quick` 100).
 */
import { join } from "node:path";
import { openStorage, type Storage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { openConnection } from "../../lib/db/connection.ts";
import { makePlant, MIGRATIONS, requestFor } from "../support/backup.ts";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  quantile,
} from "../support/bench.ts";
import { groupOf } from "../support/storage.ts";

const READINGS = 25;
const EVERY_MS = 50;
const ALONE_MS = 20_000;
const FIRST_MS = Date.UTC(2026, 0, 1);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(options: BenchOptions): Promise<BenchResult> {
  const megabytes = Number(Deno.env.get("BENCH_MB") ?? (options.quick ? 100 : 1_000));
  const folder = await benchFolder(options);
  try {
    doing(`a plant of ${megabytes} MB`);
    await fill(folder.path, megabytes);
    const storage = await openStorage({
      url: `file:${join(folder.path, "perch.db")}`,
      log: silentLog(),
    });
    try {
      return { name: "backup", figures: { megabytes, ...await measure(folder.path, storage) } };
    } finally {
      await storage.close();
    }
  } finally {
    await folder.remove();
  }
}

async function fill(folder: string, megabytes: number): Promise<void> {
  await makePlant(folder);
  const connection = await openConnection({
    url: `file:${join(folder, "perch.db")}`,
    synchronous: "off",
  });
  await connection.write([{ sql: "CREATE TABLE ballast (a BLOB)" }]);
  for (let i = 0; i < megabytes; i++) {
    const rows = Array.from({ length: 10 }, () => ({
      sql: "INSERT INTO ballast VALUES (randomblob(100000))",
    }));
    await connection.write(rows);
  }
  await connection.close();
}

async function measure(folder: string, storage: Storage): Promise<Record<string, number>> {
  const worker = createBackupWorker();
  const request = requestFor(folder, 1);
  doing("commits alone");
  const alone = await commitsDuring(storage, () => sleep(ALONE_MS));
  doing("commits during a backup");
  const memory: Record<string, number> = {};
  const during = await commitsDuring(storage, () =>
    worker.make(request, ({ stage }) => {
      memory[stage] = Math.max(memory[stage] ?? 0, Deno.memoryUsage().rss);
    }));
  doing("commits during an unpacking");
  const unpacking = await commitsDuring(storage, () =>
    worker.unpack({
      ...{ file: request.target, identity: null, mostBytes: 1e12, migrationsFolder: MIGRATIONS },
      target: join(folder, "unpacked"),
    }, () => {}));
  return {
    backup_s: during.seconds,
    unpack_s: unpacking.seconds,
    archive_mb: (await Deno.stat(request.target)).size / 1e6,
    commit_p50_alone_ms: quantile(alone.ms, 0.5),
    commit_p50_during_ms: quantile(during.ms, 0.5),
    commit_p99_alone_ms: quantile(alone.ms, 0.99),
    commit_p99_during_ms: quantile(during.ms, 0.99),
    commit_longest_ms: Math.max(...during.ms),
    wal_most_mb: during.walMostBytes / 1e6,
    ...Object.fromEntries(
      Object.entries(memory).map(([stage, most]) => [
        `memory_${stage}_mb`,
        (most - alone.rssMost) / 1e6,
      ]),
    ),
    memory_over_base_mb: (during.rssMost - alone.rssMost) / 1e6,
  };
}

/** Commits go on until the work is done. */
async function commitsDuring(storage: Storage, work: () => Promise<unknown>) {
  const ms: number[] = [];
  let rssMost = 0;
  let walMostBytes = 0;
  let isOver = false;
  const started = performance.now();
  const path = String((await storage.db.query({ sql: "PRAGMA database_list" })).rows[0][2]);
  const committing = (async () => {
    while (!isOver) {
      const begun = performance.now();
      const tMs = FIRST_MS + Math.round(begun);
      const readings = Array.from(
        { length: READINGS },
        (_, i) => ({ sensor: i + 1, tMs, value: i }),
      );
      await storage.readings.append(groupOf(readings), []);
      ms.push(performance.now() - begun);
      rssMost = Math.max(rssMost, Deno.memoryUsage().rss);
      walMostBytes = Math.max(walMostBytes, (await Deno.stat(`${path}-wal`)).size);
      await sleep(Math.max(0, EVERY_MS - (performance.now() - begun)));
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await committing;
  }
  const seconds = (performance.now() - started) / 1000;
  return { ms, rssMost, walMostBytes, seconds };
}
