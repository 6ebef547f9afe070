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

export interface KeptServer {
  /** Why no connection is accepted at the moment; null: they are. */
  paused(): string | null;
  /** Finishes what is being answered, at most for `graceMs`; then all is closed. */
  stop(graceMs: number): Promise<void>;
}

const AGAIN_MS = 250;
/** Accepting works again when it did not fail for this long. */
const STEADY_MS = 1_000;
const LOG_EVERY_MS = 60_000;

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

  function follow(): void {
    server.finished.catch(pause);
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
    async stop(graceMs) {
      stopped = true;
      clearTimeout(timer);
      if (failed) return;
      if (graceMs <= 0) {
        // Ending a server that is shutting down already throws in older runtimes.
        abort.abort();
        await server.finished.catch(() => {});
        return;
      }
      // `shutdown` alone waits for ever while a client keeps a stream open.
      const overdue = setTimeout(() => {
        if (!failed) abort.abort();
      }, graceMs);
      await server.shutdown().catch(() => {});
      clearTimeout(overdue);
      await server.finished.catch(() => {});
    },
  };
}
