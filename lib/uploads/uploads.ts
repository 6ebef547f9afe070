/**
 * DESIGN. Files that people bring from elsewhere. One comes in parts, each appended to `<id>.partial`, whose length is
 * how far it is: nothing else has to survive a broken connection or a restart. When all of it is there and holds
 * against what its sender declared, it gets its name. It is never run, and never served. How many there are, how old
 * they get and how much room they take is bounded; a disk that fills up gets back what an upload took.
 */
import { createHash, type Hash } from "node:crypto";
import type { z } from "zod";
import { onDisk } from "../base/disk.ts";
import { makeFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { pacedWriter } from "../base/paced_file.ts";
import { createTurns } from "../base/turns.ts";
import { bytes as bytesWords } from "../words/numbers.ts";
import { finishUpload, refuseUpload } from "./finish.ts";
import {
  type FoundUpload,
  partialPath,
  plainName,
  uploadFolder,
  uploadId,
  wholePath,
  writeRecord,
} from "./folder.ts";

/** What is uploaded, and into which folder. */
export interface UploadsDeps<Content> {
  folder: string;
  nowMs(): number;
  /** From which ages count that end in a deletion. */
  deletionMs(): number;
  room(): Promise<{ freeBytes: number; spareBytes: number }>;
  /** As sentences call one: `archive`. */
  called: string;
  /** What is kept of a whole one. */
  content: z.ZodType<Content>;
  /** Looks at one of which all bytes are there. @throws PerchError: it is none, and is removed */
  look(path: string): Promise<Content>;
  /** Ids of those that others need now: they are not removed. */
  inUse?(): Promise<ReadonlySet<string>>;
}

/** What its sender says of a file. */
export interface DeclaredUpload {
  name: string;
  /** Null: not said; it comes in one piece then. */
  bytes: number | null;
  sha256: string | null;
}

/** One that bytes are appended to. One of `end` and `fail` is called, whatever happens. */
export interface Receiving<Content = unknown> {
  /** @throws PerchError `validation` (more than was declared), `storage_full`, `storage_failed` */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Nothing more comes now. When that was all, the file is looked at and gets its name; what does not hold is
   * removed. @throws PerchError `validation`, what the look throws, `storage_full`, `storage_failed`
   */
  end(): Promise<FoundUpload<Content>>;
  /** It broke off: what can be gone on with stays. Gives what is to be thrown. */
  fail(error: unknown): Promise<unknown>;
}

export interface Uploads<Content> {
  /** Those that began last first. */
  list(): Promise<FoundUpload<Content>[]>;
  /** @throws PerchError `not_found` */
  find(id: string): Promise<FoundUpload<Content>>;
  /** @throws PerchError `conflict` when there are too many, `storage_full` */
  begin(declared: DeclaredUpload, by: string): Promise<FoundUpload<Content>>;
  /** @throws PerchError `not_found`, `conflict` when it is not that far, or is being received already */
  receive(id: string, offset: number): Promise<Receiving<Content>>;
  /** @throws PerchError `not_found`, `conflict` while it is being received, or in use */
  remove(id: string): Promise<FoundUpload<Content>>;
  /** Removes what is past its time. */
  sweep(): Promise<void>;
  /** A whole one. @throws PerchError `not_found` */
  whole(id: string): Promise<{ path: string; whole: Content }>;
}

/** Coming and whole ones together. */
export const UPLOADS_MOST = 3;
const ROOM_EVERY_BYTES = 8 * 1024 * 1024;

/** Uploads into a folder. */
export function createUploads<Content>(deps: UploadsDeps<Content>): Uploads<Content> {
  const { folder, nowMs, deletionMs, room, called } = deps;
  const files = uploadFolder(folder, deps.content);
  const exclusive = createTurns();
  const busy = new Set<string>();
  const inUse = deps.inUse ?? (() => Promise.resolve(new Set<string>()));
  /** Of what came without a restart in between: it need not be read again. */
  const hashes = new Map<string, { hash: Hash; at: number }>();

  async function find(id: string): Promise<FoundUpload<Content>> {
    const found = await onDisk(`read the uploads in ${folder}`, () => files.read(id));
    if (found !== null) return found;
    throw new PerchError("not_found", `there is no upload "${id.slice(0, 120)}"`);
  }

  async function remove(id: string): Promise<void> {
    hashes.delete(id);
    await onDisk(`remove the upload ${id}`, () => files.remove(id));
  }

  async function sweep(): Promise<void> {
    const used = await inUse();
    const stays = (id: string) => busy.has(id) || used.has(id);
    await onDisk(
      `remove old uploads in ${folder}`,
      () => files.removeAbandoned(deletionMs(), stays),
    );
  }

  /** @throws PerchError `storage_full` when this much more does not fit */
  async function needRoom(more: number): Promise<void> {
    const { freeBytes, spareBytes } = await room();
    if (freeBytes - spareBytes >= more) return;
    throw new PerchError(
      "storage_full",
      `There is too little room in ${folder} for this ${called}: ${
        bytesWords(Math.max(more, 0))
      } more are needed beside ${bytesWords(spareBytes)} that stay free, and ${
        bytesWords(freeBytes)
      } are free. Make room on the disk and send it again; nothing was changed.`,
    );
  }

  async function begin(declared: DeclaredUpload, by: string): Promise<FoundUpload<Content>> {
    await sweep();
    const all = await files.list();
    if (all.length >= UPLOADS_MOST) {
      throw new PerchError(
        "conflict",
        `there are ${all.length} uploaded ${called}s already: remove one first`,
      );
    }
    const toCome = all.reduce(
      (sum, { record, received }) =>
        sum + Math.max(0, record.whole === null ? (record.bytes ?? 0) - received : 0),
      0,
    );
    await needRoom((declared.bytes ?? 0) + toCome);
    const name = plainName(declared.name, called);
    const id = uploadId(randomId(8), name, called);
    const record = { ...declared, name, startedMs: nowMs(), by, whole: null };
    await onDisk(`write an upload to ${folder}`, async () => {
      await makeFolder(folder);
      await Deno.writeFile(partialPath(folder, id), new Uint8Array(), {
        createNew: true,
        mode: 0o600,
      });
      await writeRecord(folder, id, record);
    });
    return await find(id);
  }

  async function finish(found: FoundUpload<Content>): Promise<FoundUpload<Content>> {
    const { id, received } = found;
    const known = hashes.get(id);
    try {
      const sha256 = known?.at === received ? known.hash.digest("hex") : null;
      await finishUpload(folder, found, sha256, deps.look);
    } catch (error) {
      await remove(id);
      throw error;
    }
    hashes.delete(id);
    return await find(id);
  }

  async function receive(id: string, offset: number): Promise<Receiving<Content>> {
    const found = await find(id);
    const { record, received } = found;
    if (busy.has(id)) throw new PerchError("conflict", `this ${called} is being received already`);
    if (record.whole !== null) throw new PerchError("conflict", `this ${called} is whole already`);
    if (offset !== received) {
      throw new PerchError("conflict", `${received} bytes are there: go on at ${received}`);
    }
    busy.add(id);
    try {
      const file = await onDisk(
        `write the upload ${id}`,
        () => Deno.open(partialPath(folder, id), { append: true }),
      );
      return receiving(found, file);
    } catch (error) {
      busy.delete(id);
      throw error;
    }
  }

  function receiving(found: FoundUpload<Content>, file: Deno.FsFile): Receiving<Content> {
    const { id, record } = found;
    const append = pacedWriter(file);
    const known = hashes.get(id);
    const hash = known?.at === found.received
      ? known.hash
      : found.received === 0
      ? createHash("sha256")
      : null;
    hashes.delete(id);
    let at = found.received;
    let unchecked = Infinity;
    const close = () => {
      file.close();
      if (hash !== null) hashes.set(id, { hash, at });
    };
    return {
      async write(chunk) {
        if (record.bytes !== null && at + chunk.length > record.bytes) {
          throw refuseUpload(
            "bytes",
            `more than the ${record.bytes} bytes that were declared came`,
          );
        }
        if ((unchecked += chunk.length) > ROOM_EVERY_BYTES) {
          await needRoom(chunk.length);
          unchecked = 0;
        }
        await onDisk(`write the upload ${id}`, () => append(chunk));
        hash?.update(chunk);
        at += chunk.length;
      },
      async end() {
        try {
          await onDisk(`write the upload ${id}`, () => file.sync()).finally(close);
          const now = { ...found, received: at };
          if (record.bytes === null || at === record.bytes) return await finish(now);
          return await find(id);
        } finally {
          busy.delete(id);
        }
      },
      async fail(error) {
        try {
          close();
          if (record.bytes === null || isHopeless(error)) await remove(id);
          return error;
        } finally {
          busy.delete(id);
        }
      },
    };
  }

  return {
    async list() {
      const all = await onDisk(`read the uploads in ${folder}`, () => files.list());
      return all.filter(({ id, record }) => record.bytes !== null || busy.has(id));
    },
    find,
    begin: (declared, by) => exclusive(() => begin(declared, by)),
    receive,
    remove: (id) =>
      exclusive(async () => {
        const found = await find(id);
        if (busy.has(id)) {
          throw new PerchError(
            "conflict",
            `this ${called} is being received: stop its sender first`,
          );
        }
        if ((await inUse()).has(id)) {
          throw new PerchError("conflict", `this ${called} is needed now`);
        }
        await remove(id);
        return found;
      }),
    sweep: () => exclusive(sweep),
    async whole(id) {
      const { record: { whole } } = await find(id);
      if (whole !== null) return { path: wholePath(folder, id), whole };
      throw new PerchError("not_found", `this ${called} is not whole yet`);
    },
  };
}

/** Nothing can be made of what is there, or it takes the room that others need. */
function isHopeless(error: unknown): boolean {
  return error instanceof PerchError && ["validation", "storage_full"].includes(error.code);
}
