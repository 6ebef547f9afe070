import { bytes, grouped } from "../../words/numbers.ts";
import { columns } from "../columns.ts";

/** What `perch bench` says of a host, and prints with `--json`. */
export interface BenchFigures {
  /** Whose disk was measured. */
  dir: string;
  cores: number;
  /** What the measured part took. */
  seconds: number;
  fsync: Spread;
  /** Readings in batches of 1 000 from four senders, each acknowledged once it is on disk; detection runs. */
  ingest: {
    readings: number;
    readings_per_s: number;
    cpu_us_per_reading: number;
    /** From the offer of a batch to its acknowledgement. */
    acknowledged: Spread;
  };
  /** Processor time of judging them afterwards; null: none was judged in the time. */
  detection: { readings: number; us_per_reading: number | null };
  /** A sensor's readings, one a second, sealed. Null: too few were stored in the time. */
  storage: { readings: number; bytes_per_reading: number | null };
  /** From opening the database to the first answer being possible. */
  open_ms: number;
  /** All those readings as at most 1 000 points with min, mean, max and count. */
  query: { readings: number; points: number; first_ms: number; warm_ms: number };
  /** Most resident memory of this process; null: the host does not say. */
  memory_peak_bytes: number | null;
}

/** Milliseconds. */
export interface Spread {
  count: number;
  p50_ms: number;
  p99_ms: number;
}

/** @throws Error when there is none */
export function spreadOf(ms: readonly number[]): Spread {
  if (ms.length === 0) throw new Error("nothing was measured");
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { count: ms.length, p50_ms: at(0.5), p99_ms: at(0.99) };
}

/** Lines for people. */
export function described(figures: BenchFigures): string[] {
  const { ingest, detection, storage, query, fsync } = figures;
  const none = "not measured: too little time on this host";
  const us = (value: number | null) => value === null ? none : `${short(value)} µs`;
  const rows = [
    ["fsync of 4 kB, p50 / p99", `${short(fsync.p50_ms)} / ${short(fsync.p99_ms)} ms`],
    ["durable readings a second", grouped(Math.round(ingest.readings_per_s))],
    [
      "acknowledgement of 1 000 readings, p50 / p99",
      `${short(ingest.acknowledged.p50_ms)} / ${short(ingest.acknowledged.p99_ms)} ms`,
    ],
    ["processor time per reading, everything", us(ingest.cpu_us_per_reading)],
    ["of it detection, judging afterwards", us(detection.us_per_reading)],
    [
      "bytes per reading on the disk",
      storage.bytes_per_reading === null ? none : short(storage.bytes_per_reading),
    ],
    ["opening the database", `${short(figures.open_ms)} ms`],
    [
      `${grouped(query.readings)} readings as ${grouped(query.points)} points, first / again`,
      `${short(query.first_ms)} / ${short(query.warm_ms)} ms`,
    ],
    [
      "most memory",
      figures.memory_peak_bytes === null ? "not measured" : bytes(figures.memory_peak_bytes),
    ],
  ];
  return [
    `This host, ${figures.cores} cores, on the disk of ${figures.dir} (${
      short(figures.seconds)
    } s):`,
    "",
    columns(rows),
  ];
}

const short = (value: number) =>
  value >= 1_000 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)));
