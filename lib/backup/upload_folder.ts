import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../base/durable_file.ts";
import { DAY_MS } from "../words/times.ts";
import { backupsFolder, namesIn, removeIfThere } from "./folder.ts";

/** What is known of an upload, beside it as `<id>.json`. */
export const uploadRecordShape = z.object({
  /** As the sender names it; only shown. */
  name: z.string(),
  /** Of the whole archive; null: its sender does not say (a form without script). */
  bytes: z.int().min(0).nullable(),
  /** As the sender says it; null: not said. */
  sha256: z.string().nullable(),
  startedMs: z.number(),
  /** Who sends it. */
  by: z.string(),
  /** Once it is whole; null: it is coming. */
  whole: z.object({
    encrypted: z.boolean(),
    /** What its manifest says; null: it is encrypted. */
    plant: z.object({ name: z.string(), createdMs: z.number() }).nullable(),
  }).nullable(),
});
export type UploadRecord = z.output<typeof uploadRecordShape>;

/** An upload as it lies in the folder. */
export interface FoundUpload {
  id: string;
  record: UploadRecord;
  /** Bytes that are there. */
  received: number;
  /** When bytes came last, epoch ms. */
  changedMs: number;
}

const PARTIAL = ".partial";
/** A name that was made here: nothing else in the folder is touched or listed. */
const ID = /^[0-9a-z]{8}-[A-Za-z0-9._-]{1,100}$/;
/** Of a record whose writing was cut off. */
const HALF_RECORD = /^\.[0-9a-f-]{36}\.tmp$/;
const RECORD_MOST_BYTES = 10_000;
/** An upload that nobody goes on with, and an archive that nobody restores. */
const COMING_MS = DAY_MS;
const WHOLE_MS = 7 * DAY_MS;

export const isUploadId = (id: string) => ID.test(id) && !/\.(partial|json)$/.test(id);

/** Where uploaded archives of a data directory lie. They do not count as backups. */
export const uploadsFolder = (dataDir: string) => join(backupsFolder(dataDir), "uploaded");

export const wholePath = (folder: string, id: string) => join(folder, id);
export const partialPath = (folder: string, id: string) => join(folder, id + PARTIAL);
const recordPath = (folder: string, id: string) => join(folder, `${id}.json`);

/** When it is removed by itself. One whose length nobody knows cannot be gone on with. */
export function expiresMs({ record, changedMs }: FoundUpload): number {
  if (record.bytes === null) return 0;
  return changedMs + (record.whole === null ? COMING_MS : WHOLE_MS);
}

/** Letters, digits, dots and dashes of a sender's file name, so that it is a good one on every system. */
export function plainName(name: string): string {
  const plain = name.split(/[/\\]/).at(-1)!.replace(/[^A-Za-z0-9._-]+/g, "-").slice(-80)
    .replace(/^[.-]+/, "").replace(/(\.(partial|json))+$/, "");
  return plain === "" ? "archive" : plain;
}

/** Writes what is known of an upload so that it survives a power cut. */
export async function writeRecord(folder: string, id: string, record: UploadRecord): Promise<void> {
  await writeDurably(
    recordPath(folder, id),
    new TextEncoder().encode(JSON.stringify(record) + "\n"),
  );
}

/** The uploads that are there, those that began last first. A folder that is not there has none. */
export async function readUploads(folder: string): Promise<FoundUpload[]> {
  const found: FoundUpload[] = [];
  for (const id of ids(await namesIn(folder))) {
    const upload = await readUpload(folder, id);
    if (upload !== null) found.push(upload);
  }
  return found.sort((a, b) => b.record.startedMs - a.record.startedMs);
}

/** Null: there is none, or not all of it. */
export async function readUpload(folder: string, id: string): Promise<FoundUpload | null> {
  if (!isUploadId(id)) return null;
  try {
    const path = recordPath(folder, id);
    if ((await Deno.stat(path)).size > RECORD_MOST_BYTES) return null;
    const record = uploadRecordShape.parse(JSON.parse(await Deno.readTextFile(path)));
    const place = record.whole === null ? partialPath : wholePath;
    const { size, mtime } = await Deno.stat(place(folder, id));
    return { id, record, received: size, changedMs: mtime?.getTime() ?? record.startedMs };
  } catch (error) {
    const isHalf = error instanceof Deno.errors.NotFound || error instanceof SyntaxError ||
      error instanceof z.ZodError;
    if (isHalf) return null;
    throw error;
  }
}

/** Removes everything of an upload; what is not there is no error. */
export async function removeUpload(folder: string, id: string): Promise<void> {
  for (const path of [recordPath, partialPath, wholePath]) {
    await removeIfThere(path(folder, id));
  }
}

/** Removes what is past its time, and what killed runs left half; `busy` are left alone. */
export async function removeAbandoned(
  folder: string,
  nowMs: number,
  busy: ReadonlySet<string>,
): Promise<void> {
  const names = await namesIn(folder);
  if (busy.size === 0) {
    for (const name of names.filter((one) => HALF_RECORD.test(one))) {
      await Deno.remove(join(folder, name));
    }
  }
  for (const id of ids(names)) {
    if (busy.has(id)) continue;
    const upload = await readUpload(folder, id);
    if (upload === null || expiresMs(upload) < nowMs) await removeUpload(folder, id);
  }
}

function ids(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.replace(/\.(partial|json)$/, "")).filter(isUploadId));
}
