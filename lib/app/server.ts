import type { Log } from "../base/log.ts";
import { PerchError } from "../base/errors.ts";
import { serveKept } from "../base/serve_kept.ts";
import type { ConnectionGuard } from "../live/connection_guard.ts";

export type Fetch = (
  request: Request,
  info: { remoteAddr: Deno.Addr },
) => Response | Promise<Response>;

/** The HTTP listener. */
export interface HttpServer {
  /** Address to open in a browser. */
  readonly url: string;
  readonly port: number;
  /** Why no connection is accepted at the moment; null: they are. */
  paused(): string | null;
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
    /** Called for every request. */
    guard?: Pick<ConnectionGuard, "begin" | "upgraded" | "relieve">;
    log: Log;
  },
): HttpServer {
  const { host, port, guard, log } = options;

  async function answer(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    const { remoteAddr, completed } = info;
    guard?.begin(remoteAddr.port, completed);
    const response = await options.fetch(request, info);
    if (response.status === 101) guard?.upgraded(remoteAddr.port);
    return response;
  }

  let at = port;
  const open = (signal: AbortSignal) =>
    Deno.serve({
      hostname: host,
      port: at,
      signal,
      onListen: () => {},
      onError: (error) => {
        log.error("a request failed outside its route", { error });
        return new Response(null, { status: 500 });
      },
    }, answer);
  try {
    const server = serveKept(open, { log, name: "pages", onPause: () => guard?.relieve() });
    at = server.addr.port;
    return {
      url: `http://${shownHost(host)}:${at}`,
      port: at,
      paused: server.paused,
      stop: server.stop,
    };
  } catch (error) {
    throw new PerchError("unavailable", cannotListen(host, port, error), { cause: error });
  }
}

function cannotListen(host: string, port: number, error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `port ${port} on ${host} is taken by another program; set PERCH_PORT to a free one`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `port ${port} may not be used by this user; set PERCH_PORT to 1024 or above`;
  }
  return `cannot listen on ${host}:${port} (${error instanceof Error ? error.message : error}); ` +
    "check PERCH_HOST and PERCH_PORT";
}

function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
