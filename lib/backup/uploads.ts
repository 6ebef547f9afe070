/**
 * DESIGN. Archives that people bring from elsewhere for a restore. One comes in parts, each appended to
 * `<id>.partial`, whose length is how far it is: nothing else has to survive a broken connection or a restart. When
 * all of it is there and holds against what its sender declared, it gets its name; what is in it is checked when it
 * is restored. It lies apart from the backups and counts as none. How many there are, how old they get and how much
 * room they take is bounded; a disk that fills up gets back what an upload took.
 */
import { createHash, type Hash } from "node:crypto";
import { makeFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { pacedWriter } from "../base/paced_file.ts";
import { createTurns } from "../base/turns.ts";
import { bytes as bytesWords } from "../words/numbers.ts";
import { onDisk } from "./disk.ts";
import { finishUpload, refuseUpload } from "./finish_upload.ts";
import type { Room } from "./room.ts";
import {
  type FoundUpload,
  partialPath,
  plainName,
  readUpload,
  readUploads,
  removeAbandoned,
  removeUpload,
  type UploadRecord,
  wholePath,
  writeRecord,
} from "./upload_folder.ts";

export interface UploadsDeps {
  folder: string;
  nowMs(): number;
  /** From which ages count that end in a deletion. */
  deletionMs(): number;
  room(): Promise<Pick<Room, "freeBytes" | "spareBytes">>;
}

/** What its sender says of an archive. */
export interface DeclaredUpload {
  name: string;
  /** Null: not said; it comes in one piece then. */
  bytes: number | null;
  sha256: string | null;
}

/** One that bytes are appended to. One of `end` and `fail` is called, whatever happens. */
export interface Receiving {
  /** @throws PerchError `validation` (more than was declared), `storage_full`, `storage_failed` */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Nothing more comes now. When that was all, the archive is looked at and gets its name; what does not hold is
   * removed. @throws PerchError `validation`, `conflict` (a newer Perch wrote it), `storage_full`, `storage_failed`
   */
  end(): Promise<FoundUpload>;
  /** It broke off: what can be gone on with stays. Gives what is to be thrown. */
  fail(error: unknown): Promise<unknown>;
}

export interface Uploads {
  /** Those that began last first. */
  list(): Promise<FoundUpload[]>;
  /** @throws PerchError `not_found` */
  find(id: string): Promise<FoundUpload>;
  /** @throws PerchError `conflict` when there are too many, `storage_full` */
  begin(declared: DeclaredUpload, by: string): Promise<FoundUpload>;
  /** @throws PerchError `not_found`, `conflict` when it is not that far, or is being received already */
  receive(id: string, offset: number): Promise<Receiving>;
  /** @throws PerchError `not_found`, `conflict` while it is being received */
  remove(id: string): Promise<FoundUpload>;
  /** Removes what is past its time. */
  sweep(): Promise<void>;
  /** A whole one. @throws PerchError `not_found` */
  archive(id: string): Promise<{ path: string; whole: NonNullable<UploadRecord["whole"]> }>;
}

/** Coming and whole ones together. */
export const UPLOADS_MOST = 3;
const ROOM_EVERY_BYTES = 8 * 1024 * 1024;

/** Uploads into a folder. */
export function createUploads({ folder, nowMs, deletionMs, room }: UploadsDeps): Uploads {
  const exclusive = createTurns();
  const busy = new Set<string>();
  /** Of what came without a restart in between: it need not be read again. */
  const hashes = new Map<string, { hash: Hash; at: number }>();

  async function find(id: string): Promise<FoundUpload> {
    const found = await onDisk(`read the uploads in ${folder}`, () => readUpload(folder, id));
    if (found !== null) return found;
    throw new PerchError("not_found", `there is no upload "${id.slice(0, 120)}"`);
  }

  async function remove(id: string): Promise<void> {
    hashes.delete(id);
    await onDisk(`remove the upload ${id}`, () => removeUpload(folder, id));
  }

  const sweep = () =>
    onDisk(`remove old uploads in ${folder}`, () => removeAbandoned(folder, deletionMs(), busy));

  /** @throws PerchError `storage_full` when this much more does not fit */
  async function needRoom(more: number): Promise<void> {
    const { freeBytes, spareBytes } = await room();
    if (freeBytes - spareBytes >= more) return;
    throw new PerchError(
      "storage_full",
      `There is too little room in ${folder} for this archive: ${
        bytesWords(Math.max(more, 0))
      } more are needed beside ${bytesWords(spareBytes)} that stay free, and ${
        bytesWords(freeBytes)
      } are free. Make room on the disk and send it again; nothing was changed.`,
    );
  }

  async function begin(declared: DeclaredUpload, by: string): Promise<FoundUpload> {
    await sweep();
    const all = await readUploads(folder);
    if (all.length >= UPLOADS_MOST) {
      throw new PerchError(
        "conflict",
        `there are ${all.length} uploaded archives already: remove one first`,
      );
    }
    const toCome = all.reduce(
      (sum, { record, received }) =>
        sum + Math.max(0, record.whole === null ? (record.bytes ?? 0) - received : 0),
      0,
    );
    await needRoom((declared.bytes ?? 0) + toCome);
    const name = plainName(declared.name);
    const id = `${randomId(8)}-${name}`;
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

  async function finish(found: FoundUpload): Promise<FoundUpload> {
    const { id, received } = found;
    const known = hashes.get(id);
    try {
      await finishUpload(folder, found, known?.at === received ? known.hash.digest("hex") : null);
    } catch (error) {
      await remove(id);
      throw error;
    }
    hashes.delete(id);
    return await find(id);
  }

  async function receive(id: string, offset: number): Promise<Receiving> {
    const found = await find(id);
    const { record, received } = found;
    if (busy.has(id)) throw new PerchError("conflict", "this archive is being received already");
    if (record.whole !== null) throw new PerchError("conflict", "this archive is whole already");
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

  function receiving(found: FoundUpload, file: Deno.FsFile): Receiving {
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
      const all = await onDisk(`read the uploads in ${folder}`, () => readUploads(folder));
      return all.filter(({ id, record }) => record.bytes !== null || busy.has(id));
    },
    find,
    begin: (declared, by) => exclusive(() => begin(declared, by)),
    receive,
    remove: (id) =>
      exclusive(async () => {
        const found = await find(id);
        if (busy.has(id)) {
          throw new PerchError("conflict", "this archive is being received: stop its sender first");
        }
        await remove(id);
        return found;
      }),
    sweep: () => exclusive(sweep),
    async archive(id) {
      const { record: { whole } } = await find(id);
      if (whole !== null) return { path: wholePath(folder, id), whole };
      throw new PerchError("not_found", "this archive is not whole yet");
    },
  };
}

/** Nothing can be made of what is there, or it takes the room that others need. */
function isHopeless(error: unknown): boolean {
  return error instanceof PerchError && ["validation", "storage_full"].includes(error.code);
}
