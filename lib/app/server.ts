import type { Log } from "../base/log.ts";
import { PerchError } from "../base/errors.ts";
import { serveKept } from "../base/serve_kept.ts";
import type { ConnectionGuard } from "../live/connection_guard.ts";
import type { Sockets } from "../live/sockets.ts";
import type { Pair } from "../tls/certificates.ts";

export type Fetch = (
  request: Request,
  /** `secure`: over HTTPS of our own. */
  info: { remoteAddr: Deno.Addr; secure?: boolean },
) => Response | Promise<Response>;

/** The HTTP listener. */
export interface HttpServer {
  /** Address to open in a browser. */
  readonly url: string;
  readonly port: number;
  /** Why no connection is accepted at the moment; null: they are. */
  paused(): string | null;
  /** HTTPS: what `tls` gives now is shown from now on; connections go on as they are. */
  renew(sockets: Sockets): Promise<void>;
  /** No new connections; what is being answered is finished, at most for `graceMs`; then all is closed. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts listening.
 * @throws PerchError `unavailable` when the address is taken or not allowed.
 */
export function serveHttp(
  options: {
    host: string;
    port: number;
    fetch: Fetch;
    /** HTTPS with this certificate. Default: plain HTTP. */
    tls?: () => Pair;
    /** Which variable names the port; for the sentence that it cannot be used. */
    variable?: "PERCH_PORT" | "PERCH_TLS_PORT";
    /** Another listener of this process may have the port meanwhile. Default: none may. */
    shared?: boolean;
    /** Called for every request. */
    guard?: Pick<ConnectionGuard, "begin" | "upgraded" | "relieve">;
    log: Log;
  },
): HttpServer {
  const { host, port, guard, log, tls, variable = "PERCH_PORT", shared = false } = options;

  async function answer(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    const { remoteAddr } = info;
    // A promise that nobody was to hear of would end Perch when the client goes away.
    if (guard !== undefined) guard.begin(remoteAddr.port, info.completed);
    const response = await options.fetch(request, { remoteAddr, secure: tls !== undefined });
    if (response.status === 101) guard?.upgraded(remoteAddr.port);
    return response;
  }

  let at = port;
  const open = (signal: AbortSignal) =>
    Deno.serve({
      hostname: host,
      port: at,
      ...(tls === undefined ? {} : tls()),
      reusePort: shared || tls !== undefined,
      signal,
      onListen: () => {},
      onError: (error) => {
        log.error("a request failed outside its route", { error });
        return new Response(null, { status: 500 });
      },
    }, answer);
  try {
    const server = serveKept(open, {
      log,
      name: tls ? "pages (HTTPS)" : "pages",
      onPause: () => guard?.relieve(),
    });
    at = server.addr.port;
    return {
      url: `${tls ? "https" : "http"}://${shownHost(host)}:${at}`,
      port: at,
      paused: server.paused,
      renew: server.renew,
      stop: server.stop,
    };
  } catch (error) {
    throw new PerchError("unavailable", cannotListen(host, port, error, variable), {
      cause: error,
    });
  }
}

function cannotListen(host: string, port: number, error: unknown, variable: string): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `port ${port} on ${host} is taken by another program; set ${variable} to a free one`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `port ${port} may not be used by this user; set ${variable} to 1024 or above`;
  }
  return `cannot listen on ${host}:${port} (${error instanceof Error ? error.message : error}); ` +
    `check PERCH_HOST and ${variable}`;
}

function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
