/** What becomes of a script that is found on the disk. Pure. */
import type { ScriptRow } from "./scripts_store.ts";

export type ScriptSwitch = ScriptRow["state"];

export interface Found {
  hash: string;
  /** What is known of it; null: nothing. */
  row: Pick<ScriptRow, "hash" | "state"> | null;
  /** It came with a restore: nobody on this host has seen it. */
  restored: boolean;
}

/**
 * Whether it may run; null: nothing is new. Whoever can write into the data directory may run scripts, so what they
 * change there runs. What a restore brought waits for an admin, whatever becomes of it on the disk.
 */
export function decideFound({ hash, row, restored }: Found): ScriptSwitch | null {
  if (row === null) return restored ? "awaiting" : "on";
  return row.hash === hash ? null : row.state;
}
