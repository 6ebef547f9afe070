/** A report as names and texts, for the page and the command line. Pure. */
import { POWER_BITS } from "./power.ts";
import type { Quantity } from "./quantities.ts";
import type { HostReport } from "./report.ts";
import { YEARS_MOST } from "./writes.ts";
import { bytes, exact, number, withUnit } from "../../words/numbers.ts";
import { ago, span } from "../../words/times.ts";

/** What something is called and how it is; null: not measured. */
export type HostFact = readonly [name: string, text: string | null];

const percentText = (value: number) => `${number(value, 1)} %`;

/** A value of a quantity with its unit: amounts of bytes in a unit that fits. */
export function quantityText(
  { unit, decimals }: Pick<Quantity, "unit" | "decimals">,
  value: number,
): string {
  const amount = AMOUNTS[unit];
  if (amount === undefined) return withUnit(number(value, decimals), unit);
  return `${bytes(Math.round(value * amount.factor))}${amount.per}`;
}

const AMOUNTS: Record<string, { factor: number; per: string }> = {
  "MB": { factor: 1e6, per: "" },
  "MB/d": { factor: 1e6, per: " a day" },
  "kB/s": { factor: 1e3, per: "/s" },
};

/** Of a host whose disks are measured: what is written a day is said of half an hour at least. */
const NOT_YET = "not known yet, needs 30 min";

/** What is written to the disk a day, in words; null: not measured. */
export function writtenText({ writes, disks }: HostReport): string | null {
  if (writes.disk !== null) return `${bytes(writes.disk)} a day`;
  return disks.length > 0 ? NOT_YET : null;
}

/** What `text` makes of a value that is measured. */
function of<T>(value: T | null | undefined, text: (value: T) => string): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** Processor, memory, disk, heat. */
export function machineFacts(report: HostReport): HostFact[] {
  const { cpu, cores, load, memory, disk, temperatures, pressure, fans } = report;
  const several = temperatures.length > 1;
  return [
    [
      "CPU",
      of(
        cpu,
        ({ used_percent: used }) =>
          cores === null
            ? percentText(used)
            : `${percentText(used)} of ${cores} ${cores === 1 ? "core" : "cores"}`,
      ),
    ],
    ["Frequency", of(report.frequency_mhz, (mhz) => `${number(mhz, 0)} MHz`)],
    ["Load", of(load, (values) => values.map((value) => number(value, 2)).join(", "))],
    ["Memory", of(memory, (of) => `${percentText(of.used_percent)} of ${bytes(of.total_bytes)}`)],
    [
      "Swap",
      of(
        memory,
        ({ swap_total_bytes: total, swap_free_bytes: free }) =>
          total === 0 ? "none" : `${bytes(total - free)} of ${bytes(total)}`,
      ),
    ],
    [
      "Disk",
      of(
        disk,
        ({ used_percent, total_bytes, free_bytes }) =>
          `${percentText(used_percent)} of ${bytes(total_bytes)}, ${bytes(free_bytes)} free`,
      ),
    ],
    [
      "Temperature",
      temperatures.length === 0
        ? null
        : temperatures.map(({ name, celsius }) =>
          `${number(celsius, 1)} °C${several ? ` (${name})` : ""}`
        ).join(", "),
    ],
    ...fans.map(({ rpm }): HostFact => ["Fan", `${number(rpm, 0)} rpm`]),
    ["Waits for the disk", of(pressure?.io_percent, percentText)],
    ["Waits for the CPU", of(pressure?.cpu_percent, percentText)],
    ["Waits for memory", of(pressure?.memory_percent, percentText)],
    ["Running for", of(report.uptime_s, (s) => span(s * 1000))],
  ];
}

/** Conditions of the supply: whether each is so now, and was so since the boot. */
export function supplyFacts({ power }: HostReport) {
  return POWER_BITS.map(({ name, title }) => ({
    name,
    title,
    now: power?.[name as "throttled"] ?? null,
    sinceBoot: power?.since_boot[name as "throttled"] ?? null,
  }));
}

/** How long a card lasts, in words. */
export function lifeWords(years: number): string {
  if (years >= YEARS_MOST) return `more than ${YEARS_MOST} years`;
  if (years < 1) {
    const months = Math.max(1, Math.round(years * 12));
    return `about ${months} ${months === 1 ? "month" : "months"}`;
  }
  const whole = Math.round(years);
  return `about ${whole} ${whole === 1 ? "year" : "years"}`;
}

/** What the card is given a day, by whom, and what that means for its life. */
export function writtenFacts(report: HostReport): HostFact[] {
  const { writes, disks, perch } = report;
  const perDay = (value: number) => `${bytes(value)} a day`;
  const rest = writes.perch === null || writes.database === null
    ? null
    : Math.max(0, writes.perch - writes.database - (writes.pictures ?? 0));
  const worn = disks.find((one) => one.life_used_percent !== null)?.life_used_percent;
  // The parts are of the same half hour as the whole of Perch.
  const isYoung = writes.perch === null && perch.cpu_percent !== null;
  const part = (value: number | null) => of(value, perDay) ?? (isYoung ? "not known yet" : null);
  const everything = writtenText(report);
  return [
    ["Everything", everything],
    [
      "Usually",
      of(writes.usual, perDay) ?? (everything === null ? null : "not known yet, needs 3 days"),
    ],
    ["Perch", isYoung ? NOT_YET : of(writes.perch, perDay)],
    ["– its database", part(writes.database)],
    ...(writes.pictures === null
      ? []
      : [["– pictures of cameras", perDay(writes.pictures)] as const]),
    ["– logs, files, backups", part(rest)],
    ["Lasts", of(writes.years, lifeWords) ?? (everything === NOT_YET ? "not known yet" : null)],
    ["Life used", of(worn, (value) => `${number(value, 0)} %`)],
  ];
}

/** What the life of a card is reckoned with. */
export function ratingWords({ writes }: HostReport): string {
  return `for a new card that is rated for ${exact(writes.rated_tb)} TB and writes ` +
    `${exact(writes.amplification)} times as much inside as it is given`;
}

export function networkFacts({ network }: HostReport): HostFact[] {
  return network.flatMap((one): HostFact[] => [
    [
      one.name,
      of(one.up, (up) =>
        [
          up ? "up" : "down",
          of(one.speed_mbit, (mbit) => `${number(mbit, 0)} Mbit/s`),
          of(one.signal_dbm, (dbm) => `signal ${number(dbm, 0)} dBm`),
        ].filter((part) => part !== null).join(", ")),
    ],
    ["Received", of(one.received_bytes_per_s, (perS) => `${bytes(perS)}/s`)],
    ["Sent", of(one.sent_bytes_per_s, (perS) => `${bytes(perS)}/s`)],
  ]);
}

/** Perch itself. */
export function ownFacts({ perch, at_ms }: HostReport): HostFact[] {
  return [
    ["CPU", of(perch.cpu_percent, (value) => `${percentText(value)} of one core`)],
    ["Memory", of(perch.resident_bytes, bytes)],
    ["Its own of it", of(perch.anonymous_bytes, bytes)],
    [
      "Open files",
      of(
        perch.open_files,
        (files) =>
          perch.open_files_most === null
            ? String(files)
            : `${files} of ${number(perch.open_files_most, 0)}`,
      ),
    ],
    ["Threads", of(perch.threads, String)],
    ["Event loop lag", of(perch.event_loop_lag_ms, (ms) => `${number(ms, 1)} ms`)],
    ["Database", of(perch.database_bytes, bytes)],
    ["Its log (WAL)", of(perch.wal_bytes, bytes)],
    ["Last backup", perch.backup_ms === null ? "never" : ago(at_ms - perch.backup_ms)],
  ];
}
