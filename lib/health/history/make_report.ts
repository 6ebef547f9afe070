/** A report out of a sample and what else is known. Pure. */
import { bytes, exact, number } from "../../words/numbers.ts";
import { type Severity, severityRank } from "../../words/severity.ts";
import type { HostPower, HostSample } from "../host_sample.ts";
import { lifeWords } from "./facts.ts";
import type { HostTrouble } from "./notices.ts";
import { powerTrouble } from "./power.ts";
import { type Observed, QUANTITIES, type Quantity } from "./quantities.ts";
import type { HostReport, HostWrites } from "./report.ts";
import { type CardRating, hasDoubled, type WriteTrend, yearsLeft } from "./writes.ts";

export type Level = "normal" | "warning" | "critical";

/** What a report is made of beside the sample. */
export interface ReportFacts {
  observed: Observed;
  trend: WriteTrend;
  /** Bytes of the last 24 hours. */
  perch: number | null;
  database: number | null;
  rating: CardRating;
  trouble: HostTrouble;
  backupMs: number | null;
  /** How a value is by the limits of its sensor. */
  levelOf: (quantity: Quantity, value: number) => Level;
}

export function makeReport(facts: ReportFacts): HostReport {
  const { observed: { sample, own }, rating, trend } = facts;
  const { cpu, memory, disk, process, pressure } = sample;
  const writes: HostWrites = {
    disk: trend.day,
    usual: trend.usual,
    perch: facts.perch,
    database: facts.database,
    rated_tb: rating.ratedTb,
    amplification: rating.amplification,
    years: yearsLeft(trend.day, rating),
  };
  const problems = problemsOf(facts);
  const status = statusOf(sample, problems);
  return {
    at_ms: sample.atMs,
    status,
    sentence: sentenceOf(sample, writes, problems),
    problems,
    model: sample.model,
    system: sample.system,
    uptime_s: sample.uptimeS,
    cores: sample.cores,
    frequency_mhz: sample.frequencyMhz,
    load: sample.load === null ? null : [...sample.load],
    cpu: cpu && { ...cpu },
    memory: memory && {
      used: usedOf(memory.totalBytes, memory.availableBytes),
      total_bytes: memory.totalBytes,
      available_bytes: memory.availableBytes,
      swap_total_bytes: memory.swapTotalBytes,
      swap_free_bytes: memory.swapFreeBytes,
      zram_bytes: memory.zramBytes,
    },
    disk: disk && {
      used: usedOf(disk.totalBytes, disk.freeBytes),
      total_bytes: disk.totalBytes,
      free_bytes: disk.freeBytes,
      inodes: disk.inodes,
      inodes_free: disk.inodesFree,
      read_only: disk.readOnly,
    },
    temperatures: sample.temperatures.map(({ name, celsius }) => ({ name, celsius })),
    power: sample.power && {
      ...conditionsOf(sample.power),
      since_boot: conditionsOf(sample.power.sinceBoot),
    },
    pressure: pressure && { ...pressure },
    network: sample.network.map((one) => ({
      name: one.name,
      up: one.up,
      received_bytes_per_s: one.receivedBytesPerS,
      sent_bytes_per_s: one.sentBytesPerS,
      speed_mbit: one.speedMbit,
      signal_dbm: one.signalDbm,
    })),
    disks: sample.blocks.map((one) => ({
      name: one.name,
      written_bytes: one.writtenBytes,
      read_bytes: one.readBytes,
      busy: one.busy,
      life_used: sample.wear.find(({ name }) => name === one.name)?.lifeUsed ?? null,
    })),
    fans: sample.fans.map(({ name, rpm }) => ({ name, rpm })),
    writes,
    perch: {
      resident_bytes: process?.residentBytes ?? null,
      anonymous_bytes: process?.anonymousBytes ?? null,
      cpu: process?.cpu ?? null,
      open_files: process?.openFiles ?? null,
      open_files_most: process?.openFilesMost ?? null,
      threads: process?.threads ?? null,
      event_loop_lag_ms: own.loopLagMs,
      database_bytes: own.databaseBytes,
      wal_bytes: own.walBytes,
      backup_ms: facts.backupMs,
    },
  };
}

/** How a value is by the limits that a new sensor has. What has to last a while first is not judged. */
export function presetLevel({ limits }: Quantity, value: number): Level {
  if (limits === undefined || (limits.delay_ms ?? 0) > 0) return "normal";
  const { warning_high, critical_high } = limits;
  return value >= critical_high ? "critical" : value >= warning_high ? "warning" : "normal";
}

function usedOf(total: number, free: number): number {
  return total === 0 ? 0 : 1 - free / total;
}

function conditionsOf(power: Omit<HostPower, "sinceBoot">) {
  return {
    under_voltage: power.underVoltage,
    frequency_capped: power.frequencyCapped,
    throttled: power.throttled,
    soft_temperature_limit: power.softTemperatureLimit,
  };
}

/** What is wrong, the worst first. */
function problemsOf({ observed, trouble, trend, levelOf }: ReportFacts): HostReport["problems"] {
  const problems: HostReport["problems"] = [];
  const add = (severity: Severity, text: string) => problems.push({ severity, text });
  for (const quantity of QUANTITIES) {
    const value = quantity.value(observed);
    if (value === null) continue;
    const level = levelOf(quantity, value);
    const { title, decimals, unit } = quantity;
    if (level !== "normal") add(level, `${title} is at ${number(value, decimals)} ${unit}`);
  }
  if (trouble.readOnly) add("critical", "the disk is mounted read-only, as a failing card is");
  const power = powerTrouble(observed.sample.power);
  if (power !== null) add("warning", power);
  if (trouble.kills > 0) add("warning", "the system ended a program for want of memory");
  if (hasDoubled(trend)) {
    add("warning", `the disk is given at least twice the usual (${bytes(trend.usual!)} a day)`);
  }
  return problems.sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
}

function statusOf(sample: HostSample, problems: HostReport["problems"]): HostReport["status"] {
  if (problems.some(({ severity }) => severity === "critical")) return "critical";
  if (problems.length > 0) return "warning";
  const { memory, disk, temperatures, process } = sample;
  const isMeasured = memory !== null || disk !== null || temperatures.length > 0 ||
    process !== null;
  return isMeasured ? "fine" : "unknown";
}

/** `This Pi is fine; 214 MB a day are written to its card, about 9 years if it is rated for 10 TB`. */
function sentenceOf(
  sample: HostSample,
  writes: HostWrites,
  problems: HostReport["problems"],
): string {
  const name = /raspberry pi/i.test(sample.model ?? "") ? "This Pi" : "This host";
  const status = statusOf(sample, problems);
  if (status === "unknown") return `${name} is not measured`;
  const how = status === "fine"
    ? `${name} is fine`
    : `${name} needs attention: ${problems.map(({ text }) => text).join("; ")}`;
  return writes.disk === null ? how : `${how}; ${writtenWords(sample, writes)}`;
}

function writtenWords({ blocks }: HostSample, { disk, years, rated_tb }: HostWrites): string {
  const card = blocks.length > 0 && blocks.every(({ name }) => name.startsWith("mmcblk"))
    ? "card"
    : "disk";
  const written = `${bytes(disk!)} a day are written to its ${card}`;
  if (years === null) return written;
  return `${written}, ${lifeWords(years)} if it is rated for ${exact(rated_tb)} TB`;
}
