import type { Config } from "../../base/config.ts";
import { openServiceSocket } from "../../base/service_socket.ts";

/** What the service manager that started this process wants to hear. */
export interface ServiceManager {
  /** Where it listens; null: nowhere. */
  socket: string | null;
  /** How long a sign of life may be missing; null: it asks for none. */
  deadlineMs: number | null;
  /** It asks for signs of life and listens nowhere: it restarts a process that ended. */
  endsItself: boolean;
}

/** `sd_watchdog_enabled(3)`: `WATCHDOG_PID` of another process means that another one is asked. */
export function serviceManager(
  { notifySocket: socket, watchdogMs, watchdogPid }: Config["service"],
  pid: number,
): ServiceManager {
  const isAsked = watchdogMs !== null && (watchdogPid === null || watchdogPid === pid);
  const deadlineMs = isAsked ? watchdogMs : null;
  return { socket, deadlineMs, endsItself: deadlineMs !== null && socket === null };
}

/** Tells the service manager how far the process is while no database answers for it. */
export interface Service {
  /** It starts, or starts again: this may take longer than it would wait. */
  starting(): void;
  /** It waits for a person, with what a page can do meanwhile. */
  waiting(status: string): void;
  /** From now on the app says it. */
  running(): void;
  stopping(): void;
}

const AGAIN_MS = 10_000;
const EXTEND_USEC = 30_000_000;
/** A start that takes longer hangs. */
const START_MOST_MS = 30 * 60_000;

export function createService({ socket, deadlineMs }: ServiceManager): Service {
  const to = socket === null ? null : openServiceSocket(socket);
  let timer: ReturnType<typeof setInterval> | undefined;

  function every(lines: string[], mostMs: number): void {
    clearInterval(timer);
    if (to === null) return;
    const until = performance.now() + mostMs;
    to.send(...lines);
    const again = setInterval(() => {
      if (performance.now() > until) clearInterval(again);
      else to.send(...lines);
    }, Math.min(AGAIN_MS, (deadlineMs ?? Infinity) / 3));
    Deno.unrefTimer(again);
    timer = again;
  }

  return {
    starting: () =>
      every(
        [`EXTEND_TIMEOUT_USEC=${EXTEND_USEC}`, "WATCHDOG=1", "STATUS=Starting."],
        START_MOST_MS,
      ),
    waiting: (status) => every(["READY=1", "WATCHDOG=1", `STATUS=${status}`], Infinity),
    running: () => clearInterval(timer),
    stopping() {
      clearInterval(timer);
      to?.send("STOPPING=1", "STATUS=Stopping.");
    },
  };
}
