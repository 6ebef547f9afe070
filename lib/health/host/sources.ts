/** Asks for the files of each part of a sample and hands their texts to the parser. Nothing is kept here. */
import type { KernelFiles } from "../../base/kernel_files.ts";
import type { HostMemory, HostNetwork, HostSample, HostWear } from "../host_sample.ts";
import { groupFolder, judgeGroup } from "./group.ts";
import { bootIdOf, modelOf, systemOf } from "./identity.ts";
import { parseMeminfo, parseMmStat, zramIn } from "./memory.ts";
import { isUp, parseWireless, speedOf } from "./network.ts";
import { lineOf, wholeNumber } from "./number.ts";
import { parsePressure } from "./pressure.ts";
import {
  parseOpenFilesMost,
  parseProcessStat,
  parseProcessStatus,
  parseWrittenBytes,
} from "./process.ts";
import type { SensorFile } from "./sensors.ts";
import { celsiusOf, processorFirst } from "./temperatures.ts";
import { judgeWear } from "./wear.ts";

/** The text of a file as `parse` understands it; null when it is not there. */
export async function parsed<T>(
  files: KernelFiles,
  path: string,
  parse: (text: string) => T | null,
): Promise<T | null> {
  const text = await files.read(path);
  return text === null ? null : parse(text);
}

/** `zram`: names of the compressed disks that are used as swap. */
export async function readMemory(
  files: KernelFiles,
  zram: readonly string[],
): Promise<HostMemory | null> {
  let zramBytes: number | null = null;
  for (const name of zram) {
    const bytes = await parsed(files, `/sys/block/${name}/mm_stat`, parseMmStat);
    if (bytes !== null) zramBytes = (zramBytes ?? 0) + bytes;
  }
  const sizes = await parsed(files, "/proc/meminfo", parseMeminfo);
  return sizes === null ? null : { ...sizes, zramBytes };
}

export async function readZram(files: KernelFiles): Promise<string[]> {
  return await parsed(files, "/proc/swaps", zramIn) ?? [];
}

export async function readTemperatures(
  files: KernelFiles,
  sensors: readonly SensorFile[],
): Promise<HostSample["temperatures"]> {
  const found = [];
  for (const { name, path } of sensors) {
    const celsius = await parsed(files, path, celsiusOf);
    if (celsius !== null) found.push({ name, celsius });
  }
  return processorFirst(found);
}

export async function readFans(
  files: KernelFiles,
  sensors: readonly SensorFile[],
): Promise<HostSample["fans"]> {
  const found = [];
  for (const { name, path } of sensors) {
    const rpm = await parsed(files, path, wholeNumber);
    if (rpm !== null && rpm >= 0) found.push({ name, rpm });
  }
  return found;
}

export async function readPressure(files: KernelFiles): Promise<HostSample["pressure"]> {
  const cpu = await parsed(files, "/proc/pressure/cpu", parsePressure);
  const io = await parsed(files, "/proc/pressure/io", parsePressure);
  const memory = await parsed(files, "/proc/pressure/memory", parsePressure);
  return cpu === null && io === null && memory === null ? null : { cpu, io, memory };
}

/** Figures of this process; `cpuS`: seconds of a core since its start. Its limits: `readOpenFilesMost`. */
export async function readProcess(files: KernelFiles) {
  const stat = await parsed(files, "/proc/self/stat", parseProcessStat);
  const status = await parsed(files, "/proc/self/status", parseProcessStatus);
  const open = await files.list("/proc/self/fd");
  const writtenBytes = await parsed(files, "/proc/self/io", parseWrittenBytes);
  return status === null ? null : {
    ...status,
    cpuS: stat?.cpuS ?? null,
    writtenBytes,
    // One of them is the list's own.
    openFiles: open === null ? null : open.length - 1,
    threads: stat?.threads ?? null,
  };
}

export function readOpenFilesMost(files: KernelFiles): Promise<number | null> {
  return parsed(files, "/proc/self/limits", parseOpenFilesMost);
}

export function readGroupFolder(files: KernelFiles): Promise<string | null> {
  return parsed(files, "/proc/self/cgroup", groupFolder);
}

/** `folder`: what `readGroupFolder` says. */
export async function readGroup(
  files: KernelFiles,
  folder: string | null,
): Promise<HostSample["group"]> {
  if (folder === null) return null;
  const current = await files.read(`${folder}/memory.current`);
  if (current === null) return null;
  return judgeGroup(
    current,
    await files.read(`${folder}/memory.max`),
    await files.read(`${folder}/memory.events`),
  );
}

/** What an interface is, beside its counters. */
export async function readInterface(
  files: KernelFiles,
  name: string,
): Promise<Pick<HostNetwork, "up" | "speedMbit" | "carrierChanges">> {
  const folder = `/sys/class/net/${name}`;
  return {
    up: isUp(await files.read(`${folder}/operstate`)),
    speedMbit: speedOf(await files.read(`${folder}/speed`)),
    carrierChanges: wholeNumber(await files.read(`${folder}/carrier_changes`)),
  };
}

export async function readSignals(files: KernelFiles): Promise<Map<string, number>> {
  return await parsed(files, "/proc/net/wireless", parseWireless) ?? new Map();
}

/** Of the named disks those that say how worn they are. */
export async function readWear(
  files: KernelFiles,
  disks: readonly string[],
): Promise<HostWear[]> {
  const found: HostWear[] = [];
  for (const name of disks.filter((disk) => disk.startsWith("mmcblk"))) {
    const folder = `/sys/block/${name}/device`;
    const estimate = (kind: string) => files.read(`${folder}/device_life_time_est_typ_${kind}`);
    const lifeTime = await files.read(`${folder}/life_time`) ??
      `${await estimate("a") ?? ""} ${await estimate("b") ?? ""}`;
    const wear = judgeWear(name, { lifeTime, preEol: await files.read(`${folder}/pre_eol_info`) });
    if (wear !== null) found.push(wear);
  }
  return found;
}

export async function readWatchdog(files: KernelFiles): Promise<HostSample["watchdog"]> {
  const folder = "/sys/class/watchdog/watchdog0";
  const state = await parsed(files, `${folder}/state`, lineOf);
  if (state !== "active" && state !== "inactive") return null;
  return {
    state,
    timeoutS: await parsed(files, `${folder}/timeout`, wholeNumber),
    bootStatus: await parsed(files, `${folder}/bootstatus`, wholeNumber),
  };
}

export async function readIdentity(
  files: KernelFiles,
): Promise<Pick<HostSample, "bootId" | "model" | "system">> {
  const dmi = "/sys/class/dmi/id";
  return {
    bootId: await parsed(files, "/proc/sys/kernel/random/boot_id", bootIdOf),
    model: modelOf(
      await files.read("/sys/firmware/devicetree/base/model"),
      await files.read(`${dmi}/sys_vendor`),
      await files.read(`${dmi}/product_name`),
    ),
    system: await parsed(files, "/etc/os-release", systemOf),
  };
}
