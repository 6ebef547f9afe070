import { Buffer } from "node:buffer";
import type { Reject } from "../readings/reading.ts";
import type { RejectRecord } from "./rejects.ts";
import { joinedBytes } from "../base/joined_bytes.ts";

/**
 * A line of `<data>/rejected.jsonl`: one for each message of which something was refused. Of an HTTP request
 * it holds the refused items alone. `payload` when that is the shorter way to write it, else `payloadBase64`.
 */
export interface DeadLetter {
  /** ISO 8601, UTC. */
  ts: string;
  source: string;
  topic: string;
  code: string;
  message: string;
  payload?: string;
  payloadBase64?: string;
  /** Length of all that came in, when the letter holds only a part of it. Such a letter cannot be replayed. */
  cutFromBytes?: number;
  /** How many values or items were refused, and the first few reasons, when it was more than one. */
  count?: number;
  reasons?: Reject[];
}

/** Append-only file of what was refused, rotated so that it stays bounded. */
export interface DeadLetterFile {
  /** Resolves when the lines are with the operating system. Never rejects: a full disk is reported once. */
  append(records: readonly RejectRecord[]): Promise<void>;
  close(): Promise<void>;
}

const ROTATE_BYTES = 10 * 1024 * 1024;
const KEEP_FILES = 3;
/** Most bytes of payload in a letter. */
export const LETTER_BYTES_MOST = 256 * 1024;
/** Bytes that are written at once. */
const WRITE_BYTES = 1024 * 1024;

/**
 * Opens `<directory>/rejected.jsonl`. Older files are `rejected.1.jsonl` … `rejected.3.jsonl`, 10 MB each at
 * most: a letter that does not fit any more begins the next file. Errors go to `onError`, once per run of
 * failures.
 */
export function openDeadLetters(
  directory: string,
  onError: (error: unknown) => void,
  rotateBytes = ROTATE_BYTES,
): DeadLetterFile {
  const path = `${directory}/rejected.jsonl`;
  // Escaped and with its other fields, a letter is well below a file.
  const payloadBytes = Math.min(LETTER_BYTES_MOST, Math.floor(rotateBytes / 4));
  let file: Deno.FsFile | null = null;
  let size = 0;
  let failing = false;
  let last = Promise.resolve();

  async function open(): Promise<Deno.FsFile> {
    if (file !== null) return file;
    file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
    size = (await file.stat()).size;
    return file;
  }

  async function next(): Promise<void> {
    file?.close();
    file = null;
    await rotate(directory);
    await open();
  }

  async function put(bytes: Uint8Array): Promise<void> {
    await open();
    if (size > 0 && size + bytes.length > rotateBytes) await next();
    for (let at = 0; at < bytes.length;) {
      const n = await file!.write(bytes.subarray(at));
      at += n;
      size += n;
    }
  }

  async function write(records: readonly RejectRecord[]): Promise<void> {
    const encoder = new TextEncoder();
    try {
      await open();
      let lines: Uint8Array<ArrayBuffer>[] = [];
      let bytes = 0;
      for (const record of records) {
        const line = encoder.encode(lineOf(record, payloadBytes));
        if (bytes > 0 && (bytes >= WRITE_BYTES || size + bytes + line.length > rotateBytes)) {
          await put(joinedBytes(lines));
          [lines, bytes] = [[], 0];
        }
        lines.push(line);
        bytes += line.length;
      }
      await put(joinedBytes(lines));
      failing = false;
    } catch (error) {
      if (!failing) onError(error);
      failing = true;
    }
  }

  return {
    append: (records) => last = last.then(() => write(records)),
    async close() {
      await last;
      file?.close();
      file = null;
    },
  };
}

async function rotate(directory: string): Promise<void> {
  for (let i = KEEP_FILES; i >= 1; i--) {
    const from = i === 1 ? `${directory}/rejected.jsonl` : `${directory}/rejected.${i - 1}.jsonl`;
    await Deno.rename(from, `${directory}/rejected.${i}.jsonl`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

function lineOf(record: RejectRecord, payloadBytes: number): string {
  const { source, topic, code, message, count, reasons } = record;
  const letter: DeadLetter = {
    ts: new Date(record.tsMs).toISOString(),
    source,
    topic,
    code,
    message,
    ...payloadFields(record.payload.subarray(0, payloadBytes)),
  };
  const cut = record.payload.length > payloadBytes ? record.payload.length : undefined;
  const cutFromBytes = record.cutFromBytes ?? cut;
  if (cutFromBytes !== undefined) letter.cutFromBytes = cutFromBytes;
  if (count !== undefined) Object.assign(letter, { count, reasons });
  return JSON.stringify(letter) + "\n";
}

/** As text where that is not much longer than Base64 would be: a NUL takes six characters in JSON. */
function payloadFields(payload: Uint8Array): Pick<DeadLetter, "payload" | "payloadBase64"> {
  let escaped = 0;
  for (const byte of payload) if (byte < 0x20) escaped++;
  try {
    if (escaped * 8 > payload.length) throw new TypeError("mostly control characters");
    return { payload: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload) };
  } catch {
    return { payloadBase64: Buffer.from(payload).toString("base64") };
  }
}

/** The payload of a dead letter as it came in (or as much as was kept). */
export function payloadOf(letter: DeadLetter): Uint8Array {
  if (letter.payloadBase64 === undefined) return new TextEncoder().encode(letter.payload ?? "");
  return Uint8Array.from(atob(letter.payloadBase64), (c) => c.charCodeAt(0));
}
