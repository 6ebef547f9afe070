/**
 * A backup of a large plant by a running Perch while readings come in: how long it takes, to the end of its check, and
 * its restore; what it does to the acknowledgements, the log and the memory. `BENCH_MB` is the size of the database
 * (1 000; with `--quick` 100), `--minutes` the time without a backup, `BENCH_DISK_MB_S` a disk that is slow.
 */
import { dirname, join } from "node:path";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  quantile,
} from "../support/bench.ts";
import { perch as command } from "../support/command_line.ts";
import { addKey, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { filledHash } from "./backup/compare.ts";
import { fillPlant } from "./backup/fill.ts";
import { type Load, READINGS_PER_S, startLoad, storedBatches } from "./backup/load.ts";
import { type Most, watch } from "./backup/watch.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const POLL_MS = 100;
/** After its start Perch looks at so many chunks a second. */
const CHUNKS_PER_S = 640;
const SETTLE_MS = 10_000;
const SETTLE_QUICK_MS = 1_000;
const CARD_FSYNC_US = 5_000;

type Figures = BenchResult["figures"];

export async function run(options: BenchOptions): Promise<BenchResult> {
  const megabytes = Number(Deno.env.get("BENCH_MB") ?? (options.quick ? 100 : 1_000));
  const aloneMs = (options.minutes ?? (options.quick ? 0.25 : 1)) * 60_000;
  const folder = await benchFolder(options);
  try {
    const dataDir = join(folder.path, "data");
    await Deno.mkdir(dataDir);
    doing(`a plant of ${megabytes} MB`);
    const chunks = await fillPlant(dataDir, megabytes);
    doing("cp, gzip -1 and gzip -t of its database, for comparison");
    const plain = await plainSeconds(dataDir, folder.path);
    const before = await filledHash(dataDir, chunks);
    const settleMs = options.quick ? SETTLE_QUICK_MS : SETTLE_MS;
    const made = await measure(dataDir, settleMs + chunks / CHUNKS_PER_S * 1000, aloneMs);
    doing("perch restore into another folder");
    const to = join(folder.path, "restored");
    const restore_s = await restored(dataDir, made.file, to);
    doing("what was restored is compared");
    if (await filledHash(to, chunks) !== before) throw new Error("the restored plant is another");
    const batches = await batchesOf(to, made.headers);
    if (batches < made.acknowledged) {
      throw new Error(`${batches} batches were restored, ${made.acknowledged} were acknowledged`);
    }
    const { backup_s } = made.figures;
    const figures: Figures = {
      megabytes,
      chunks,
      readings_per_s: READINGS_PER_S,
      ...made.figures,
      restore_s,
      backup_mb_per_s: megabytes / backup_s,
      restore_mb_per_s: megabytes / restore_s,
      plain_s: plain,
      backup_to_plain: backup_s / plain,
      restored_batches: batches,
    };
    const load = Deno.loadavg().map((one) => one.toFixed(1)).join(" ");
    return { name: "backup", figures, notes: [`load of the host at the end: ${load}`] };
  } finally {
    await folder.remove();
  }
}

/** A copy of the database, and its compression and check, without Perch: on the disk, in seconds. */
async function plainSeconds(dataDir: string, folder: string): Promise<number> {
  const script = `cp "$1" "$2/copy" && sync "$2/copy" && gzip -1 <"$2/copy" >"$2/copy.gz" && ` +
    `sync "$2/copy.gz" && gzip -t "$2/copy.gz" && rm "$2/copy" "$2/copy.gz"`;
  const startMs = performance.now();
  const { success } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", join(dataDir, "perch.db"), folder],
  }).output();
  if (!success) throw new Error("cp and gzip failed");
  return (performance.now() - startMs) / 1000;
}

/** Perch with readings alone, during a backup, and alone again: the base is both times alone. */
async function measure(dataDir: string, settleMs: number, aloneMs: number) {
  const key = await addKey({ dataDir, role: "admin" });
  const headers = { authorization: `Bearer ${key}` };
  const perch = await startPerch({
    dataDir,
    env: { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn", ...await slowDisk(dirname(dataDir)) },
  });
  const load = startLoad(perch.url, headers);
  const watching = watch(perch.pid, join(dataDir, "perch.db"));
  try {
    doing("the start settles, with readings");
    await sleep(settleMs);
    load.take();
    watching.take();
    doing("readings alone");
    await sleep(aloneMs / 2);
    const alone = { ms: load.take(), ...watching.take() };
    doing("readings during a backup");
    const acknowledged = load.acknowledged();
    const { file, stages } = await backup(perch.url, headers);
    const during = { ms: load.take(), ...watching.take() };
    doing("readings alone again");
    await sleep(aloneMs / 2);
    alone.ms.push(...load.take());
    return {
      ...{ file, headers, acknowledged },
      figures: { ...stages, ...latencies(alone.ms, during.ms), ...memory(alone, during) },
    };
  } finally {
    watching.stop();
    await stop(load, perch);
  }
}

/** With `BENCH_DISK_MB_S` so many megabytes a second are read or written, and an fsync takes 5 ms more, as on a card. */
async function slowDisk(folder: string): Promise<Record<string, string>> {
  const megabytes = Deno.env.get("BENCH_DISK_MB_S");
  if (megabytes === undefined) return {};
  const library = join(folder, "slow_disk.so");
  const source = join(import.meta.dirname!, "backup/slow_disk.c");
  const { success } = await new Deno.Command("cc", {
    args: ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl", "-lpthread"],
  }).output();
  if (!success) throw new Error(`${source} could not be compiled`);
  return {
    LD_PRELOAD: library,
    DISK_BYTES_S: String(Number(megabytes) * 1e6),
    FSYNC_US: String(CARD_FSYNC_US),
  };
}

async function stop(load: Load, perch: { stop(): Promise<number> }): Promise<void> {
  try {
    await load.stop();
  } finally {
    await perch.stop();
  }
}

/** Makes one, to the end of its check; seconds of each stage and of all. */
async function backup(
  url: string,
  headers: Record<string, string>,
): Promise<{ file: string; stages: Figures & { backup_s: number } }> {
  const startMs = performance.now();
  const seconds: Record<string, number> = {};
  const begun = await fetch(`${url}/api/backups`, { method: "POST", headers });
  if (!begun.ok) throw new Error(await begun.text());
  await begun.body?.cancel();
  for (let last = startMs;;) {
    await sleep(POLL_MS);
    const { job } = await (await fetch(`${url}/api/backups/state`, { headers })).json();
    const now = performance.now();
    if (job.state === "failed") throw new Error(job.error);
    seconds[`${job.stage}_s`] = (seconds[`${job.stage}_s`] ?? 0) + (now - last) / 1000;
    last = now;
    if (job.state === "running") continue;
    return { file: job.backup, stages: { backup_s: (now - startMs) / 1000, ...seconds } };
  }
}

function latencies(alone: readonly number[], during: readonly number[]): Figures {
  const [base, meanwhile] = [quantile(alone, 0.99), quantile(during, 0.99)];
  return {
    ack_p50_alone_ms: quantile(alone, 0.5),
    ack_p50_during_ms: quantile(during, 0.5),
    ack_p99_alone_ms: base,
    ack_p99_during_ms: meanwhile,
    ack_p99_ratio: meanwhile / base,
    ack_longest_alone_ms: Math.max(...alone),
    ack_longest_during_ms: Math.max(...during),
  };
}

function memory(alone: Most, during: Most): Figures {
  return {
    rss_alone_mb: alone.rssMb,
    rss_during_mb: during.rssMb,
    rss_over_base_mb: during.rssMb - alone.rssMb,
    wal_alone_mb: alone.walMb,
    wal_during_mb: during.walMb,
  };
}

async function restored(dataDir: string, file: string, to: string): Promise<number> {
  const startMs = performance.now();
  const { code, err } = await command(dataDir, ["restore", file, "--to", to, "--yes"]);
  if (code !== 0) throw new Error(err);
  return (performance.now() - startMs) / 1000;
}

/** Batches that are there when Perch is started on what was restored. */
async function batchesOf(dataDir: string, headers: Record<string, string>): Promise<number> {
  const perch = await startPerch({
    dataDir,
    env: { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn" },
  });
  try {
    return await storedBatches(perch.url, headers);
  } finally {
    await perch.stop();
  }
}
