import { join } from "node:path";
import { writeAll } from "../../base/write_all.ts";
import { makeFolder, removeDurably, syncFolder } from "../../base/durable_file.ts";
import { belongToFolder } from "../../base/owner.ts";
import { decodeRecord, recordLength, type Spooled } from "./spool_record.ts";

/*
 * DESIGN. The spool of a codec is files `<codec>.<number of its first message>.spool`; only the last one grows. Each is
 * synced before what is in it counts, and its name before it is written to. What does not fit its checksum at the end
 * of the last file was never acknowledged, and is cut off when it is opened.
 */

const NAME = /^(.+)\.(\d{16})\.spool$/;
/** A file that is larger is followed by a new one. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

export interface Segment {
  path: string;
  /** Number of its first message. */
  first: number;
  /** Number after its last message. */
  end: number;
  /** Of whole records, synced. */
  bytes: number;
}

/** Codecs of which something is in the folder. */
export function spooledCodecs(folder: string): Set<string> {
  return new Set(
    namesIn(folder).map((name) => NAME.exec(name)?.[1]).filter((one) => !!one) as string[],
  );
}

/** A record and where it stands. */
export interface Placed {
  seq: number;
  record: Spooled;
}

/** The files of one codec, and what is appended to the last of them. */
export class Segments {
  readonly all: Segment[] = [];
  #file: Deno.FsFile | null = null;

  constructor(
    private readonly folder: string,
    private readonly codec: string,
    private readonly segmentBytes = SEGMENT_BYTES,
  ) {}

  get bytes(): number {
    return this.all.reduce((sum, one) => sum + one.bytes, 0);
  }

  /** The first number from this one on that is in a file; undefined: there is none. */
  firstFrom(seq: number): number | undefined {
    const segment = this.all.find(({ end }) => seq < end);
    return segment && Math.max(seq, segment.first);
  }

  /** Opens what is there and cuts off what a power cut left; `next`: the number of the first message that counts. */
  async open(next: number): Promise<void> {
    const found = namesIn(this.folder).map((name) => NAME.exec(name))
      .filter((match) => match !== null && match[1] === this.codec)
      .map((match) => ({ path: join(this.folder, match![0]), first: Number(match![2]) }))
      .sort((a, b) => a.first - b.first);
    for (const [i, { path, first }] of found.entries()) {
      const after = found.at(i + 1);
      if (after !== undefined && after.first <= next) {
        await removeDurably(path);
      } else if (after !== undefined) {
        this.all.push({ path, first, end: after.first, bytes: (await Deno.stat(path)).size });
      } else await this.#openLast(path, first);
    }
  }

  async #openLast(path: string, first: number): Promise<void> {
    const bytes = await Deno.readFile(path);
    let [at, end] = [0, first];
    for (let length; (length = recordLength(bytes, at)) !== null; at += length) end++;
    if (at < bytes.length) {
      using file = await Deno.open(path, { write: true });
      await file.truncate(at);
      await file.sync();
    }
    this.all.push({ path, first, end, bytes: at });
  }

  /** Writes records behind the others and waits for the disk. Throws when that is not certain; nothing counts then. */
  async append(bytes: Uint8Array, n: number, seq: number): Promise<void> {
    let last = this.all.at(-1);
    if (last === undefined || last.end !== seq || last.bytes >= this.segmentBytes) {
      last = await this.#begin(seq);
    }
    try {
      this.#file ??= await reopen(last);
      await this.#file.seek(last.bytes, Deno.SeekMode.Start);
      await writeAll(this.#file, bytes);
      await this.#file.syncData();
    } catch (error) {
      // What is behind `bytes` is cut off before anything else is written.
      this.close();
      throw error;
    }
    last.bytes += bytes.length;
    last.end += n;
  }

  async #begin(seq: number): Promise<Segment> {
    this.close();
    await makeFolder(this.folder);
    const path = join(this.folder, `${this.codec}.${String(seq).padStart(16, "0")}.spool`);
    this.#file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
    await belongToFolder(path);
    await syncFolder(this.folder);
    const segment = { path, first: seq, end: seq, bytes: 0 };
    this.all.push(segment);
    return segment;
  }

  /** Removes the files that hold nothing from `next` on. */
  async removeBefore(next: number): Promise<void> {
    while (this.all.length > 0 && this.all[0].end <= next) {
      if (this.all.length === 1) this.close();
      await removeDurably(this.all.shift()!.path);
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** The records of a file from a place on, as far as they are synced when it is opened. */
export class SegmentReader {
  #at = 0;

  private constructor(
    private readonly bytes: Uint8Array,
    /** Of the file: where `bytes` begin. */
    private readonly from: number,
    public seq: number,
  ) {}

  static async open(segment: Segment, from = 0, seq = segment.first): Promise<SegmentReader> {
    const bytes = new Uint8Array(segment.bytes - from);
    using file = await Deno.open(segment.path);
    await file.seek(from, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const n = await file.read(bytes.subarray(at));
      if (n === null) return new SegmentReader(bytes.subarray(0, at), from, seq);
      at += n;
    }
    return new SegmentReader(bytes, from, seq);
  }

  /** Null at the end, or where the file is damaged. */
  next(): Placed | null {
    const length = recordLength(this.bytes, this.#at);
    if (length === null) return null;
    const record = decodeRecord(this.bytes, this.#at, length);
    this.#at += length;
    return { seq: this.seq++, record };
  }

  /** Passes over what stands before a number. False: the file is damaged before it. */
  skipTo(seq: number): boolean {
    while (this.seq < seq) {
      const length = recordLength(this.bytes, this.#at);
      if (length === null) return false;
      this.#at += length;
      this.seq++;
    }
    return true;
  }

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** Where the next record stands in the file. */
  get offset(): number {
    return this.from + this.#at;
  }
}

async function reopen({ path, bytes }: Segment): Promise<Deno.FsFile> {
  const file = await Deno.open(path, { write: true });
  await file.truncate(bytes);
  return file;
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
