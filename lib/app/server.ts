import type { Log } from "../base/log.ts";
import { PerchError } from "../base/errors.ts";
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
    /** Told of every request. */
    guard?: Pick<ConnectionGuard, "begin" | "upgraded">;
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

  const abort = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      signal: abort.signal,
      onListen: () => {},
      onError: (error) => {
        log.error("a request failed outside its route", { error });
        return new Response(null, { status: 500 });
      },
    }, answer);
  } catch (error) {
    throw new PerchError("unavailable", cannotListen(host, port, error), { cause: error });
  }
  return {
    url: `http://${shownHost(host)}:${server.addr.port}`,
    port: server.addr.port,
    async stop(graceMs) {
      // `shutdown` alone waits for ever while a client keeps a stream open.
      const timer = setTimeout(() => abort.abort(), graceMs);
      await server.shutdown().catch(() => {});
      clearTimeout(timer);
      await server.finished.catch(() => {});
    },
  };
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
