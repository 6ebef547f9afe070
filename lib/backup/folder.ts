import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../base/errors.ts";
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

const ARCHIVE = /^perch-.*\.tar\.gz(\.age)?$/;
const RECEIPT_MOST_BYTES = 4_000_000;
const receiptShape = z.object({
  file: z.string(),
  encrypted: z.boolean(),
  manifest: manifestShape,
  bytes: z.int().min(0),
  sha256: z.string(),
  verifiedMs: z.number(),
});

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
  found.good.sort((a, b) => b.manifest.sequence - a.manifest.sequence);
  return found;
}

async function archives(folder: string): Promise<string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return names.filter((name) => ARCHIVE.test(name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The receipt of an archive, or why it has no good one. */
async function readReceipt(folder: string, file: string): Promise<Receipt | string> {
  const path = join(folder, `${file}.json`);
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
