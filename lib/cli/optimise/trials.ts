/** Short measured runs on this host. */
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { openStorage, type Storage } from "../../app/storage.ts";
import { systemClock } from "../../base/clock.ts";
import { createKernelFiles, type KernelFiles } from "../../base/kernel_files.ts";
import { silentLog } from "../../base/log.ts";
import { createCollector, HOST_ROOTS } from "../../health/host/collector.ts";
import { parseWrittenBytes } from "../../health/host/process.ts";
import { GroupBuilder } from "../../intake/builder.ts";

const SCRATCH = ".optimise-";
/** A scratch database with its log takes some ten of it. */
const ROOM_BYTES = 200_000_000;
const RUN_MS = 4_000;
const COMMITS_LEAST = 10;
const COMMITS_MOST = 300;
const SENSORS = 50;
const SAMPLES = 20;

/** Bytes that this process gave to the disk until now; null: the host does not say. */
export type Written = () => Promise<number | null>;

/** Commits into a database of its own beside the plant's. */
export interface CommitTrial {
  /**
   * Bytes that one commit of so many readings gives to the disk, its part of the checkpoint included; measured over
   * a few seconds. Null: this host does not count them.
   */
  bytesPerCommit(readings: number): Promise<number | null>;
}

/** Runs `use` with a scratch database in the data directory, which is removed after it. @throws a sentence why not */
export async function withCommitTrial<T>(
  dataDir: string,
  use: (trial: CommitTrial) => Promise<T>,
  commitsMost = COMMITS_MOST,
): Promise<T> {
  await removeScratch(dataDir);
  const { bavail, bsize } = await statfs(dataDir);
  if (bavail * bsize < ROOM_BYTES) {
    throw new Error(`a scratch database needs ${ROOM_BYTES / 1e6} MB of room in ${dataDir}`);
  }
  const files = createKernelFiles({ roots: ["/proc/self/io"] });
  const folder = join(dataDir, `${SCRATCH}${crypto.randomUUID()}`);
  await Deno.mkdir(folder, { mode: 0o700 });
  try {
    const storage = await openStorage({
      url: `file:${join(folder, "perch.db")}`,
      log: silentLog(),
    });
    try {
      return await use(createCommitTrial(storage, () => writtenBytes(files), commitsMost));
    } finally {
      await storage.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a run that was killed left. */
async function removeScratch(dataDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(dataDir)) {
    if (name.startsWith(SCRATCH)) await Deno.remove(join(dataDir, name), { recursive: true });
  }
}

async function writtenBytes(files: KernelFiles): Promise<number | null> {
  const text = await files.read("/proc/self/io");
  return text === null ? null : parseWrittenBytes(text);
}

export function createCommitTrial(
  { readings: store, checkpoint }: Pick<Storage, "readings" | "checkpoint">,
  written: Written,
  commitsMost: number,
): CommitTrial {
  const builder = new GroupBuilder();
  let tMs = Date.now();

  async function commit(readings: number): Promise<void> {
    for (let i = 0; i < readings; i++) {
      tMs++;
      builder.add(1 + tMs % SENSORS, Math.round(Math.random() * 1000) / 10, tMs, undefined, {
        tMs,
        suspect: false,
      });
    }
    await store.append(builder.take(), []);
  }

  return {
    async bytesPerCommit(readings) {
      // Pages that the run before began, and tables that the first commit makes.
      await commit(readings);
      await checkpoint(true);
      const before = await written();
      const startMs = performance.now();
      let commits = 0;
      const goesOn = () => commits < COMMITS_LEAST || performance.now() - startMs < RUN_MS;
      for (; commits < commitsMost && goesOn(); commits++) await commit(readings);
      await checkpoint(true);
      const after = await written();
      // A file system in memory counts nothing.
      if (before === null || after === null || after === before) return null;
      return (after - before) / commits;
    },
  };
}

/** CPU time in ms of one look at this host. */
export async function sampleCost(dataDir: string): Promise<number> {
  const files = createKernelFiles({ roots: HOST_ROOTS });
  const collector = createCollector({ files, clock: systemClock(), dataDir });
  // The first ones are slower, and look up what changes rarely.
  for (let i = 0; i < 5; i++) await collector.sample();
  const before = process.cpuUsage();
  for (let i = 0; i < SAMPLES; i++) await collector.sample();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / SAMPLES;
}
