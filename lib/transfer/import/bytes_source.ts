/**
 * The bytes of a file that is imported, as text in UTF-8: unpacked where it is gzip (several members, too), recoded
 * where a spreadsheet wrote UTF-16. In stretches of whole lines, with bounded memory whatever the file.
 */
import { createGunzip } from "node:zlib";
import { PerchError } from "../../base/errors.ts";
import type { ImportSource, RejectedLine } from "./format.ts";

const BLOCK_BYTES = 256 * 1024;
/** Of the unpacked text, by which formats are told apart. */
export const HEAD_BYTES = 64 * 1024;
/** A megabyte is about 25 000 readings. */
const STRETCH_BYTES = 1024 * 1024;
/** Of a line, or of a record with line ends in its texts. */
export const LINE_BYTES_MOST = 1024 * 1024;
/** What is unpacked before its ratio is looked at, and the most that readings shrink: texts of them do 5 to 60 times. */
const UNPACKED_FREE_BYTES = 256 * 1024 * 1024;
const RATIO_MOST = 300;
const NEVER_CLOSED = "a text in quotes is never closed";
const LF = 0x0a;
const QUOTE = 0x22;

/** Where reading continues. */
export interface Place {
  /** Of the unpacked text. */
  byte: number;
  /** Of the line that begins there; the first is 1. */
  line: number;
}

export const BEGINNING: Place = { byte: 0, line: 1 };

/** Whole lines; the last of a file may lack its line end. */
export interface Stretch {
  bytes: Uint8Array;
  from: Place;
  next: Place;
  /** Of the file, 0…1. */
  share: number;
  /** A line that was left out, too long to be read: then `bytes` is empty. */
  rejected: RejectedLine | null;
}

export interface StretchRules {
  /** A stretch ends with the first record that reaches so many bytes. */
  bytes?: number;
  lineBytesMost?: number;
  /**
   * Where texts in quotes may hold line ends: whether a text is open at the end of `line`. Asked about lines with a
   * quote, and those that begin within a text.
   */
  isOpen?: (line: Uint8Array, wasOpen: boolean) => boolean;
}

/** How a file is packed, by its first bytes. */
type Packing = "plain" | "gzip" | "utf-16le" | "utf-16be";

/** The first 64 kB of the unpacked text, or fewer where there are no more. @throws PerchError `validation` */
export async function headOf(source: ImportSource, most = HEAD_BYTES): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const { bytes: part } of bytesOf(source, 0)) {
      parts.push(part.slice(0, most - bytes));
      if ((bytes += part.length) >= most) break;
    }
  } catch (error) {
    // A file that breaks off later still shows how it begins.
    if (bytes === 0) throw error;
  }
  const head = new Uint8Array(Math.min(bytes, most));
  parts.reduce((at, part) => (head.set(part, at), at + part.length), 0);
  return head;
}

/**
 * Stretches of whole lines from `from` on: the same from the same place, however the file is read.
 * @throws PerchError `validation` for a file that is packed otherwise, breaks off, or unpacks to far too much; what
 * stands before has been given by then
 */
export async function* stretchesOf(
  source: ImportSource,
  from: Place,
  signal: AbortSignal,
  rules: StretchRules = {},
): AsyncGenerator<Stretch> {
  const most = rules.lineBytesMost ?? LINE_BYTES_MOST;
  const cutter = createCutter(from, { bytes: STRETCH_BYTES, ...rules, lineBytesMost: most });
  let share = 0;
  for await (const part of bytesOf(source, from.byte, signal)) {
    share = part.share;
    for (const cut of cutter.take(part.bytes)) yield { ...cut, share };
  }
  for (const cut of cutter.end()) yield { ...cut, share: 1 };
}

type Cut = Omit<Stretch, "share">;

/** Cuts bytes as they come into stretches. */
function createCutter(
  from: Place,
  rules: StretchRules & { bytes: number; lineBytesMost: number },
) {
  let held = new Uint8Array(rules.bytes + rules.lineBytesMost + BLOCK_BYTES);
  let end = 0;
  /** In `held`: where the line and the record begin that are looked at, and what was searched for line ends. */
  let line = 0, record = 0, searched = 0;
  let lines = 0, recordLines = 0;
  let open = false;
  /** The line is too long: nothing of it is kept, up to its end. */
  let skipping = false, skipped = 0;
  let start = from;

  /** Gives the records so far, and keeps what follows them. */
  function cut(): Cut {
    const bytes = held.slice(0, record);
    const next = { byte: start.byte + record, line: start.line + recordLines };
    const result = { bytes, from: start, next, rejected: null };
    held.copyWithin(0, record, end);
    [line, searched, end, lines] = [
      line - record,
      searched - record,
      end - record,
      lines - recordLines,
    ];
    record = recordLines = 0;
    start = next;
    return result;
  }

  /** The first line of the record that is held: left out, whole or what comes of it. */
  function refuse(bytes: number, reason: string): Cut {
    const next = { byte: start.byte + bytes, line: start.line + 1 };
    const rejected = { line: start.line, reason };
    const result = { bytes: new Uint8Array(0), from: start, next, rejected };
    start = next;
    return result;
  }

  /** A record grew past its bound. */
  function* outgrown(): Generator<Cut> {
    if (record > 0) yield cut();
    const first = held.subarray(0, end).indexOf(LF);
    if (first >= 0) {
      // A quote that nobody closed: without its line, those after it are lines again.
      yield refuse(
        first + 1,
        first < rules.lineBytesMost ? NEVER_CLOSED : tooLong(rules.lineBytesMost),
      );
      held.copyWithin(0, first + 1, end);
      end -= first + 1;
    } else {
      skipping = true;
      skipped = end;
      end = 0;
    }
    line = searched = lines = 0;
    open = false;
  }

  function* search(): Generator<Cut> {
    while (searched < end) {
      const at = held.subarray(0, end).indexOf(LF, searched);
      if (at < 0) {
        searched = end;
      } else {
        searched = at + 1;
        lines++;
        const text = held.subarray(line, at);
        if (rules.isOpen !== undefined && (open || text.includes(QUOTE))) {
          open = rules.isOpen(text, open);
        }
        line = searched;
      }
      if (searched - record > rules.lineBytesMost) yield* outgrown();
      else if (at >= 0 && !open) {
        record = searched;
        recordLines = lines;
        if (record >= rules.bytes) yield cut();
      }
    }
  }

  return {
    *take(bytes: Uint8Array): Generator<Cut> {
      for (let at = 0; at < bytes.length;) {
        if (skipping) {
          const lf = bytes.indexOf(LF, at);
          const to = lf < 0 ? bytes.length : lf + 1;
          skipped += to - at;
          at = to;
          if (lf < 0) return;
          skipping = false;
          yield refuse(skipped, tooLong(rules.lineBytesMost));
          continue;
        }
        const room = Math.min(bytes.length - at, held.length - end, BLOCK_BYTES);
        held.set(bytes.subarray(at, at + room), end);
        end += room;
        at += room;
        yield* search();
      }
    },
    *end(): Generator<Cut> {
      while (open) {
        // The last line's line end is thought, so that it is left out as others are.
        if (held[end - 1] !== LF) held[end++] = LF;
        yield* outgrown();
        yield* search();
      }
      if (skipping) yield refuse(skipped, tooLong(rules.lineBytesMost));
      if (end > 0) {
        [record, recordLines] = [end, lines + (end > line ? 1 : 0)];
        yield cut();
      }
      held = new Uint8Array(0);
    },
  };
}

function tooLong(most: number): string {
  return `the line has more than ${Math.round(most / 1024)} kB`;
}

/** The unpacked bytes from `from` on, valid until the next are asked for. */
async function* bytesOf(
  source: ImportSource,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<{ bytes: Uint8Array; share: number }> {
  using file = await Deno.open(source.path);
  const size = Math.max(1, (await file.stat()).size);
  const packing = await packingOf(file, source);
  let read = 0;
  const position = packing === "plain" ? from : 0;
  await file.seek(position, Deno.SeekMode.Start);
  async function* blocks() {
    const block = new Uint8Array(BLOCK_BYTES);
    for (let n; (n = await file.read(block)) !== null;) {
      signal?.throwIfAborted();
      read += n;
      yield block.subarray(0, n);
    }
  }
  let left = from - position;
  for await (const bytes of unpacked(packing, blocks(), () => read)) {
    signal?.throwIfAborted();
    const skip = Math.min(left, bytes.length);
    left -= skip;
    const share = Math.min(1, (position + read) / size);
    if (skip < bytes.length) yield { bytes: bytes.subarray(skip), share };
  }
}

async function packingOf(file: Deno.FsFile, source: ImportSource): Promise<Packing> {
  const start = new Uint8Array(4);
  const bytes = await file.read(start) ?? 0;
  const begins = (...magic: number[]) =>
    bytes >= magic.length && magic.every((byte, i) => start[i] === byte);
  if (begins(0x1f, 0x8b)) return "gzip";
  if (begins(0xff, 0xfe)) return "utf-16le";
  if (begins(0xfe, 0xff)) return "utf-16be";
  const other = begins(0x50, 0x4b, 3, 4)
    ? "zip"
    : begins(0x28, 0xb5, 0x2f, 0xfd)
    ? "zstd"
    : begins(0xfd, 0x37, 0x7a, 0x58)
    ? "xz"
    : begins(0x42, 0x5a, 0x68)
    ? "bzip2"
    : null;
  if (other === null) return "plain";
  throw new PerchError(
    "validation",
    `"${source.name}" is packed with ${other}: unpack it first; only gzip is read as it is`,
  );
}

async function* unpacked(
  packing: Packing,
  blocks: AsyncGenerator<Uint8Array>,
  read: () => number,
): AsyncGenerator<Uint8Array> {
  if (packing === "plain") return yield* blocks;
  if (packing === "gzip") return yield* gunzipped(blocks, read);
  const decoder = new TextDecoder(packing);
  const encoder = new TextEncoder();
  for await (const block of blocks) yield encoder.encode(decoder.decode(block, { stream: true }));
}

/** `node:zlib`, because the web's stream refuses files of several members, as `cat a.gz b.gz` makes them. */
async function* gunzipped(
  blocks: AsyncGenerator<Uint8Array>,
  read: () => number,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  const feed = async () => {
    for await (const block of blocks) {
      if (gunzip.destroyed) return;
      if (gunzip.write(block.slice())) continue;
      await new Promise<void>((done) => gunzip.once("drain", done).once("close", done));
    }
    gunzip.end();
  };
  const fed = feed().catch((error) => void gunzip.destroy(error));
  let bytes = 0;
  try {
    for await (const part of gunzip) {
      bytes += part.length;
      if (bytes > UNPACKED_FREE_BYTES && bytes > RATIO_MOST * read()) {
        throw new PerchError(
          "validation",
          `the file unpacks to more than ${RATIO_MOST} times its size, as no history does: ` +
            "unpack it yourself if it is one",
        );
      }
      yield part;
    }
  } catch (error) {
    throw gzipFault(error);
  } finally {
    gunzip.destroy();
    await fed;
  }
}

function gzipFault(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !code.startsWith("Z_")) return error;
  return new PerchError(
    "validation",
    code === "Z_BUF_ERROR"
      ? "the gzip file breaks off: its end is missing. What stands before it was read; import the whole file again"
      : "the gzip file is damaged. What stands before the damage was read; import the whole file again",
    { cause: error },
  );
}

/** A place as a cursor. */
export function cursorOf({ byte, line }: Place): string {
  return `${byte}:${line}`;
}

/** The place of a cursor; null is the beginning. @throws PerchError `validation` when it is none */
export function placeOf(cursor: string | null): Place {
  if (cursor === null) return BEGINNING;
  const [, byte, line] = /^(\d{1,15}):(\d{1,15})$/.exec(cursor) ?? [];
  if (line !== undefined) return { byte: Number(byte), line: Number(line) };
  throw new PerchError("validation", `"${cursor.slice(0, 40)}" is no place in this file`);
}
