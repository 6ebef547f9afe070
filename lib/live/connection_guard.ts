/**
 * DESIGN. The HTTP server of Deno reads a request's head for as long as the sender likes, and offers neither
 * a limit for that nor a handle on the connection. So the guard looks from the outside: every two seconds it
 * takes the list of the process's connections on the ports of the pages (`sockets.ts`) and compares it with what the
 * requests reported (`begin`). A connection is
 *
 * - *busy* while a request is being answered, or when it became a WebSocket;
 * - *quiet* otherwise: new, sending a head, or idle between requests. From outside these look alike.
 *
 * A quiet connection is ended when no complete head came within `headMs` of its opening, when the last answer
 * is `idleMs` ago, or when its address has more than `quietPerAddress` of them (those quiet longest go first;
 * loopback is exempt: a proxy in front shows itself as one address). Bodies and stuck readers of streams have
 * limits of their own. Where the list is not to be had, nothing is ended.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { OpenConnection, Sockets } from "./sockets.ts";

export interface ConnectionLimits {
  /** From the opening to the first complete request head. */
  headMs: number;
  /** From an answer to the next head. Longer than proxies keep idle connections (Caddy: 2 min). */
  idleMs: number;
  quietPerAddress: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headMs: 20_000,
  idleMs: 180_000,
  quietPerAddress: 128,
};

export interface ConnectionGuard {
  /**
   * A request came.
   * @param port the peer's
   * @param completed settles when the answer is sent or the connection lost
   */
  begin(port: number, completed: Promise<unknown>): void;
  /** The connection is a WebSocket from now on. */
  upgraded(port: number): void;
  /** Ends what is due; gives how many. */
  sweep(): number;
  /** No more file descriptors: ends every connection that was quiet for a second. */
  relieve(): number;
  /** Sweeps every two seconds; runs under the supervisor. */
  readonly task: Task;
}

/** What requests reported about the connection of a peer's port. */
interface Known {
  busy: number;
  isSocket: boolean;
  /** When the last answer was complete. */
  quietSinceMs: number;
}

const RELIEF: ConnectionLimits = { headMs: 1_000, idleMs: 1_000, quietPerAddress: 128 };
const SWEEP_MS = 2_000;
const REPORT_EVERY_MS = 60_000;

export function createConnectionGuard(
  deps: {
    clock: Clock;
    log: Log;
    sockets: Pick<Sockets, "connectionsOf" | "end">;
    /** Those of the pages. */
    ports: () => readonly number[];
    limits?: ConnectionLimits;
  },
): ConnectionGuard {
  const { clock, log, sockets } = deps;
  const limits = deps.limits ?? CONNECTION_LIMITS;
  const known = new Map<number, Known>();
  /** When a connection without a request was seen first, by file descriptor. */
  let seen = new Map<number, { port: number; sinceMs: number }>();

  function knownOf(port: number): Known {
    let one = known.get(port);
    if (one === undefined) {
      one = { busy: 0, isSocket: false, quietSinceMs: clock.monotonic() };
      known.set(port, one);
    }
    return one;
  }

  function quietOnes(open: readonly OpenConnection[], nowMs: number): Quiet[] {
    const next: typeof seen = new Map();
    const quiet: Quiet[] = [];
    for (const connection of open) {
      const { fd, port } = connection;
      const peer = known.get(port);
      if (peer !== undefined) {
        if (peer.busy > 0 || peer.isSocket) continue;
        quiet.push({ connection, sinceMs: peer.quietSinceMs, answered: true });
        continue;
      }
      const before = seen.get(fd);
      const sinceMs = before?.port === port ? before.sinceMs : nowMs;
      next.set(fd, { port, sinceMs });
      quiet.push({ connection, sinceMs, answered: false });
    }
    seen = next;
    return quiet;
  }

  function forgetClosed(open: readonly OpenConnection[]): void {
    const ports = new Set(open.map((connection) => connection.port));
    for (const [port, { busy }] of known) if (busy === 0 && !ports.has(port)) known.delete(port);
  }

  function sweep(limits: ConnectionLimits): number {
    const open: OpenConnection[] = [];
    for (const port of deps.ports()) {
      const connections = sockets.connectionsOf(port);
      if (connections === null) return 0;
      open.push(...connections);
    }
    const nowMs = clock.monotonic();
    forgetClosed(open);
    const due = dueOf(quietOnes(open, nowMs), nowMs, limits);
    for (const { fd } of due) sockets.end(fd);
    return due.length;
  }

  return {
    begin(port, completed) {
      const one = knownOf(port);
      one.busy++;
      const end = () => {
        one.busy--;
        one.quietSinceMs = clock.monotonic();
      };
      completed.then(end, end);
    },
    upgraded(port) {
      knownOf(port).isSocket = true;
    },
    sweep: () => sweep(limits),
    relieve: () => sweep(RELIEF),
    task: {
      name: "connections",
      async run(signal) {
        let ended = 0;
        let reportedMs = -REPORT_EVERY_MS;
        for (;;) {
          await clock.sleep(SWEEP_MS, signal);
          ended += sweep(limits);
          if (ended === 0 || clock.monotonic() - reportedMs < REPORT_EVERY_MS) continue;
          log.info("connections that sent no request were ended", { ended });
          reportedMs = clock.monotonic();
          ended = 0;
        }
      },
    },
  };
}

/** A connection on which no request is being answered. */
export interface Quiet {
  connection: OpenConnection;
  sinceMs: number;
  /** It has had a request before. */
  answered: boolean;
}

/** Pure: which quiet connections are to be ended. */
export function dueOf(
  quiet: readonly Quiet[],
  nowMs: number,
  limits: ConnectionLimits,
): OpenConnection[] {
  const due: OpenConnection[] = [];
  const byAddress = new Map<string, Quiet[]>();
  for (const one of quiet) {
    const { address, loopback } = one.connection;
    const lifeMs = one.answered ? limits.idleMs : limits.headMs;
    if (nowMs - one.sinceMs >= lifeMs) due.push(one.connection);
    else if (!loopback) {
      const others = byAddress.get(address) ?? [];
      byAddress.set(address, others);
      others.push(one);
    }
  }
  for (const ofAddress of byAddress.values()) {
    const tooMany = ofAddress.length - limits.quietPerAddress;
    if (tooMany <= 0) continue;
    ofAddress.sort((a, b) => a.sinceMs - b.sinceMs);
    due.push(...ofAddress.slice(0, tooMany).map((one) => one.connection));
  }
  return due;
}
