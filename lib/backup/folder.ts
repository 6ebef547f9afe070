import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { TEMPORARY, writeDurably } from "../base/durable_file.ts";
import { messageOf } from "../base/errors.ts";
import { namesIn, removeIfThere } from "../base/folders.ts";
import { MOST_MANIFEST_BYTES } from "./entries.ts";
import { newestFirst } from "./keep.ts";
import { manifestShape } from "./manifest.ts";
import type { Receipt } from "./types.ts";

/** An archive that does not count. */
export interface BadBackup {
  file: string;
  /** A clause for people: `it has no receipt`. */
  reason: string;
}

export interface BackupFolder {
  /** Checked ones, the newest (highest sequence) first. */
  good: Receipt[];
  bad: BadBackup[];
}

/** Of an archive that is being written; whole and checked ones have their final name. */
const PARTIAL = ".partial";
/** Folders beside the archives in which one is made and checked. */
const SCRATCH = ".scratch-";
const ARCHIVE = /^perch-.*\.tar\.gz(\.age)?$/;
/** The manifest and a little more. */
const RECEIPT_MOST_BYTES = MOST_MANIFEST_BYTES + 65_536;
const receiptShape = z.object({
  file: z.string(),
  encrypted: z.boolean(),
  manifest: manifestShape,
  bytes: z.int().min(0),
  sha256: z.string(),
  verifiedMs: z.number(),
});

/** File name of an archive: `perch-hall-3-20261128T193000Z-17.tar.gz`, encrypted with `.age` behind it. */
export function archiveName(
  { site, nowMs, sequence, encrypted }: {
    site: string;
    nowMs: number;
    sequence: number;
    encrypted: boolean;
  },
): string {
  const plain = site.replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase().slice(0, 40);
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  return `perch-${plain || "site"}-${time}-${sequence}.tar.gz${encrypted ? ".age" : ""}`;
}

/** Where the archives of a data directory lie. */
export const backupsFolder = (dataDir: string) => join(dataDir, "backups");

/** The backups that count, the newest (highest sequence) first. Needs no database; a missing folder has none. */
export async function listBackups(folder: string): Promise<Receipt[]> {
  return (await readBackups(folder)).good;
}

/** The same, and what lies there without counting. */
export async function readBackups(folder: string): Promise<BackupFolder> {
  const found: BackupFolder = { good: [], bad: [] };
  for (const file of await archives(folder)) {
    const read = await readReceipt(folder, file);
    if (typeof read === "string") found.bad.push({ file, reason: read });
    else found.good.push(read);
  }
  return { ...found, good: newestFirst(found.good) };
}

async function archives(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => ARCHIVE.test(name));
}

/** The receipt of an archive, or why it has no good one. */
async function readReceipt(folder: string, file: string): Promise<Receipt | string> {
  const path = receiptPath(join(folder, file));
  try {
    if ((await Deno.stat(path)).size > RECEIPT_MOST_BYTES) return "its receipt is too large";
    const parsed = receiptShape.safeParse(JSON.parse(await Deno.readTextFile(path)));
    if (!parsed.success || parsed.data.file !== file) return "its receipt is damaged";
    const { size } = await Deno.stat(join(folder, file));
    const { bytes } = parsed.data;
    return size === bytes ? parsed.data : `it has ${size} bytes, and had ${bytes} when it was made`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "it has no receipt";
    return `its receipt cannot be read (${messageOf(error)})`;
  }
}

/** Another one whenever something in the folder changed: names, sizes and times, none of it read. */
export async function markOf(folder: string): Promise<string> {
  const marks: string[] = [];
  for (const name of await namesIn(folder)) {
    const { size, mtime } = await Deno.lstat(join(folder, name));
    marks.push(`${name} ${size} ${mtime?.getTime()}`);
  }
  return marks.join("\n");
}

/** Where the receipt of an archive lies. */
export function receiptPath(archive: string): string {
  return `${archive}.json`;
}

/** Writes the receipt of an archive so that it survives a power cut. */
export async function writeReceipt(archive: string, receipt: Receipt): Promise<void> {
  const text = JSON.stringify(receipt) + "\n";
  await writeDurably(receiptPath(archive), new TextEncoder().encode(text));
}

/** Where an archive is written before it is whole, and the folder in which it is made and checked. */
export function workPlaces(target: string): { partial: string; scratch: string } {
  return {
    partial: target + PARTIAL,
    scratch: join(dirname(target), SCRATCH + basename(target)),
  };
}

/** Removes what runs that were killed left in the folder: half archives, scratch folders, receipts of neither or half. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await namesIn(folder);
  for (const name of names) {
    const archive = name.replace(/\.json$/, "");
    const isReceiptOfNone = name !== archive && ARCHIVE.test(archive) && !names.includes(archive);
    const isPartial = name.endsWith(PARTIAL) && ARCHIVE.test(name.slice(0, -PARTIAL.length));
    const isHalfReceipt = TEMPORARY.test(name);
    if (isPartial || isReceiptOfNone || isHalfReceipt || name.startsWith(SCRATCH)) {
      await removeIfThere(join(folder, name));
    }
  }
}
