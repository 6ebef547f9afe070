import { join } from "node:path";
import { nameId } from "../base/ids.ts";

/**
 * Remembers which dead letters have been stored by a replay, so that the next replay leaves them out. The
 * marks are hashes in `<data>/rejected.replayed`, rewritten as a whole (temporary file, fsync, rename) with
 * those letters only that are still in the dead-letter files: it stays as bounded as they are.
 */
export interface ReplayMarks {
  has(mark: string): boolean;
  add(mark: string): void;
  /** Writes the marks; those not in `present` are forgotten. */
  save(present: ReadonlySet<string>): Promise<void>;
}

export async function openReplayMarks(dataDir: string): Promise<ReplayMarks> {
  const path = join(dataDir, "rejected.replayed");
  const marks = new Set<string>();
  try {
    for (const line of (await Deno.readTextFile(path)).split("\n")) {
      if (line !== "") marks.add(line);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return {
    has: (mark) => marks.has(mark),
    add: (mark) => void marks.add(mark),
    async save(present) {
      const lines = [...marks].filter((mark) => present.has(mark)).map((mark) => mark + "\n");
      await replaceFile(path, new TextEncoder().encode(lines.join("")));
    },
  };
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  const file = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(part, path);
}

/** Gives each line its mark. Equal lines get different marks, by their order. */
export function createMarker(): (line: string) => string {
  const seen = new Map<string, number>();
  return (line) => {
    const nth = seen.get(line) ?? 0;
    seen.set(line, nth + 1);
    return nameId(`${nth}\n${line}`, 24);
  };
}
