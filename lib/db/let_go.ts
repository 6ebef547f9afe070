/**
 * The driver closes a database only when the memory of its last statement is collected, which may be never: the
 * file stays open, with its locks, its index and, when it was removed, its room on the disk. Called after `close`,
 * in the same thread, where a file is opened for a while or goes to another place afterwards.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Collects what is not used any more, and waits until the driver has let go of it. */
export async function letGo(): Promise<void> {
  collect ??= collector();
  for (let turn = 0; turn < 2; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Perch is started with `--expose-gc`; where code of it runs without, that is switched on here. */
function collector(): () => void {
  const given = (globalThis as { gc?: () => void }).gc;
  if (given !== undefined) return given;
  // Not in a compiled binary: its runtime does not take flags any more once it runs.
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
