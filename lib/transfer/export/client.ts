import { PerchError } from "../../base/errors.ts";
import type { FromWriter, ToWriter } from "./messages.ts";
import { type Block, type Bytes, columnsOf, type ExportHead } from "./table.ts";

/** A table that grows in a worker. One call at a time; `close` ends the worker wherever it stands. */
export interface ExportWriter {
  /** Bytes that are ready; none where a file is written. @throws PerchError `storage_full` */
  begin(head: ExportHead, path: string | null): Promise<Bytes>;
  /** The block's columns are handed over. */
  write(block: Block): Promise<Bytes>;
  end(): Promise<Bytes>;
  /** Bytes so far. */
  written(): number;
  close(): void;
}

export function createExportWriter(): ExportWriter {
  const worker = new Worker(new URL("./export_worker.ts", import.meta.url), {
    type: "module",
    name: "export",
  });
  let written = 0;
  let waiting: PromiseWithResolvers<Bytes> | null = null;

  worker.onmessage = ({ data }: MessageEvent<FromWriter>) => {
    if (data.kind === "failed") return waiting?.reject(new PerchError(data.code, data.message));
    written = data.written;
    waiting?.resolve(data.bytes);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    waiting?.reject(new PerchError("internal", `the export's worker ended: ${event.message}`));
  };

  function call(message: ToWriter, transfer: Transferable[] = []): Promise<Bytes> {
    waiting = Promise.withResolvers<Bytes>();
    worker.postMessage(message, transfer);
    return waiting.promise;
  }

  return {
    begin: (head, path) => call({ kind: "begin", head, path }),
    write: (block) => call({ kind: "write", block }, columnsOf(block).map(({ buffer }) => buffer)),
    end: () => call({ kind: "end" }),
    written: () => written,
    close: () => worker.terminate(),
  };
}
