import { openServiceSocket, type ServiceSocket } from "../base/service_socket.ts";
import { endProcess } from "../base/end_process.ts";
import { messageOf } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import { keepHungNote } from "../health/watchdog/hung_note.ts";
import type { PulseRequest } from "../health/watchdog/pulse.ts";
import { isStorageFault } from "./storage_faults.ts";

/** What the main loop sends with each sign of life. */
export interface WorkerPulse extends PulseRequest {
  /** Of the service manager; null: none listens. */
  socket: string | null;
  /** A main loop that is missed is ended from here. */
  endsItself: boolean;
  notePath: string;
}

/** Another program holds the database: a write waits for it, and does not come to an end. */
const LOCKED = /SQLITE_(BUSY|LOCKED)|database (table )?is locked/;

export interface PulseDeps {
  /** Writes a little. */
  probe: () => Promise<void>;
  /** Time of the last commit, as the timer counts. */
  committedMs: () => number;
  /** For tests. */
  timer?: Timer;
}

/** When a connection committed last. */
export interface LastCommit {
  /** The same connection, whose writes are noted. */
  around(connection: Connection): Connection;
  /** As the timer counts; -Infinity: never, or a write failed since. */
  atMs(): number;
}

/** A commit shows that the disk takes writes until one of them fails, however recent it is. */
export function createLastCommit(timer: Pick<Timer, "now"> = REAL): LastCommit {
  let atMs = -Infinity;
  return {
    around: (connection) => ({
      ...connection,
      async write(statements) {
        try {
          const results = await connection.write(statements);
          atMs = timer.now();
          return results;
        } catch (error) {
          if (isStorageFault(error)) atMs = -Infinity;
          throw error;
        }
      },
    }),
    atMs: () => atMs,
  };
}

interface Timer {
  /** As `performance.now`. */
  now(): number;
  /** Calls `look` again and again, until what it gives is called. */
  every(ms: number, look: () => void): () => void;
}

const REAL: Timer = {
  now: () => performance.now(),
  every(ms, look) {
    const id = setInterval(look, ms);
    return () => clearInterval(id);
  },
};

/**
 * The worker's end of the chain (`lib/health/watchdog/pulse.ts`): writes where the last commit is old, sends the
 * sign of life, and misses the main loop when it asks no more.
 */
export function createWorkerPulse({ probe, committedMs, timer = REAL }: PulseDeps) {
  let socket: ServiceSocket | null = null;
  const missing = createMissing(timer);
  return {
    /** @throws PerchError when the write waits for a lock, Error when nothing could be sent */
    async pulse(request: WorkerPulse): Promise<void> {
      missing.heard(request);
      if (timer.now() - committedMs() > request.writeAfterMs) {
        await probe().catch((error) => {
          if (LOCKED.test(messageOf(error))) throw error;
        }).finally(missing.answered);
      } else missing.answered();
      if (request.socket === null) return;
      socket ??= openServiceSocket(request.socket);
      if (!socket?.send(...request.lines)) {
        throw new Error("the service manager's socket takes nothing, or no file can be opened");
      }
    },
    stop: missing.stop,
  };
}

/** Notices that the main loop asks no more, while this thread goes on. */
function createMissing(timer: Timer) {
  let last: WorkerPulse | null = null;
  let heardMs = 0;
  let lookedMs = 0;
  /** A note stands there that the main loop does not know of and will not take back. */
  let isNoted = false;
  /** The main loop waits for this thread, and says itself how long: it is given twice the time. */
  let patience: 1 | 2 = 1;
  let stop: (() => void) | null = null;

  function look(everyMs: number): void {
    const nowMs = timer.now();
    const stoodMs = nowMs - lookedMs - everyMs;
    lookedMs = nowMs;
    // This thread stood still too: whoever does not run cannot ask.
    if (stoodMs > everyMs) heardMs += stoodMs;
    const { missedMs, endsItself, notePath } = last!;
    const forMs = nowMs - heardMs;
    if (forMs < missedMs * 0.6 * patience) return;
    const what = `The event loop has not moved for ${Math.round(forMs / 1000)} s.`;
    keepHungNote(notePath, { atMs: Date.now(), what });
    isNoted = true;
    if (!endsItself || forMs < missedMs * patience) return;
    console.error(`${what} Perch ends, to be started again.`);
    endProcess(1);
  }

  return {
    heard(request: WorkerPulse): void {
      heardMs = timer.now();
      patience = 2;
      if (isNoted) keepHungNote(request.notePath, null);
      isNoted = false;
      if (!Number.isFinite(request.missedMs)) return;
      last = request;
      if (stop !== null) return;
      const everyMs = request.missedMs / 8;
      lookedMs = heardMs;
      stop = timer.every(everyMs, () => look(everyMs));
    },
    answered(): void {
      heardMs = timer.now();
      patience = 1;
    },
    stop() {
      stop?.();
      stop = null;
    },
  };
}
