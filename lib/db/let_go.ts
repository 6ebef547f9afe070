/**
 * The driver closes a database only when the memory of its last statement is collected, which may be never: the
 * file stays open, with its locks, its index and, when it was removed, its room on the disk. Called after `close`,
 * in the same thread, where a file is opened for a while or goes to another place afterwards.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | null = null;

/** Collects what is not used any more, and waits until the driver has let go of it. */
export async function letGo(): Promise<void> {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  for (let turn = 0; turn < 2; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
