/** The lines of a file that is imported: in stretches of whole ones, with bounded memory whatever the file. */
import { PerchError } from "../../base/errors.ts";
import type { ImportSource, RejectedLine } from "./format.ts";
import { BLOCK_BYTES, bytesOf } from "./unpacked_bytes.ts";

/** Of the unpacked text, by which formats are told apart. */
export const HEAD_BYTES = 64 * 1024;
/** A megabyte is about 25 000 readings. */
const STRETCH_BYTES = 256 * 1024;
/** Of a line, or of a record with line ends in its texts. */
export const LINE_BYTES_MOST = 1024 * 1024;
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
  let shareAt = (_: Place) => 0;
  const shared = (cut: Cut): Stretch => ({ ...cut, share: shareAt(cut.next) });
  try {
    for await (const { bytes, share, of } of bytesOf(source, from.byte, signal)) {
      shareAt = ({ byte }) => of === null ? share : byte / of;
      for (const cut of cutter.take(bytes)) yield shared(cut);
    }
  } catch (error) {
    if (error instanceof PerchError) { for (const cut of cutter.whole()) yield shared(cut); }
    throw error;
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
  /** Up to here there is no quote from `searched` on. */
  let unquoted = 0;
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
    unquoted -= record;
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
    line =
      searched =
      lines =
      unquoted =
        0;
    open = false;
  }

  /** Takes the whole lines that come next without a quote, as nearly all do, up to where a stretch ends. */
  function takePlain(): void {
    if (open || line !== searched) return;
    if (rules.isOpen === undefined) unquoted = end;
    else if (unquoted <= searched) {
      const quote = held.subarray(searched, end).indexOf(QUOTE);
      unquoted = quote < 0 ? end : searched + quote;
    }
    while (record < rules.bytes) {
      const at = held.indexOf(LF, searched);
      if (at < 0 || at >= unquoted || at >= rules.lineBytesMost + record) return;
      lines++;
      line = searched = record = at + 1;
      recordLines = lines;
    }
  }

  function* search(): Generator<Cut> {
    while (searched < end) {
      takePlain();
      if (record >= rules.bytes) yield cut();
      if (searched === end) return;
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
    /** The whole records that are held: what follows them will not come. */
    *whole(): Generator<Cut> {
      if (record > 0) yield cut();
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
  return `the line has more than ${Math.round(most / 1024 / 1024 * 10) / 10} MB`;
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
