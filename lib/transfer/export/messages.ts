import type { ErrorCode } from "../../base/errors.ts";
import type { Block, Bytes, ExportHead } from "./table.ts";

/** What the worker is told: a table begins, grows, ends. One call at a time. */
export type ToWriter =
  /** `path`: the file that is written; null: the bytes come back. */
  | { kind: "begin"; head: ExportHead; path: string | null }
  | { kind: "write"; block: Block }
  | { kind: "end" };

/** What it answers to each: bytes that are ready (none where a file is written), or why it failed. */
export type FromWriter =
  | { kind: "done"; bytes: Bytes; written: number }
  | { kind: "failed"; code: ErrorCode; message: string };
