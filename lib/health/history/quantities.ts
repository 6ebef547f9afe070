/**
 * What of a sample is kept as readings. **A new one** is an entry here; its sensor is made with its first value.
 * One table: it is as long as there are quantities, and stays in one file.
 */
import type { SensorSettings } from "../../machines/sensor_settings.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { HostSample } from "../host_sample.ts";
import type { WriteRates } from "./writes.ts";

/** What Perch knows of itself without the kernel. */
export interface OwnSample {
  /** How late timers fire, 99th percentile of the last minute; null: not known. */
  loopLagMs: number | null;
  databaseBytes: number | null;
  /** Of the write-ahead log; null: the database is on a server. */
  walBytes: number | null;
  /** Of pictures that were written since the start; null: there is no camera. */
  pictureBytes: number | null;
}

/** A sample with what follows from it and the one before. */
export interface Observed {
  sample: HostSample;
  own: OwnSample;
  writes: WriteRates;
}

type Limits = Partial<Pick<SensorSettings, "hysteresis" | "delay_ms">> & {
  warning_high: number;
  critical_high: number;
};

export interface Quantity {
  /** Last level of the sensor's name; it never changes, ids follow from it. */
  name: string;
  title: string;
  unit: string;
  decimals: number;
  /** A chart shows at least such a part of the scale: less would make a cliff of nothing. */
  leastSpan?: number;
  /** Bytes a day: that of a moment says little, so a day's is shown where one number is. */
  isDaily?: boolean;
  /** Limits that a new sensor has; people change them like any others. */
  limits?: Limits;
  /** Null: not measured. */
  value(observed: Observed): number | null;
}

const percent = (share: number | null | undefined) => share == null ? null : share * 100;
const mega = (bytes: number | null | undefined) => bytes == null ? null : bytes / 1e6;
const kilo = (bytes: number | null | undefined) => bytes == null ? null : bytes / 1e3;

/** Short bursts are what a processor is for. */
const CPU_LIMITS = {
  warning_high: 85,
  critical_high: 95,
  hysteresis: 5,
  delay_ms: 5 * MINUTE_MS,
};
const SPACE_LIMITS = { warning_high: 90, critical_high: 95, hysteresis: 1 };
const HEAT_LIMITS = { warning_high: 70, critical_high: 80, hysteresis: 3, delay_ms: MINUTE_MS };

export const QUANTITIES: readonly Quantity[] = [
  {
    name: "cpu",
    title: "CPU",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    limits: CPU_LIMITS,
    value: ({ sample }) => percent(sample.cpu?.used),
  },
  {
    name: "cpu_iowait",
    title: "CPU waiting for the disk",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    value: ({ sample }) => percent(sample.cpu?.iowait),
  },
  {
    name: "memory",
    title: "Memory",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    limits: { ...SPACE_LIMITS, delay_ms: MINUTE_MS },
    value: ({ sample: { memory } }) =>
      memory === null || memory.totalBytes === 0
        ? null
        : percent(1 - memory.availableBytes / memory.totalBytes),
  },
  {
    name: "swap",
    title: "Swap",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    value: ({ sample: { memory } }) =>
      memory === null || memory.swapTotalBytes === 0
        ? null
        : percent(1 - memory.swapFreeBytes / memory.swapTotalBytes),
  },
  {
    name: "disk",
    title: "Disk",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    limits: SPACE_LIMITS,
    value: ({ sample: { disk } }) =>
      disk === null || disk.totalBytes === 0 ? null : percent(1 - disk.freeBytes / disk.totalBytes),
  },
  {
    name: "temperature",
    title: "Temperature",
    unit: "°C",
    decimals: 1,
    leastSpan: 5,
    limits: HEAT_LIMITS,
    value: ({ sample }) => sample.temperatures[0]?.celsius ?? null,
  },
  {
    name: "pressure_io",
    title: "Pressure, disk",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    value: ({ sample }) => percent(sample.pressure?.io),
  },
  {
    name: "pressure_cpu",
    title: "Pressure, CPU",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    value: ({ sample }) => percent(sample.pressure?.cpu),
  },
  {
    name: "pressure_memory",
    title: "Pressure, memory",
    unit: "%",
    decimals: 1,
    leastSpan: 10,
    value: ({ sample }) => percent(sample.pressure?.memory),
  },
  {
    name: "network_in",
    title: "Network, received",
    unit: "kB/s",
    decimals: 1,
    value: ({ sample }) => kilo(sum(sample.network.map((one) => one.receivedBytesPerS))),
  },
  {
    name: "network_out",
    title: "Network, sent",
    unit: "kB/s",
    decimals: 1,
    value: ({ sample }) => kilo(sum(sample.network.map((one) => one.sentBytesPerS))),
  },
  {
    name: "wifi_signal",
    title: "Wi-Fi signal",
    unit: "dBm",
    decimals: 0,
    value: ({ sample }) => sample.network.find((one) => one.signalDbm !== null)?.signalDbm ?? null,
  },
  {
    name: "fan",
    title: "Fan",
    unit: "rpm",
    decimals: 0,
    value: ({ sample }) => sample.fans[0]?.rpm ?? null,
  },
  {
    name: "perch_cpu",
    title: "Perch, CPU (of one core)",
    unit: "%",
    decimals: 1,
    value: ({ sample }) => percent(sample.process?.cpu),
  },
  {
    name: "perch_memory",
    title: "Perch, memory",
    unit: "MB",
    decimals: 1,
    value: ({ sample }) => mega(sample.process?.residentBytes),
  },
  {
    name: "open_files",
    title: "Perch, open files",
    unit: "files",
    decimals: 0,
    value: ({ sample }) => sample.process?.openFiles ?? null,
  },
  {
    name: "event_loop",
    title: "Perch, event loop lag",
    unit: "ms",
    decimals: 1,
    value: ({ own }) => own.loopLagMs,
  },
  {
    name: "database",
    title: "Database and its log",
    unit: "MB",
    decimals: 1,
    value: ({ own }) => mega(sum([own.databaseBytes, own.walBytes])),
  },
  {
    name: "card_writes",
    title: "Written to the disk, per day",
    unit: "MB/d",
    decimals: 1,
    isDaily: true,
    value: ({ writes }) => mega(writes.disk),
  },
  {
    name: "perch_writes",
    title: "Written by Perch, per day",
    unit: "MB/d",
    decimals: 1,
    isDaily: true,
    value: ({ writes }) => mega(writes.perch),
  },
  {
    name: "database_writes",
    title: "Written by the database, per day",
    unit: "MB/d",
    decimals: 1,
    isDaily: true,
    value: ({ writes }) => mega(writes.database),
  },
  {
    name: "picture_writes",
    title: "Written as camera pictures, per day",
    unit: "MB/d",
    decimals: 1,
    isDaily: true,
    value: ({ writes }) => mega(writes.pictures),
  },
  {
    name: "card_wear",
    title: "Life of the disk, used",
    unit: "%",
    decimals: 0,
    limits: { warning_high: 80, critical_high: 100 },
    value: ({ sample }) => percent(sample.wear.find((one) => one.lifeUsed !== null)?.lifeUsed),
  },
];

/** Of what is known; null: nothing is. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
