import { carried } from "../../base/carried.ts";
import { PerchError } from "../../base/errors.ts";
import type { ReportDocument } from "../document.ts";
import type { CsvOptions, ReportFormat } from "./formats.ts";
import type { FromRenderer, ToRenderer } from "./messages.ts";

export interface RenderProgress {
  /** 0…1. */
  share: number;
  /** What is being written, for a person. */
  words: string;
}

const CSV: CsvOptions = { decimalComma: false, byteOrderMark: true };

/**
 * Writes a document to `path` in a worker of its own, which ends with it. The same document gives the same bytes.
 * When it rejects, no file is left; with the signal's reason at once when that aborts.
 * @throws PerchError `storage_full`, `storage_failed`, `internal`
 */
export async function renderReport(
  document: ReportDocument,
  format: ReportFormat,
  path: string,
  progress: (now: RenderProgress) => void,
  signal: AbortSignal,
  csv: CsvOptions = CSV,
): Promise<{ bytes: number }> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./render_worker.ts", import.meta.url), {
    type: "module",
    name: "report",
  });
  let onAbort = () => {};
  let isWritten = false;
  try {
    const bytes = await new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromRenderer>) => {
        if (data.kind === "progress") progress({ share: data.share, words: data.words });
        else if (data.kind === "done") resolve(data.bytes);
        else reject(new PerchError(data.code, data.message));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new PerchError("internal", `the report's worker ended: ${event.message}`));
      };
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      const order = { document, format, path, csv };
      worker.postMessage({ order, fonts: carried("lib/reports/fonts") } satisfies ToRenderer);
    });
    isWritten = true;
    return { bytes };
  } finally {
    signal.removeEventListener("abort", onAbort);
    worker.terminate();
    if (!isWritten) await Deno.remove(path).catch(() => {});
  }
}
