import type { Clock } from "../../base/clock.ts";
import { createBoundedCalls } from "../../base/bounded_calls.ts";
import type { KernelFiles } from "../../base/kernel_files.ts";
import type { HostDisk, HostNetwork, HostSample } from "../host_sample.ts";
import { type DiskCounters, parseDiskstats } from "./blocks.ts";
import { parseLoad, parseStat, parseUptime } from "./cpu.ts";
import { isReadOnly, type Space, spaceOf } from "./disk.ts";
import { parseNetDev } from "./network.ts";
import { wholeNumber } from "./number.ts";
import { judgePower, NOTHING_SEEN } from "./power.ts";
import { type Counters, type InterfaceRates, ratesOf } from "./rates.ts";
import { findSensors, type SensorFiles } from "./sensors.ts";
import {
  parsed,
  readFans,
  readGroup,
  readGroupFolder,
  readIdentity,
  readInterface,
  readMemory,
  readOpenFilesMost,
  readPressure,
  readProcess,
  readSignals,
  readTemperatures,
  readWatchdog,
  readWear,
  readZram,
} from "./sources.ts";

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

/** What changes rarely. */
interface Slow {
  readMs: number;
  sensors: SensorFiles;
  zram: string[];
  /** Of the control group. */
  group: string | null;
  openFilesMost: number | null;
  /** Where the data directory really is. */
  folder: string;
  shown: Pick<HostSample, "wear" | "watchdog" | "bootId" | "model" | "system">;
}

/** What changes rarely is read this often. */
const SLOW_MS = 60_000;
const SPACE_DEADLINE_MS = 1_000;

/*
 * DESIGN. Files are asked for one after the other, so that a sample occupies one of the threads that all of Perch's
 * files share. Each that hangs costs its deadline once.
 */

/** Takes samples of the host. Shares and rates are counted from one sample to the next, by the monotonic clock. */
export function createCollector(deps: CollectorDeps): Collector {
  const { files, clock, dataDir } = deps;
  const space = deps.space ?? spaceOf;
  const calls = createBoundedCalls({ deadlineMs: SPACE_DEADLINE_MS, mostHanging: 2 });
  let before: Counters | null = null;
  let slow: Slow | null = null;
  let seen = NOTHING_SEEN;
  let running: Promise<HostSample> | null = null;

  async function disk(folder: string): Promise<HostDisk | null> {
    const room = await calls.make("room", () => space(folder));
    const readOnly = await parsed(files, "/proc/self/mounts", (text) => isReadOnly(text, folder));
    return room === null ? null : { ...room, readOnly };
  }

  async function rarely(disks: readonly DiskCounters[]): Promise<Slow> {
    const readMs = clock.monotonic();
    if (slow !== null && readMs - slow.readMs < SLOW_MS) return slow;
    return slow = {
      readMs,
      sensors: await findSensors(files),
      zram: await readZram(files),
      group: await readGroupFolder(files),
      openFilesMost: await readOpenFilesMost(files),
      folder: await calls.make("folder", () => Deno.realPath(dataDir)) ?? dataDir,
      shown: {
        wear: await readWear(files, disks.map(({ name }) => name)),
        watchdog: await readWatchdog(files),
        ...await readIdentity(files),
      },
    };
  }

  async function power({ underVoltage, throttled }: SensorFiles): Promise<HostSample["power"]> {
    const alarm = underVoltage === null ? null : await files.read(underVoltage);
    const bits = throttled === null ? null : await files.read(throttled);
    const judged = judgePower(alarm, bits, seen);
    seen = judged.seen;
    return judged.power;
  }

  async function counters() {
    const monotonicMs = clock.monotonic();
    const cpu = await parsed(files, "/proc/stat", parseStat);
    const disks = await parsed(files, "/proc/diskstats", parseDiskstats) ?? [];
    const interfaces = await parsed(files, "/proc/net/dev", parseNetDev) ?? [];
    const process = await readProcess(files);
    return { monotonicMs, cpu, disks, interfaces, processS: process?.cpuS ?? null, process };
  }

  async function take(): Promise<HostSample> {
    const { process, ...now } = await counters();
    const rates = ratesOf(before, now);
    before = now;
    const { sensors, zram, group, openFilesMost, folder, shown } = await rarely(now.disks);
    return {
      atMs: clock.now(),
      cpu: rates.cpu,
      cores: now.cpu?.cores ?? null,
      load: await parsed(files, "/proc/loadavg", parseLoad),
      frequencyMhz: await parsed(files, CPU_FREQUENCY, megahertz),
      memory: await readMemory(files, zram),
      disk: await disk(folder),
      temperatures: await readTemperatures(files, sensors.temperatures),
      power: await power(sensors),
      pressure: await readPressure(files),
      network: await network(rates.network),
      blocks: rates.blocks,
      fans: await readFans(files, sensors.fans),
      process: process === null
        ? null
        : { ...withoutTime(process), cpu: rates.process, openFilesMost },
      group: await readGroup(files, group),
      uptimeS: await parsed(files, "/proc/uptime", parseUptime),
      ...shown,
    };
  }

  async function network(rates: readonly InterfaceRates[]): Promise<HostNetwork[]> {
    const signals = await readSignals(files);
    const found: HostNetwork[] = [];
    for (const one of rates) {
      const state = await readInterface(files, one.name);
      found.push({ ...one, ...state, signalDbm: signals.get(one.name) ?? null });
    }
    return found;
  }

  return {
    sample: () => running ??= take().finally(() => void (running = null)),
  };
}

function withoutTime<T extends { cpuS: unknown }>({ cpuS: _, ...figures }: T): Omit<T, "cpuS"> {
  return figures;
}

const CPU_FREQUENCY = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq";

function megahertz(text: string): number | null {
  const kilohertz = wholeNumber(text);
  return kilohertz === null || kilohertz <= 0 ? null : Math.round(kilohertz / 1_000);
}
