/** Turns blocks into bytes of a format, off the main loop, and writes files bit by bit. Started by `client.ts`. */
import { messageOf, PerchError } from "../../base/errors.ts";
import { lowerPriority } from "../../base/low_priority.ts";
import { pacedWriter } from "../../base/paced_file.ts";
import { createYoungGarbage } from "../../base/young_garbage.ts";
import { createGzip, type Gzip } from "./gzip.ts";
import type { FromWriter, ToWriter } from "./messages.ts";
import { release } from "./pages.ts";
import {
  type Block,
  type Bytes,
  columnsOf,
  type ExportHead,
  NO_BYTES,
  type TableWriter,
} from "./table.ts";
import { writerOf } from "./writer.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWriter>) => void;
  postMessage: (answer: FromWriter, transfer: Transferable[]) => void;
};

interface Table {
  writer: TableWriter;
  gzip: Gzip | null;
  /** Null: the bytes go back. */
  file: Deno.FsFile | null;
  put: ((bytes: Uint8Array) => Promise<void>) | null;
  written: number;
}
let table: Table | null = null;
/** Between two blocks nothing of them is in use any more. */
const GARBAGE_BYTES = 128 * 1024;
const used = createYoungGarbage(GARBAGE_BYTES);

async function begin(head: ExportHead, path: string | null): Promise<Bytes> {
  const writer = await writerOf(head, path);
  // SQLite writes its file itself.
  const own = path !== null && head.format !== "sqlite";
  const file = own ? await Deno.open(path, { write: true, create: true, truncate: true }) : null;
  table = {
    writer,
    gzip: head.gzip ? createGzip() : null,
    file,
    put: file === null ? null : pacedWriter(file),
    written: 0,
  };
  return await out(table, await writer.begin());
}

/** What is ready: into the file, or back. */
async function out(to: Table, bytes: Bytes): Promise<Bytes> {
  const ready = to.gzip === null ? bytes : await to.gzip.add(bytes);
  return await delivered(to, ready);
}

async function delivered(to: Table, bytes: Bytes): Promise<Bytes> {
  to.written += bytes.length;
  // They hold until the next ones.
  if (to.put === null) return bytes.slice();
  if (bytes.length > 0) await to.put(bytes);
  return NO_BYTES;
}

async function written(to: Table, block: Block): Promise<Bytes> {
  const columns = columnsOf(block);
  const blockBytes = columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = await to.writer.write(block);
  release(...columns);
  const ready = await out(to, bytes);
  used(blockBytes);
  return ready;
}

async function end(to: Table): Promise<Bytes> {
  let last = await out(to, await to.writer.end());
  if (to.gzip !== null) {
    const rest = await delivered(to, await to.gzip.end());
    last = last.length === 0 ? rest : new Uint8Array([...last, ...rest]);
  }
  if (to.file !== null) {
    await to.file.sync();
    to.file.close();
  }
  return last;
}

async function answer(message: ToWriter): Promise<FromWriter> {
  let bytes: Bytes;
  if (message.kind === "begin") bytes = await begin(message.head, message.path);
  else if (message.kind === "write") {
    bytes = await written(table!, message.block);
  } else bytes = await end(table!);
  return { kind: "done", bytes, written: table!.written };
}

function failure(error: unknown): FromWriter {
  const code = error instanceof PerchError
    ? error.code
    : isFull(error)
    ? "storage_full"
    : "internal";
  const message = code === "storage_full"
    ? "There is no room on the disk for this file."
    : messageOf(error);
  return { kind: "failed", code, message };
}

const isFull = (error: unknown) => /ENOSPC|no space left|disk is full/i.test(messageOf(error));

// Readings come first.
lowerPriority(0);

scope.onmessage = async ({ data }) => {
  const said = await answer(data).catch(failure);
  scope.postMessage(said, said.kind === "done" && said.bytes.length > 0 ? [said.bytes.buffer] : []);
};
