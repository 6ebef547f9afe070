/** A report out of a sample and what else is known. Pure. */
import { bytes, exact, number } from "../../words/numbers.ts";
import { type Severity, severityRank } from "../../words/severity.ts";
import { CAUSES } from "../emergency/decide.ts";
import type { Need } from "../emergency/emergency.ts";
import { valueWords } from "../emergency/words.ts";
import type { HostPower, HostSample } from "../host_sample.ts";
import { lifeWords } from "./facts.ts";
import type { HostTrouble } from "./notices.ts";
import { powerTrouble } from "./power.ts";
import { type Observed, QUANTITIES, type Quantity } from "./quantities.ts";
import type { HostReport, HostWrites } from "./report.ts";
import { type CardRating, hasDoubled, type WriteTrend, yearsLeft } from "./writes.ts";

export type Level = "normal" | "warning" | "critical";

/** How a value is by the limits of its sensor. */
export interface Judged {
  /** What has to last a while first counts once it has. */
  level: Level;
  /** It is beyond a limit now. */
  isBeyond: boolean;
}

/** What a report is made of beside the sample. */
export interface ReportFacts {
  observed: Observed;
  trend: WriteTrend;
  /** Bytes of the last 24 hours. */
  perch: number | null;
  database: number | null;
  pictures: number | null;
  rating: CardRating;
  trouble: HostTrouble;
  backupMs: number | null;
  levelOf: (quantity: Quantity, value: number) => Judged;
  /** Why the host is in need; null or absent: it is not. */
  need?: Need | null;
}

export function makeReport(facts: ReportFacts): HostReport {
  const { observed: { sample, own }, rating, trend } = facts;
  const { cpu, memory, disk, process, pressure } = sample;
  const writes: HostWrites = {
    disk: round(trend.day),
    usual: round(trend.usual),
    perch: round(facts.perch),
    database: round(facts.database),
    pictures: round(facts.pictures),
    rated_tb: rating.ratedTb,
    amplification: rating.amplification,
    years: round(yearsLeft(trend.day, rating), 2),
  };
  const problems = problemsOf(facts);
  const status = statusOf(sample, problems);
  return {
    at_ms: sample.atMs,
    status,
    sentence: sentenceOf(sample, writes, problems, facts.need ?? null),
    problems,
    model: sample.model,
    system: sample.system,
    uptime_s: sample.uptimeS,
    cores: sample.cores,
    frequency_mhz: sample.frequencyMhz,
    load: sample.load === null ? null : [...sample.load],
    cpu: cpu && {
      used_percent: percent(cpu.used),
      iowait_percent: percent(cpu.iowait),
      steal_percent: percent(cpu.steal),
    },
    memory: memory && {
      used_percent: usedOf(memory.totalBytes, memory.availableBytes),
      total_bytes: memory.totalBytes,
      available_bytes: memory.availableBytes,
      swap_total_bytes: memory.swapTotalBytes,
      swap_free_bytes: memory.swapFreeBytes,
      zram_bytes: memory.zramBytes,
    },
    disk: disk && {
      used_percent: usedOf(disk.totalBytes, disk.freeBytes),
      total_bytes: disk.totalBytes,
      free_bytes: disk.freeBytes,
      inodes: disk.inodes,
      inodes_free: disk.inodesFree,
      read_only: disk.readOnly,
    },
    temperatures: sample.temperatures.map(({ name, celsius }) => ({
      name,
      celsius: round(celsius, 1),
    })),
    power: sample.power && {
      ...conditionsOf(sample.power),
      since_boot: conditionsOf(sample.power.sinceBoot),
    },
    pressure: pressure && {
      cpu_percent: percent(pressure.cpu),
      io_percent: percent(pressure.io),
      memory_percent: percent(pressure.memory),
    },
    network: sample.network.map((one) => ({
      name: one.name,
      up: one.up,
      received_bytes_per_s: round(one.receivedBytesPerS),
      sent_bytes_per_s: round(one.sentBytesPerS),
      speed_mbit: one.speedMbit,
      signal_dbm: one.signalDbm,
    })),
    disks: sample.blocks.map((one) => ({
      name: one.name,
      written_bytes: one.writtenBytes,
      read_bytes: one.readBytes,
      busy_percent: percent(one.busy),
      life_used_percent: percent(
        sample.wear.find(({ name }) => name === one.name)?.lifeUsed ?? null,
      ),
    })),
    fans: sample.fans.map(({ name, rpm }) => ({ name, rpm })),
    writes,
    perch: {
      resident_bytes: process?.residentBytes ?? null,
      anonymous_bytes: process?.anonymousBytes ?? null,
      cpu_percent: percent(process?.cpu ?? null),
      open_files: process?.openFiles ?? null,
      open_files_most: process?.openFilesMost ?? null,
      threads: process?.threads ?? null,
      event_loop_lag_ms: round(own.loopLagMs, 1),
      database_bytes: own.databaseBytes,
      wal_bytes: own.walBytes,
      backup_ms: facts.backupMs,
    },
  };
}

/** How a value is by the limits that a new sensor has. Whether it has lasted is not known. */
export function presetLevel({ limits }: Quantity, value: number): Judged {
  if (limits === undefined) return { level: "normal", isBeyond: false };
  const { warning_high, critical_high, delay_ms = 0 } = limits;
  const isBeyond = value >= warning_high;
  const level = !isBeyond || delay_ms > 0
    ? "normal"
    : value >= critical_high
    ? "critical"
    : "warning";
  return { level, isBeyond };
}

function usedOf(total: number, free: number): number {
  return total === 0 ? 0 : percent(1 - free / total);
}

/** As many decimals as are shown; null stays. */
function round<T extends number | null>(value: T, decimals = 0): T {
  return value === null ? value : Number(value.toFixed(decimals)) as T;
}

function percent<T extends number | null>(share: T): T {
  return share === null ? share : round(share * 100 as T, 1);
}

function conditionsOf(power: Omit<HostPower, "sinceBoot">) {
  return {
    under_voltage: power.underVoltage,
    frequency_capped: power.frequencyCapped,
    throttled: power.throttled,
    soft_temperature_limit: power.softTemperatureLimit,
  };
}

/** What is wrong, the worst first. What has not lasted as long as its limit asks is no more than an info. */
function problemsOf(
  { observed, trouble, trend, levelOf, need }: ReportFacts,
): HostReport["problems"] {
  const problems: HostReport["problems"] = [];
  const add = (severity: Severity, text: string) => problems.push({ severity, text });
  if (need) add(need.isCalm ? "warning" : "critical", inNeed(need));
  for (const quantity of QUANTITIES) {
    const value = quantity.value(observed);
    // What the host is in need of is said.
    if (value === null || need?.causes.some((cause) => cause === quantity.name)) continue;
    const { level, isBeyond } = levelOf(quantity, value);
    const { title, decimals, unit } = quantity;
    const is = `at ${number(value, decimals)} ${unit}`;
    if (level !== "normal") {
      add(level, isBeyond ? `${title} is ${is}` : `${title} was beyond its limit, now ${is}`);
    } else if (isBeyond) add("info", nowWords(quantity, value) ?? `${title} is ${is}`);
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

/** `the processor is 98 % used`, of what a host can be in need of. */
function nowWords({ name }: Quantity, value: number): string | null {
  const cause = CAUSES.find((cause) => cause === name);
  return cause === undefined ? null : valueWords(cause, value);
}

const inNeed = ({ text, lasts }: Need) => `in need: ${text} (${lasts})`;

function statusOf(sample: HostSample, problems: HostReport["problems"]): HostReport["status"] {
  if (problems.some(({ severity }) => severity === "critical")) return "critical";
  if (problems.some(({ severity }) => severity === "warning")) return "warning";
  if (problems.length > 0) return "busy";
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
  need: Need | null,
): string {
  const name = /raspberry pi/i.test(sample.model ?? "") ? "This Pi" : "This host";
  const status = statusOf(sample, problems);
  if (status === "unknown") return `${name} is not measured`;
  const texts = problems.map(({ text }) => text);
  if (need !== null) {
    const others = texts.filter((text) => text !== inNeed(need));
    return `${name} is in need: ${[need.text, ...others].join("; ")}`;
  }
  const how = status === "fine"
    ? `${name} is fine`
    : `${name} ${status === "busy" ? "is busy" : "needs attention"}: ${texts.join("; ")}`;
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
