import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../base/durable_file.ts";
import { namesIn, removeIfThere } from "../base/folders.ts";
import { DAY_MS } from "../words/times.ts";

/** What is known of an upload, beside it as `<id>.json`. */
export interface UploadRecord<Content> {
  /** As the sender names it; only shown. */
  name: string;
  /** Of the whole file; null: its sender does not say (a form without script). */
  bytes: number | null;
  /** As the sender says it; null: not said. */
  sha256: string | null;
  startedMs: number;
  /** Who sends it. */
  by: string;
  /** What was found in it, once it is whole; null: it is coming. */
  whole: Content | null;
}

/** An upload as it lies in the folder. */
export interface FoundUpload<Content> {
  id: string;
  record: UploadRecord<Content>;
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
/** An upload that nobody goes on with, and a whole one that nobody uses. */
const COMING_MS = DAY_MS;
const WHOLE_MS = 7 * DAY_MS;

export const isUploadId = (id: string) => ID.test(id) && !/\.(partial|json)$/.test(id);

export const wholePath = (folder: string, id: string) => join(folder, id);
export const partialPath = (folder: string, id: string) => join(folder, id + PARTIAL);
const recordPath = (folder: string, id: string) => join(folder, `${id}.json`);

/** When it is removed by itself. One whose length nobody knows cannot be gone on with. */
export function expiresMs({ record, changedMs }: FoundUpload<unknown>): number {
  if (record.bytes === null) return 0;
  return changedMs + (record.whole === null ? COMING_MS : WHOLE_MS);
}

/** Letters, digits, dots and dashes of a sender's file name, so that it is a good one on every system. */
export function plainName(name: string, otherwise: string): string {
  const plain = name.split(/[/\\]/).at(-1)!.replace(/[^A-Za-z0-9._-]+/g, "-").slice(-80)
    .replace(/^[.-]+/, "");
  return plain === "" ? otherwise : plain;
}

/** A fresh id with a plain name in it, which does not end as the files beside it do. */
export function uploadId(random: string, name: string, otherwise: string): string {
  return `${random}-${name.replace(/(\.(partial|json))+$/, "") || otherwise}`;
}

/** Writes what is known of an upload so that it survives a power cut. */
export async function writeRecord(
  folder: string,
  id: string,
  record: UploadRecord<unknown>,
): Promise<void> {
  await writeDurably(
    recordPath(folder, id),
    new TextEncoder().encode(JSON.stringify(record) + "\n"),
  );
}

/** A folder of uploads as it lies on the disk; `content`: what is known of whole ones. */
export function uploadFolder<Content>(folder: string, content: z.ZodType<Content>) {
  const shape = z.object({
    name: z.string(),
    bytes: z.int().min(0).nullable(),
    sha256: z.string().nullable(),
    startedMs: z.number(),
    by: z.string(),
    whole: content.nullable(),
  });

  /** Null: there is none, or not all of it. */
  async function read(id: string): Promise<FoundUpload<Content> | null> {
    if (!isUploadId(id)) return null;
    try {
      const path = recordPath(folder, id);
      if ((await Deno.stat(path)).size > RECORD_MOST_BYTES) return null;
      const record = shape.parse(JSON.parse(await Deno.readTextFile(path)));
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
  async function remove(id: string): Promise<void> {
    for (const path of [recordPath, partialPath, wholePath]) await removeIfThere(path(folder, id));
  }

  return {
    read,
    remove,
    /** Those that began last first. A folder that is not there has none. */
    async list(): Promise<FoundUpload<Content>[]> {
      const found: FoundUpload<Content>[] = [];
      for (const id of ids(await namesIn(folder))) {
        const upload = await read(id);
        if (upload !== null) found.push(upload);
      }
      return found.sort((a, b) => b.record.startedMs - a.record.startedMs);
    },
    /** Removes what is past its time, and what killed runs left half; `busy` are left alone. */
    async removeAbandoned(nowMs: number, busy: (id: string) => boolean): Promise<void> {
      const names = await namesIn(folder);
      const all = [...ids(names)];
      if (!all.some(busy)) {
        for (const name of names.filter((one) => HALF_RECORD.test(one))) {
          await Deno.remove(join(folder, name));
        }
      }
      for (const id of all) {
        if (busy(id)) continue;
        const upload = await read(id);
        if (upload === null || expiresMs(upload) < nowMs) await remove(id);
      }
    },
  };
}

function ids(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.replace(/\.(partial|json)$/, "")).filter(isUploadId));
}
