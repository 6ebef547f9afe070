import { join } from "node:path";

/** What hung when this process had to be ended, for the next start to tell. */
export interface HungNote {
  atMs: number;
  what: string;
}

/** Where it is kept. */
export const hungNotePath = (dataDir: string) => join(dataDir, "hung.json");

/** Writes or removes it; where nothing can be written there is none. Does not wait for anything. */
export function keepHungNote(path: string, note: HungNote | null): void {
  try {
    if (note === null) Deno.removeSync(path);
    else Deno.writeTextFileSync(path, JSON.stringify(note), { mode: 0o600 });
  } catch {
    // The log says it too.
  }
}

/** Reads and removes it; null: the process before this one did not hang, as far as is known. */
export function takeHungNote(path: string): HungNote | null {
  try {
    const { atMs, what } = JSON.parse(Deno.readTextFileSync(path));
    return typeof atMs === "number" && typeof what === "string" ? { atMs, what } : null;
  } catch {
    return null;
  } finally {
    keepHungNote(path, null);
  }
}
