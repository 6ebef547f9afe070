/**
 * DESIGN. `Deno.serve` ends for good when one connection cannot be accepted because no file descriptor is free,
 * and its promise rejects. So that a crowd of connections does not end Perch, the listener is opened again, at
 * the same address, as soon as that is possible. Connections that were accepted before continue.
 */
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface KeptOptions {
  log: Log;
  /** What listens, for the log: `pages`. */
  name: string;
  /** Called each time when no connection can be accepted: something may be closed to make room. */
  onPause?: () => void;
}

/** What moves new connections from one listener of a port to another; null and false: it is not possible. */
export interface Listeners {
  listenersOf(port: number): number[] | null;
  connectionsOf(port: number): { fd: number }[] | null;
  prefer(fd: number, number: number): boolean;
  end(fd: number): void;
}

export interface KeptServer {
  /** Why no connection is accepted at the moment; null: they are. */
  paused(): string | null;
  /**
   * Opens once more what was opened with `reusePort`. What is connected already goes on as it is, and every new
   * connection is the new server's; without `listeners`, idle connections are closed. @throws what `open` throws
   */
  renew(listeners: Listeners): Promise<void>;
  /**
   * Finishes what is being answered, at most for `graceMs`; with 0 all is closed at once. What takes longer is left to
   * the end of the process: to abort a server that shuts down would end it with an error that nobody can catch.
   */
  stop(graceMs: number): Promise<void>;
}

const AGAIN_MS = 250;
/** Accepting works again when it did not fail for this long. */
const STEADY_MS = 1_000;
const LOG_EVERY_MS = 60_000;
/** Of a connection that a slow client is opening. */
const MOVE_MS = 1_000;

/**
 * Keeps a server listening. The first call of `open` may throw; later ones are tried until they work.
 * @param open starts the server, always at the same address
 */
export function serveKept<A extends Deno.Addr>(
  open: (signal: AbortSignal) => Deno.HttpServer<A>,
  { log, name, onPause = () => {} }: KeptOptions,
): KeptServer & { addr: A } {
  let stopped = false;
  /** The server has failed: ending it once more would throw. */
  let failed = false;
  let abort = new AbortController();
  let server = open(abort.signal);
  let why: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loggedMs = -Infinity;
  const { addr } = server;
  /** Ends what servers of before a renewal still answer: they cannot be told to stop, as they listen no more. */
  let endRetired = () => {};

  function follow(): void {
    const followed = server;
    followed.finished.catch((error) => {
      if (followed === server) pause(error);
    });
  }

  async function renew(listeners: Listeners): Promise<void> {
    const port = addr.transport === "tcp" ? addr.port : 0;
    const before = failed ? [] : listeners.listenersOf(port) ?? [];
    const next = new AbortController();
    const opened = open(next.signal);
    const old = server;
    server = opened;
    abort = next;
    failed = false;
    follow();
    endRetired = () => listeners.connectionsOf(port)?.forEach(({ fd }) => listeners.end(fd));
    const isMoved = before.length === 1 && listeners.prefer(before[0], 1);
    if (!isMoved) return void old.shutdown().catch(() => {});
    // What was on its way to the old one is accepted there first.
    await new Promise((resolve) => setTimeout(resolve, MOVE_MS));
    if (!stopped) before.forEach((fd) => listeners.end(fd));
  }

  function pause(error: unknown): void {
    failed = true;
    if (stopped) return;
    why = `no connection can be accepted: ${messageOf(error)}`;
    if (performance.now() - loggedMs >= LOG_EVERY_MS) {
      loggedMs = performance.now();
      log.warn(`${name}: ${why}; listening again as soon as that is possible`);
    }
    onPause();
    after(AGAIN_MS, again);
  }

  function again(): void {
    abort = new AbortController();
    try {
      server = open(abort.signal);
    } catch (error) {
      return pause(error);
    }
    failed = false;
    follow();
    after(STEADY_MS, () => {
      why = null;
      log.info(`${name}: connections are accepted again`);
    });
  }

  function after(ms: number, run: () => void): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(run, ms);
  }

  follow();
  return {
    addr,
    paused: () => why,
    renew,
    async stop(graceMs) {
      stopped = true;
      clearTimeout(timer);
      if (failed) return endRetired();
      if (graceMs <= 0) {
        // Ending a server that is shutting down already throws in older runtimes.
        abort.abort();
        await server.finished.catch(() => {});
        return endRetired();
      }
      // `shutdown` alone waits for ever while a client keeps a stream open.
      const ended = server.shutdown().then(() => server.finished).catch(() => {});
      let overdue: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([ended, new Promise((late) => overdue = setTimeout(late, graceMs))]);
      clearTimeout(overdue);
      endRetired();
    },
  };
}
