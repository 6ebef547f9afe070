import { bytes } from "../words/numbers.ts";
import { logMostBytes } from "../db/checkpoint.ts";
import type { Receipt } from "./types.ts";

/** Room on the disk of the backups, and what one more needs of it, in bytes. */
export interface Room {
  freeBytes: number;
  /** Stays free, whatever happens. */
  spareBytes: number;
  needBytes: number;
}

/** What a backup needs while it is made and checked: everything once as it is, the archive, and room for the log. */
export function needOf(databaseBytes: number, newest: Receipt | null): number {
  const files = newest?.manifest.files ?? [];
  const beside = files.filter(({ path }) => path.includes("/"))
    .reduce((sum, file) => sum + file.bytes, 0);
  const archive = Math.max(newest?.bytes ?? 0, beside) || databaseBytes;
  return databaseBytes + beside + archive + logMostBytes(databaseBytes, 0);
}

/** Why no backup can begin; null: there is room. */
export function roomSentence(
  { freeBytes, spareBytes, needBytes }: Room,
  folder: string,
): string | null {
  if (freeBytes - spareBytes >= needBytes) return null;
  return `There is too little room for a backup in ${folder}: it needs ${
    bytes(needBytes)
  } beside ` +
    `${bytes(spareBytes)} that stay free, and ${
      bytes(freeBytes)
    } are free. Remove something there, or ` +
    "copy old backups elsewhere and delete them here. Earlier backups are kept.";
}
