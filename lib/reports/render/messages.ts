/** Between the one who orders a file and the worker that writes it. */
import type { ErrorCode } from "../../base/errors.ts";
import type { RenderOrder } from "./formats.ts";

export interface ToRenderer {
  order: RenderOrder;
  /** Where the fonts lie (`../fonts`). */
  fonts: string;
}

export type FromRenderer =
  | { kind: "progress"; share: number; words: string }
  | { kind: "done"; bytes: number }
  | { kind: "failed"; code: ErrorCode; message: string };
