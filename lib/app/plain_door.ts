/**
 * What plain HTTP answers while HTTPS is on. Browsers are sent to HTTPS; passwords, keys and sessions are not taken
 * in clear text. This host itself, and a trusted proxy that ended TLS, are served in full.
 */
import { PerchError } from "../base/errors.ts";
import { withoutBase } from "../words/base_path.ts";
import { hostAllowed, type HostRules } from "../../routes/http/origin.ts";
import { hostNameOf, peerOf, type PeerRules } from "../../routes/http/peer.ts";
import { problemResponse } from "../../routes/http/problem.ts";
import type { Route } from "../../routes/http/route.ts";
import type { Fetch } from "./server.ts";

export interface PlainDoorOptions {
  answer: Fetch;
  routes: readonly Pick<Route, "policy" | "method" | "path">[];
  /** The path below which Perch stands. */
  base: string;
  peers: PeerRules;
  hosts: HostRules;
  /** Where HTTPS listens. */
  securePort: () => number;
  /** Devices may send readings. */
  ingest: boolean;
}

/** How to trust the authority, and whether Perch lives: both say nothing that is secret. */
const OPEN = /^\/(trust(\/[\w.-]+)?|static\/.*|favicon\.ico|health\/(live|ready))$/;

/** Answers for the plain port. */
export function createPlainDoor(options: PlainDoorOptions): Fetch {
  const { answer, base, peers, hosts, securePort } = options;
  const ingest = new Set(
    options.routes.filter(({ policy }) => options.ingest && policy.startsWith("device-or:"))
      .map(({ method, path }) => `${method} ${path}`),
  );
  return (request, info) => {
    const url = new URL(request.url);
    const pathname = withoutBase(url.pathname, base);
    const host = request.headers.get("host") ?? url.host;
    const address = info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "";
    const peer = peerOf(address, host, request.headers, peers);
    const viaProxy = peers.trusted(address) && peer.secure;
    const isDevice = ingest.has(`${request.method.toLowerCase()} ${pathname}`);
    if (peer.loopback || viaProxy || isDevice || OPEN.test(pathname)) return answer(request, info);
    // A name that is not ours is refused as ever, and never sent on to.
    if (!hostAllowed(host, hosts)) return answer(request, info);
    const name = hostNameOf(host)!;
    const port = securePort() === 443 ? "" : `:${securePort()}`;
    const secure = `https://${name.includes(":") ? `[${name}]` : name}${port}`;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && !request.headers.has("authorization")) {
      return new Response(null, {
        status: 307,
        headers: { location: secure + url.pathname + url.search, "cache-control": "no-store" },
      });
    }
    const error = new PerchError("forbidden", `this is taken over HTTPS alone: ${secure}`);
    return problemResponse(error);
  };
}
