import { join } from "node:path";
import { z } from "zod";
import { messageOf, PerchError } from "../base/errors.ts";
import { findingsShape } from "./findings.ts";
import { itemShape } from "./moves.ts";

/** What was restored last, in the data directory. */
export const RESTORED_NAME = "restored.json";

export const restoredShape = z.object({
  format: z.literal(1),
  /** The archive, and when it was made. */
  from: z.string(),
  made_ms: z.int(),
  at_ms: z.int(),
  /** Folder of what was there before, below the data directory; null: it was confirmed, and is removed. */
  replaced: z.string().nullable(),
  /** Those of restores before that were not confirmed, and what a confirmation has still to remove. */
  earlier: z.array(z.string()),
  /** Of the owner, from the restored database on: higher than any before. */
  epoch: z.int(),
  /** What the person was told. */
  list: findingsShape,
  /** Scripts that came with it: none runs before somebody has approved it. */
  scripts: z.array(z.string()).default([]),
  /** What is to be put back. */
  items: z.array(itemShape),
});
export type RestoredRecord = z.output<typeof restoredShape>;

/** What restores replaced and is still there, the last one's first. */
export function foldersOf({ replaced, earlier }: RestoredRecord): string[] {
  return replaced === null ? earlier : [replaced, ...earlier];
}

/** Null: nothing was restored here. @throws PerchError `storage_failed` */
export async function readRestored(dataDir: string): Promise<RestoredRecord | null> {
  const path = join(dataDir, RESTORED_NAME);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new PerchError("storage_failed", `${path} cannot be read (${messageOf(error)}).`);
  }
  try {
    return restoredShape.parse(JSON.parse(text));
  } catch {
    throw new PerchError(
      "storage_failed",
      `${path} is not what a restore wrote: the replaced data is in a folder replaced-… beside it; move it ` +
        "by hand.",
    );
  }
}
