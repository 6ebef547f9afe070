/** Reads files for imports in a worker of its own: parsing takes whole seconds of a core. */
import { carried } from "../../base/carried.ts";
import { PerchError } from "../../base/errors.ts";
import { createRpcClient } from "../../db/rpc.ts";
import type { ImportBlock } from "../../readings/importing.ts";
import type { Counting } from "./counting.ts";
import type { ImportOptions, ImportSource } from "./format.ts";
import type { Looked, ReadRequest } from "./import_worker.ts";
import type { PackedSegment } from "./packing.ts";
import type { ScratchPlace } from "./scratch.ts";

export interface ImportReader {
  formats(): Promise<{ id: string; title: string }[]>;
  look(source: ImportSource, options: ImportOptions & { format?: string }): Promise<Looked>;
  /** Segments from a cursor on; while one is used the next is read. */
  read(request: ReadRequest): AsyncGenerator<PackedSegment>;
  /** A database in this folder, for as long as the reader is there. */
  scratch(folder: string): Promise<Counting>;
}

/** Runs `use` with a worker that ends with it; once `signal` is aborted, it answers no more. @throws PerchError */
export async function withReader<T>(
  signal: AbortSignal | undefined,
  use: (reader: ImportReader) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./import_worker.ts", import.meta.url), {
    type: "module",
    name: "import",
  });
  const rpc = createRpcClient(worker);
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    rpc.fail(new PerchError("internal", `the import's worker ended: ${event.message}`));
  });
  const end = () => rpc.fail(new PerchError("unavailable", "the import was ended"));
  signal?.addEventListener("abort", end);
  async function* read(request: ReadRequest): AsyncGenerator<PackedSegment> {
    await rpc.call("open", [request]);
    for (let one; (one = await rpc.call("next", [])) !== null;) yield one;
  }
  try {
    return await use({
      formats: () => rpc.call("formats", []),
      look: (source, options) => rpc.call("look", [source, options]),
      read,
      async scratch(folder) {
        const place: ScratchPlace = { folder, migrationsFolder: carried("migrations") };
        await rpc.call("openScratch", [place]);
        return {
          importReadings: (block) => rpc.call("importReadings", [block], buffersOf(block)),
          importHours: (hours) => rpc.call("importHours", [hours]),
        };
      },
    });
  } finally {
    signal?.removeEventListener("abort", end);
    worker.terminate();
  }
}

function buffersOf({ sensor, n, tMs, value }: ImportBlock): Transferable[] {
  return [sensor, n, tMs, value].map(({ buffer }) => buffer as ArrayBuffer);
}
