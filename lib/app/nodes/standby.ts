import { createShell, type Shell } from "../../../routes/frame/shell.tsx";
import { peerRules } from "../../../routes/http/peer.ts";
import { createAssets } from "../../../routes/http/static.ts";
import { awayPage } from "../../../routes/site/away.tsx";
import { systemClock } from "../../base/clock.ts";
import type { Config } from "../../base/config.ts";
import { PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { type Connection, openConnection } from "../../db/connection.ts";
import { type Keeper, keeperOf, nodeSign } from "../../db/nodes.ts";
import { createSockets } from "../../live/sockets.ts";
import { openCertificates, servePages } from "../tls.ts";
import { createForward } from "./forward.ts";
import { keysMark } from "./keys.ts";

/*
 * DESIGN: a node that finds the lease taken serves all the same: it hands requests on to the keeper, and looks
 * several times a second whether the lease is free. Then it stops and starts as any Perch does: it takes the lease,
 * which one node alone can, and reads everything from the database. It keeps no memory of the site meanwhile, so
 * none can be stale. The listener stays until the other one listens (both share the port) and every new connection is
 * the other one's, so nobody is turned away.
 */

export interface RunningStandby {
  url: string;
  port: number;
  /**
   * Resolves when the lease is free, and at the end. @throws PerchError `not_started`: this node cannot keep this site
   */
  untilFree(): Promise<void>;
  /** This node has the lease and listens beside: what waits here is handed on to it. */
  tookOver(): void;
  stop(): Promise<void>;
}

/** So long what is answered may go on; then it is cut off, streams too. */
const GRACE_MS = 2_000;
/** What was on its way to this listener is accepted within this time. */
const MOVE_MS = 500;
/** Looks at the lease in the time that it lasts. */
const LOOKS = 24;
const LOOK_MOST_MS = 500;
/** Signs of life of this node in that time. */
const SIGN_EVERY = 8;

/** Serves as a node without the lease. @throws PerchError `unavailable` when the port is taken */
export async function standBy(
  { config, log }: { config: Config; log: Log },
): Promise<RunningStandby> {
  const node = config.node!;
  const ending = new AbortController();
  let isOwn = false;
  let keeper: Keeper | null = null;
  let shell: Shell | null = null;
  const forward = createForward({
    keeper: () => isOwn ? node.url : keeper?.url === node.url ? null : keeper?.url ?? null,
    peers: peerRules(
      config.http.trustedProxies,
      config.http.publicUrl === null ? null : new URL(config.http.publicUrl),
    ),
    patienceMs: 2 * node.leaseMs + 10_000,
    page(reads, pathname) {
      shell ??= createShell(createAssets(), config.http.base);
      return awayPage(shell, reads, pathname);
    },
  });
  const certificates = await openCertificates(config, { now: Date.now, log: log.child("https") });
  const sockets = createSockets();
  const http = servePages({
    ...{ config, certificates, log: log.child("http"), routes: [] },
    fetch: (request, info) => aliveOf(request) ?? forward.fetch(request, info),
    sockets,
    clock: systemClock(),
  });
  const ports = http.secure === null ? [http.port] : [http.port, http.secure.port];
  const listeners = ports.map((port) => sockets.listenersOf(port) ?? []);
  const self = {
    ...{ url: node.url, leaseMs: node.leaseMs, host: Deno.hostname() },
    keys: await keysMark(config),
  };
  let connection: Connection | null = null;
  let shown = "";

  function show(found: Keeper | null): void {
    const text = found?.url ?? found?.host ?? "nobody";
    if (text === shown) return;
    shown = text;
    log.info(`node ${node.url} hands on to ${text} and takes over when that one is gone`);
  }

  async function look(signs: boolean): Promise<boolean> {
    const { url, authToken } = config.database;
    connection ??= await openConnection({ url, authToken: authToken?.reveal() });
    keeper = await keeperOf(connection, node.leaseMs);
    show(keeper);
    if (keeper?.isGone) keeper = null;
    forward.moved();
    if (keeper === null) return true;
    if (keeper.url === null) return false;
    if (keeper.keys !== self.keys) throw otherKeys(config, keeper);
    if (signs) await connection.write(nodeSign(self, { keeper: false }));
    return false;
  }

  async function watch(): Promise<void> {
    const everyMs = Math.min(LOOK_MOST_MS, node.leaseMs / LOOKS);
    let complained = false;
    for (let n = 0; !ending.signal.aborted; n++) {
      try {
        if (await look(n % SIGN_EVERY === 0)) return;
        complained = false;
      } catch (error) {
        if (error instanceof PerchError && error.code === "not_started") throw error;
        // What is handed on goes on: the keeper may reach the server.
        if (!complained) log.warn("the database server does not say who keeps the site", { error });
        complained = true;
        await connection?.close().catch(() => {});
        connection = null;
      }
      await new Promise((done) => setTimeout(done, everyMs));
    }
  }

  /** A listener that ends resets what it has not accepted yet: before that, all that is new goes to the other one. */
  async function moveConnections(): Promise<void> {
    const moved = listeners.filter((fds) => fds.length === 1 && sockets.prefer(fds[0], 1));
    if (moved.length > 0) await new Promise((done) => setTimeout(done, MOVE_MS));
  }

  return {
    url: http.secure?.url ?? http.url,
    port: http.port,
    untilFree: watch,
    tookOver() {
      isOwn = true;
      forward.moved();
    },
    async stop() {
      ending.abort();
      if (isOwn) await moveConnections();
      const cut = setTimeout(forward.cutOff, GRACE_MS);
      await http.stop(2 * GRACE_MS);
      clearTimeout(cut);
      forward.close();
      await connection?.close().catch(() => {});
    },
  };
}

/** This process lives, whatever the keeper does. */
function aliveOf(request: Request): Response | null {
  return new URL(request.url).pathname.endsWith("/health/live")
    ? Response.json({ status: "ok" })
    : null;
}

function otherKeys({ dataDir }: Config, keeper: Keeper): PerchError {
  const what = `This node has other keys than the one on ${keeper.host} that keeps the site`;
  return new PerchError(
    "not_started",
    `${what}: copy jwt.key and channels.key from its data directory into ${dataDir} (mode 0600), and set the ` +
      "same JWT_SECRET where that is set, as people would be signed out and secrets of channels unreadable after a " +
      "takeover. Nothing was changed.",
    { refusal: { kind: "elsewhere", what } },
  );
}
