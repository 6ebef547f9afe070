import type { RejectRecord } from "./rejects.ts";

/** A line of `<data>/rejected.jsonl`. `payload` when it is valid UTF-8, else `payloadBase64`. */
export interface DeadLetter {
  /** ISO 8601, UTC. */
  ts: string;
  source: string;
  topic: string;
  code: string;
  message: string;
  payload?: string;
  payloadBase64?: string;
  /** Length of the payload when it was longer than what is kept. */
  cutFromBytes?: number;
}

/** Append-only file of what was refused, rotated so that it stays bounded. */
export interface DeadLetterFile {
  /** Resolves when the lines are with the operating system. Never rejects: a full disk is reported once. */
  append(records: readonly RejectRecord[]): Promise<void>;
  close(): Promise<void>;
}

const ROTATE_BYTES = 10 * 1024 * 1024;
const KEEP_FILES = 3;
const PAYLOAD_BYTES = 64 * 1024;

/**
 * Opens `<directory>/rejected.jsonl`. Older files are `rejected.1.jsonl` … `rejected.3.jsonl`, 10 MB each.
 * Errors go to `onError`, once per run of failures.
 */
export function openDeadLetters(
  directory: string,
  onError: (error: unknown) => void,
  rotateBytes = ROTATE_BYTES,
): DeadLetterFile {
  const path = `${directory}/rejected.jsonl`;
  let file: Deno.FsFile | null = null;
  let size = 0;
  let failing = false;
  let last = Promise.resolve();

  async function open(): Promise<Deno.FsFile> {
    if (file !== null && size < rotateBytes) return file;
    file?.close();
    file = null;
    if (size >= rotateBytes) await rotate(directory);
    file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
    size = (await file.stat()).size;
    return file;
  }

  async function write(records: readonly RejectRecord[]): Promise<void> {
    try {
      const target = await open();
      const bytes = new TextEncoder().encode(records.map(line).join(""));
      for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
      size += bytes.length;
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

function line(record: RejectRecord): string {
  const { source, topic, code, message } = record;
  const kept = record.payload.subarray(0, PAYLOAD_BYTES);
  const letter: DeadLetter = {
    ts: new Date(record.tsMs).toISOString(),
    source,
    topic,
    code,
    message,
    ...payloadFields(kept),
  };
  if (record.payload.length > PAYLOAD_BYTES) letter.cutFromBytes = record.payload.length;
  return JSON.stringify(letter) + "\n";
}

function payloadFields(payload: Uint8Array): Pick<DeadLetter, "payload" | "payloadBase64"> {
  try {
    return { payload: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload) };
  } catch {
    let binary = "";
    for (const byte of payload) binary += String.fromCharCode(byte);
    return { payloadBase64: btoa(binary) };
  }
}

/** The payload of a dead letter as it came in (or as much as was kept). */
export function payloadOf(letter: DeadLetter): Uint8Array {
  if (letter.payloadBase64 === undefined) return new TextEncoder().encode(letter.payload ?? "");
  return Uint8Array.from(atob(letter.payloadBase64), (c) => c.charCodeAt(0));
}
