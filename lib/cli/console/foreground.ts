/**
 * Perch that was started by hand, on a terminal: when a fault pauses something, what the console shows stands below
 * the log until it is over. What `q` puts away does not come back for the same fault.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Terminal } from "../terminal.ts";
import { createPane } from "./pane.ts";
import { runSession } from "./session.ts";
import type { Tty } from "./tty.ts";
import type { ConsoleCalls, FaultView } from "./view.ts";

export interface Foreground {
  /** Its log lines go on above what is shown. */
  terminal: Terminal;
  /** Begins to look; what is given ends it, and sets the terminal back. */
  watch(options: WatchOptions): () => Promise<void>;
}

export interface WatchOptions {
  calls: ConsoleCalls;
  clock: Clock;
  log: Log;
  /** Ctrl-C. */
  onEnd(): void;
}

const LOOK_MS = 1_000;

export function createForeground(terminal: Terminal, tty: Tty): Foreground {
  const pane = createPane(tty);
  let isShown = false;

  async function keepLooking({ calls, clock, log, onEnd }: WatchOptions, signal: AbortSignal) {
    const putAway = new Set<number>();
    const isNew = ({ id, paused }: FaultView) => paused && !putAway.has(id);
    while (!signal.aborted) {
      const faults = await calls.openFaults().catch(() => []);
      if (!faults.some(isNew) || !tty.isOurs()) {
        await clock.sleep(LOOK_MS, signal).catch(() => {});
        continue;
      }
      isShown = true;
      let latest: readonly FaultView[] = faults;
      const { why, said } = await runSession({
        ...{ calls, clock, tty, pane, signal },
        quit: "quit this view",
        isDone: (now) => !(latest = now).some(({ paused }) => paused),
      }).finally(() => {
        pane.clear();
        isShown = false;
      });
      if (why === "quit") {
        for (const { id } of latest) putAway.add(id);
        log.info("Perch runs on; perch console shows its faults again");
      } else if (why === "done") {
        if (said !== null) log.info(said);
        log.info("nothing is paused any more");
      } else if (why === "end") onEnd();
      if (why === "end" || why === "gone") return;
    }
  }

  return {
    terminal: {
      ...terminal,
      err: (line) => isShown ? pane.above(line) : terminal.err(line),
    },
    watch(options) {
      const stop = new AbortController();
      const looking = keepLooking(options, stop.signal);
      return async () => {
        stop.abort();
        await looking;
      };
    },
  };
}
