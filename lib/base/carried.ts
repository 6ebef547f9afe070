import { join } from "node:path";

/**
 * Path of a file that the program carries (`migrations`, `static/…`), named from the root of the source; in a binary it
 * is inside that. Every file of the source that asks stands two folders below the root, and so does what the binary
 * is made of (`.ci/bundle.ts`).
 */
export function carried(path: string): string {
  return join(import.meta.dirname!, "..", "..", path);
}
