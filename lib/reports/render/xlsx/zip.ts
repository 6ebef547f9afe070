/** A ZIP whose entries are written as they come: memory stays that of a bit. */
import type { Sink } from "../formats.ts";

export interface ZipWriter {
  /** Entries come one after the other. */
  add(name: string, pieces: Iterable<string>): Promise<void>;
  end(): Promise<void>;
}

interface Entry {
  name: Uint8Array;
  crc: number;
  packed: number;
  size: number;
  at: number;
}

const LOCAL = 0x04034b50, DESCRIPTOR = 0x08074b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const VERSION = 20, DEFLATED = 8;
/** The sizes follow the bytes; names are UTF-8. */
const FLAGS = 0x0808;
/** 1980-01-01 00:00, the first that there is: the same entries give the same bytes. */
const TIME = 0, DATE = 0x21;
/** Larger ones would need the other kind of directory, which not every reader knows. */
const MOST_BYTES = 0xffff_fffe;
/** Letters that are handed on together. */
const PIECE_CHARACTERS = 64 * 1024;

/** @throws RangeError when an entry or the whole is beyond 4 GB */
export function createZip(sink: Sink): ZipWriter {
  const entries: Entry[] = [];
  let at = 0;
  const put = async (bytes: Uint8Array) => {
    at += bytes.length;
    if (at > MOST_BYTES) throw new RangeError("the workbook would be larger than 4 GB");
    await sink(bytes);
  };
  return {
    async add(path, pieces) {
      const entry = { name: new TextEncoder().encode(path), crc: 0, packed: 0, size: 0, at };
      await put(
        packed([[LOCAL, 4], ...common(entry), [entry.name.length, 2], [0, 2]], entry.name),
      );
      const from = at;
      await deflate(pieces, entry, put);
      entry.packed = at - from;
      const { crc, packed: length, size } = entry;
      await put(packed([[DESCRIPTOR, 4], [crc, 4], [length, 4], [size, 4]]));
      entries.push(entry);
    },
    async end() {
      const from = at;
      for (const entry of entries) {
        const fields: Field[] = [[CENTRAL, 4], [VERSION, 2], ...common(entry)];
        fields.push([entry.name.length, 2], [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [entry.at, 4]);
        await put(packed(fields, entry.name));
      }
      const [count, length] = [entries.length, at - from];
      const fields: Field[] = [[END, 4], [0, 2], [0, 2], [count, 2], [count, 2], [length, 4]];
      await put(packed([...fields, [from, 4], [0, 2]]));
    },
  };
}

/** A number, and the bytes it takes. */
type Field = [value: number, bytes: 2 | 4];

/** What stands at an entry and in the directory alike. */
function common({ crc, packed, size }: Entry): Field[] {
  const fields: Field[] = [[VERSION, 2], [FLAGS, 2], [DEFLATED, 2], [TIME, 2], [DATE, 2]];
  return [...fields, [crc, 4], [packed, 4], [size, 4]];
}

function packed(fields: readonly Field[], tail: Uint8Array = new Uint8Array()): Uint8Array {
  const length = fields.reduce((sum, [, bytes]) => sum + bytes, 0);
  const bytes = new Uint8Array(length + tail.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, width] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  bytes.set(tail, length);
  return bytes;
}

/** Counts into `entry` what goes in. */
async function deflate(pieces: Iterable<string>, entry: Entry, put: Sink): Promise<void> {
  const utf8 = new TextEncoder();
  const stream = new CompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  const read = (async () => {
    for await (const bytes of stream.readable) await put(bytes);
  })();
  const write = async (text: string) => {
    const bytes = utf8.encode(text);
    entry.crc = crc32(bytes, entry.crc);
    entry.size += bytes.length;
    await writer.write(bytes);
  };
  const written = (async () => {
    let text = "";
    for (const piece of pieces) {
      text += piece;
      if (text.length < PIECE_CHARACTERS) continue;
      await write(text);
      text = "";
    }
    await write(text);
    await writer.close();
  })();
  await Promise.all([read, written]);
  if (entry.size > MOST_BYTES) throw new RangeError("a sheet would be larger than 4 GB");
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** Of bytes that follow those whose sum is `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
