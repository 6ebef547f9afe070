import type { Clock } from "../../base/clock.ts";
import { createBoundedCalls } from "../../base/bounded_calls.ts";
import type { KernelFiles } from "../../base/kernel_files.ts";
import type { HostBlock, HostDisk, HostMemory, HostProcess, HostSample } from "../host_sample.ts";
import { type DiskCounters, parseDiskstats } from "./blocks.ts";
import { cpuShares, type CpuTicks, parseLoad, parseStat, parseUptime } from "./cpu.ts";
import { isReadOnly, type Space, spaceOf } from "./disk.ts";
import { parseMeminfo, parseMmStat, zramIn } from "./memory.ts";
import { growth } from "./number.ts";
import {
  parseOpenFilesMost,
  parseProcessStat,
  parseProcessStatus,
  parseWrittenBytes,
} from "./process.ts";
import { findSensors, type SensorFile, type SensorFiles } from "./sensors.ts";
import { celsiusOf, processorFirst } from "./temperatures.ts";

/** What the reader of the kernel's files has to allow. */
export const HOST_ROOTS = ["/proc", "/sys", "/etc/os-release"] as const;

export interface CollectorDeps {
  /** Reads at least `HOST_ROOTS`. */
  files: KernelFiles;
  clock: Clock;
  /** Absolute. */
  dataDir: string;
  /** For tests: instead of asking the file system of the data directory. */
  space?: (folder: string) => Promise<Space>;
}

export interface Collector {
  /** Never fails: what cannot be read is null. Who asks while a sample is taken gets that one. */
  sample(): Promise<HostSample>;
}

/** Counters of the sample before. */
interface Before {
  monotonicMs: number;
  cpu: CpuTicks | null;
  disks: Map<string, DiskCounters>;
  processS: number | null;
}

/** Sensors come and go rarely: they are looked for this often. */
const LOOK_MS = 60_000;

/** Takes samples of the host. Shares and rates are counted from one sample to the next, by the monotonic clock. */
export function createCollector(deps: CollectorDeps): Collector {
  const { files, clock } = deps;
  const space = deps.space ?? spaceOf;
  const calls = createBoundedCalls({ deadlineMs: 1_000, mostHanging: 1 });
  let before: Before | null = null;
  let sensors: SensorFiles | null = null;
  let sensorsMs = -Infinity;
  let running: Promise<HostSample> | null = null;

  async function parsed<T>(path: string, parse: (text: string) => T | null): Promise<T | null> {
    const text = await files.read(path);
    return text === null ? null : parse(text);
  }

  async function memory(): Promise<HostMemory | null> {
    const sizes = await parsed("/proc/meminfo", parseMeminfo);
    if (sizes === null || sizes.swapTotalBytes === 0) return sizes;
    let zramBytes: number | null = null;
    for (const name of await parsed("/proc/swaps", zramIn) ?? []) {
      const bytes = await parsed(`/sys/block/${name}/mm_stat`, parseMmStat);
      if (bytes !== null) zramBytes = (zramBytes ?? 0) + bytes;
    }
    return { ...sizes, zramBytes };
  }

  async function disk(): Promise<HostDisk | null> {
    const room = await calls.make(deps.dataDir, () => space(deps.dataDir));
    const readOnly = await parsed("/proc/self/mounts", (text) => isReadOnly(text, deps.dataDir));
    return room === null ? null : { ...room, readOnly };
  }

  async function look(nowMs: number): Promise<SensorFiles> {
    if (sensors === null || nowMs - sensorsMs >= LOOK_MS) {
      sensors = await findSensors(files);
      sensorsMs = nowMs;
    }
    return sensors;
  }

  async function temperatures(of: readonly SensorFile[]) {
    const found = [];
    for (const { name, path } of of) {
      const celsius = await parsed(path, celsiusOf);
      if (celsius !== null) found.push({ name, celsius });
    }
    return processorFirst(found);
  }

  async function ownProcess(cpuOf: (processS: number) => number | null) {
    const stat = await parsed("/proc/self/stat", parseProcessStat);
    const status = await parsed("/proc/self/status", parseProcessStatus);
    const open = await files.list("/proc/self/fd");
    const limit = await parsed("/proc/self/limits", parseOpenFilesMost);
    const written = await parsed("/proc/self/io", parseWrittenBytes);
    const process: HostProcess | null = status === null ? null : {
      ...status,
      cpu: stat === null ? null : cpuOf(stat.cpuS),
      writtenBytes: written,
      // One of them is the list's own.
      openFiles: open === null ? null : open.length - 1,
      openFilesMost: limit,
      threads: stat?.threads ?? null,
    };
    return { process, processS: stat?.cpuS ?? null };
  }

  async function take(): Promise<HostSample> {
    const monotonicMs = clock.monotonic();
    const passedMs = before === null ? 0 : monotonicMs - before.monotonicMs;
    const per = (was: number | null | undefined, now: number) =>
      was === null || was === undefined || passedMs <= 0 ? null : growth(was, now);
    const [cpu, load, uptimeS, mem, space, found, disks, own] = await Promise.all([
      parsed("/proc/stat", parseStat),
      parsed("/proc/loadavg", parseLoad),
      parsed("/proc/uptime", parseUptime),
      memory(),
      disk(),
      look(monotonicMs),
      parsed("/proc/diskstats", parseDiskstats),
      ownProcess((processS) => {
        const grown = per(before?.processS, processS);
        return grown === null ? null : grown * 1_000 / passedMs;
      }),
    ]);
    const blocks = (disks ?? []).map((one): HostBlock => {
      const busy = per(before?.disks.get(one.name)?.busyMs, one.busyMs);
      return {
        name: one.name,
        writtenBytes: one.writtenBytes,
        readBytes: one.readBytes,
        busy: busy === null ? null : Math.min(1, busy / passedMs),
      };
    });
    const sample: HostSample = {
      atMs: clock.now(),
      cpu: cpu !== null && before?.cpu ? cpuShares(before.cpu, cpu) : null,
      cores: cpu !== null && cpu.cores > 0 ? cpu.cores : null,
      load,
      memory: mem,
      disk: space,
      temperatures: await temperatures(found.temperatures),
      power: null,
      pressure: null,
      network: [],
      blocks,
      wear: [],
      fans: [],
      process: own.process,
      group: null,
      watchdog: null,
      uptimeS,
      bootId: null,
      model: null,
      system: null,
    };
    before = {
      monotonicMs,
      cpu,
      disks: new Map((disks ?? []).map((one) => [one.name, one])),
      processS: own.processS,
    };
    return sample;
  }

  return {
    sample: () => running ??= take().finally(() => void (running = null)),
  };
}
