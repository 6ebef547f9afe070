/** The broker's TCP port: listens, accepts, and tries again when either fails. */
import { messageOf } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";

const LISTEN_FIRST_MS = 1_000, LISTEN_MOST_MS = 30_000;
const ACCEPT_AGAIN_MS = 100, STEADY_MS = 1_000, WARN_EVERY_MS = 60_000;

export interface ListenerDeps {
  host: string;
  port: number;
  clock: Clock;
  log: Log;
  /** A connection was accepted. */
  onConnection(conn: Deno.TcpConn): void;
  /** The port could be opened after it had failed. */
  onListening(): void;
}

export class Listener {
  /** Why nothing can be listened to or accepted at the moment. */
  fault: string | null = null;
  #listener: Deno.TcpListener | null = null;
  #accepting: Promise<void> = Promise.resolve();
  #ending = new AbortController();
  #warnedMs = -Infinity;

  constructor(private readonly deps: ListenerDeps) {}

  /** The port that is listened on, also when 0 was asked for; 0 while none is. */
  get port(): number {
    return this.#listener?.addr.port ?? 0;
  }

  /** Does not fail when the port is taken: it is tried again, and meanwhile `fault` gives the reason. */
  start(): void {
    this.#ending = new AbortController();
    if (!this.#listen()) this.#accepting = this.#listenLater();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#listener?.close();
    this.#listener = null;
    await this.#accepting;
  }

  /** False when the port cannot be had now; `fault` says why. */
  #listen(): boolean {
    const { host, port } = this.deps;
    try {
      this.#listener = Deno.listen({ hostname: host, port });
    } catch (error) {
      this.fault = `The MQTT broker cannot listen on ${host}:${port} (${messageOf(error)}). ` +
        "Another broker may run there: set MQTT_PORT, or MQTT_URL to use that broker. " +
        "Perch tries again.";
      return false;
    }
    this.fault = null;
    this.#accepting = this.#accept(this.#listener);
    return true;
  }

  async #listenLater(): Promise<void> {
    const { log, clock } = this.deps;
    const { signal } = this.#ending;
    log.error(this.fault!);
    let waitMs = LISTEN_FIRST_MS;
    do {
      await clock.sleep(waitMs * (0.5 + Math.random() / 2), signal).catch(() => {});
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, LISTEN_MOST_MS);
    } while (!this.#listen());
    this.deps.onListening();
    await this.#accepting;
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      // One that waits is accepted at once or fails at once: while nothing happens, all is well.
      const steady = setTimeout(() => this.#accepts(null), STEADY_MS);
      try {
        conn = await listener.accept();
      } catch (error) {
        if (this.#listener === null) return;
        // Out of file descriptors, or a peer that left at once: others may still come.
        this.#accepts(error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
        continue;
      } finally {
        clearTimeout(steady);
      }
      this.deps.onConnection(conn);
    }
  }

  /** Reports in `fault` and log (once a minute) that connections cannot be accepted; null: they can. */
  #accepts(error: unknown): void {
    if (error === null) {
      this.fault = null;
      return;
    }
    this.fault = `No connection can be accepted: ${messageOf(error)}.`;
    const nowMs = this.deps.clock.monotonic();
    if (nowMs - this.#warnedMs < WARN_EVERY_MS) return;
    this.#warnedMs = nowMs;
    this.deps.log.warn(this.fault);
  }
}
