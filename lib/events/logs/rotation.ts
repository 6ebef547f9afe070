/** Names of log files and which of them go, as pure functions. */
import { DAY_MS } from "../../words/times.ts";
import { LOG_FILES, type LogFile } from "./lines.ts";

/** A file that is no longer written to: `error_events.20261129T021500123Z.log`. */
export interface Rotated {
  name: string;
  file: LogFile;
  /** When it was put aside, epoch ms by Perch's clock. */
  atMs: number;
  bytes: number;
}

/** Sizes and ages as the settings say. */
export interface RotationLimits {
  /** A file that has so many bytes is put aside. */
  fileBytes: number;
  /** The oldest go beyond so many bytes of files that were put aside. */
  totalBytes: number;
  keepMs: number;
}

const ROTATED = /^(\w+)_events\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.log$/;

/** The name under which a file is written to. */
export const currentName = (file: LogFile) => `${file}_events.log`;

/** Its name once it is put aside. */
export function rotatedName(file: LogFile, nowMs: number): string {
  return `${file}_events.${new Date(nowMs).toISOString().replaceAll(/[-:.]/g, "")}.log`;
}

/** What a name says; null: it is none of a rotated file. */
export function parseRotated(name: string, bytes: number): Rotated | null {
  const [, kind, year, month, day, hour, minute, second, ms] = ROTATED.exec(name) ?? [];
  const file = LOG_FILES.find((one) => one === kind);
  if (file === undefined) return null;
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(atMs) ? null : { name, file, atMs, bytes };
}

/** Whether a file is put aside before more is written: it is large, or its lines begin on an earlier day. */
export function isDue(
  { bytes, sinceMs }: { bytes: number; sinceMs: number },
  nowMs: number,
  { fileBytes }: RotationLimits,
): boolean {
  if (bytes === 0) return false;
  return bytes >= fileBytes || Math.floor(sinceMs / DAY_MS) < Math.floor(nowMs / DAY_MS);
}

/** Which go: those that are too old, and of the rest the oldest beyond what all may take. */
export function outdated(
  all: readonly Rotated[],
  deletionMs: number,
  { keepMs, totalBytes }: RotationLimits,
): Rotated[] {
  const newestFirst = [...all].sort((a, b) => b.atMs - a.atMs);
  let bytes = 0;
  return newestFirst.filter((one) => {
    bytes += one.bytes;
    return bytes > totalBytes || one.atMs < deletionMs - keepMs;
  });
}

/** The oldest that together have at least so many bytes, or all. */
export function oldestOf(all: readonly Rotated[], bytes: number): Rotated[] {
  let freed = 0;
  return [...all].sort((a, b) => a.atMs - b.atMs).filter((one) => {
    if (freed >= bytes) return false;
    freed += one.bytes;
    return true;
  });
}
