import type { Clock } from "../../base/clock.ts";
import { createBoundedCalls } from "../../base/bounded_calls.ts";
import type { KernelFiles } from "../../base/kernel_files.ts";
import { cpuShares, type CpuTicks, niceShare, parseStat } from "../host/cpu.ts";
import { type Space, spaceOf } from "../host/disk.ts";
import { findSensors, type SensorFile } from "../host/sensors.ts";
import { parsed, readMemory, readTemperatures } from "../host/sources.ts";
import type { Facts } from "./decide.ts";

export interface SenseDeps {
  files: KernelFiles;
  clock: Clock;
  /** Absolute. */
  dataDir: string;
  /** For tests: instead of asking the file system of the data directory. */
  space?: (folder: string) => Promise<Space>;
}

/** Sensors come and go with modules of the kernel. */
const FIND_MS = 60_000;
/** None may only mean that a busy host answered too late: that is no reason to go without one for a minute. */
const FIND_AGAIN_MS = 1_000;
const SPACE_DEADLINE_MS = 1_000;

/** A light look at what can become tight: four small files, each with a deadline. Never fails. */
export function createSense({ files, clock, dataDir, space = spaceOf }: SenseDeps) {
  const calls = createBoundedCalls({ deadlineMs: SPACE_DEADLINE_MS, mostHanging: 2 });
  let ticks: CpuTicks | null = null;
  let sensors: readonly SensorFile[] = [];
  let findMs = -Infinity;
  let againMs = FIND_AGAIN_MS;

  async function cpu(): Promise<number | null> {
    const before = ticks;
    ticks = await parsed(files, "/proc/stat", parseStat);
    if (before === null || ticks === null) return null;
    const used = cpuShares(before, ticks)?.used;
    // What gives way to readings by itself is no need: imports, exports and reports would stop themselves.
    return used === undefined ? null : percent(Math.max(0, used - niceShare(before, ticks)!));
  }

  async function find(): Promise<void> {
    const all = (await findSensors(files)).temperatures;
    // The processor's alone: others may take a second each.
    const [first] = await readTemperatures(files, all);
    sensors = all.filter(({ name }) => name === first?.name);
    const isThere = first !== undefined;
    findMs = clock.monotonic() + (isThere ? FIND_MS : againMs);
    againMs = isThere ? FIND_AGAIN_MS : Math.min(againMs * 2, FIND_MS);
  }

  async function temperature(): Promise<number | null> {
    if (clock.monotonic() >= findMs) await find();
    const [first] = await readTemperatures(files, sensors);
    return first?.celsius ?? null;
  }

  return async (): Promise<Facts> => {
    const memory = await readMemory(files, []);
    const room = await calls.make("room", () => space(dataDir));
    return {
      cpu: await cpu(),
      memory: used(memory?.availableBytes, memory?.totalBytes),
      disk: used(room?.freeBytes, room?.totalBytes),
      temperature: await temperature(),
    };
  };
}

function used(free: number | undefined, total: number | undefined): number | null {
  return free === undefined || !total ? null : percent(1 - free / total);
}

const percent = (share: number | null | undefined) => share == null ? null : share * 100;
