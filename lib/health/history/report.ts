/** How the host is, as the API answers it and the page and the command draw it. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { SEVERITIES } from "../../words/severity.ts";

const measured = z.number().nullable();
const said = z.boolean().nullable();
const conditions = z.object({
  under_voltage: said,
  frequency_capped: said,
  throttled: said,
  soft_temperature_limit: said,
}).meta({ id: "PowerConditions" });

/** `busy`: something is beyond a limit that it has to be beyond for a while. */
export const HOST_STATUSES = ["fine", "busy", "warning", "critical", "unknown"] as const;
export type HostStatus = typeof HOST_STATUSES[number];

export const hostSummaryShape = z.object({
  at_ms: msField,
  status: z.enum(HOST_STATUSES),
  sentence: z.string(),
  problems: z.array(z.object({ severity: z.enum(SEVERITIES), text: z.string() })),
}).meta({ id: "HostSummary" });

export const hostWritesShape = z.object({
  disk: measured,
  usual: measured.describe("median of the two weeks before"),
  perch: measured,
  database: measured,
  pictures: measured.describe("of cameras"),
  rated_tb: z.number(),
  amplification: z.number(),
  years: measured.describe("an estimate"),
}).meta({
  id: "HostWrites",
  description: "Bytes a day, of the last 24 hours; null until there is half an hour of history",
});

export const hostReportShape = hostSummaryShape.extend({
  model: z.string().nullable(),
  system: z.string().nullable(),
  uptime_s: measured,
  cores: measured,
  frequency_mhz: measured,
  load: z.array(z.number()).nullable(),
  cpu: z.object({
    used_percent: z.number(),
    iowait_percent: z.number(),
    steal_percent: z.number(),
  }).nullable(),
  memory: z.object({
    used_percent: z.number(),
    total_bytes: z.number(),
    available_bytes: z.number(),
    swap_total_bytes: z.number(),
    swap_free_bytes: z.number(),
    zram_bytes: measured,
  }).nullable(),
  disk: z.object({
    used_percent: z.number(),
    total_bytes: z.number(),
    free_bytes: z.number(),
    inodes: z.number(),
    inodes_free: z.number(),
    read_only: said,
  }).nullable(),
  temperatures: z.array(z.object({ name: z.string(), celsius: z.number() })),
  power: conditions.extend({ since_boot: conditions }).meta({ id: "Power" }).nullable(),
  pressure: z.object({
    cpu_percent: measured,
    io_percent: measured,
    memory_percent: measured,
  }).nullable().meta({ description: "of the last 10 seconds, in which something had to wait" }),
  network: z.array(z.object({
    name: z.string(),
    up: said,
    received_bytes_per_s: measured,
    sent_bytes_per_s: measured,
    speed_mbit: measured,
    signal_dbm: measured,
  })),
  disks: z.array(z.object({
    name: z.string(),
    written_bytes: z.number(),
    read_bytes: z.number(),
    busy_percent: measured,
    life_used_percent: measured,
  })),
  fans: z.array(z.object({ name: z.string(), rpm: z.number() })),
  writes: hostWritesShape,
  perch: z.object({
    resident_bytes: measured,
    anonymous_bytes: measured,
    cpu_percent: measured.describe("of one core"),
    open_files: measured,
    open_files_most: measured,
    threads: measured,
    event_loop_lag_ms: measured,
    database_bytes: measured,
    wal_bytes: measured,
    backup_ms: msField.nullable(),
  }),
}).meta({ id: "HostReport", description: "null: not measured" });

export type HostReport = z.output<typeof hostReportShape>;
export type HostWrites = z.output<typeof hostWritesShape>;
