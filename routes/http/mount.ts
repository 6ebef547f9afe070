import { Hono } from "hono";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";
import { TrieRouter } from "hono/router/trie-router";
import type { Seen } from "../../lib/access/audit_row.ts";
import { type Changes, createSeen } from "../../lib/access/changes.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { decide } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Log } from "../../lib/base/log.ts";
import { withBase, withoutBase } from "../../lib/words/base_path.ts";
import { checkBase } from "./below.ts";
import { DEFAULT_BODY_BYTES, limitBody, readJson, withinTime } from "./body.ts";
import { type Cors, createCors } from "./cors.ts";
import { createFailed, type ErrorPage } from "./failures.ts";
import { setSecurityHeaders } from "./headers.ts";
import { hostAllowed, originAllowed } from "./origin.ts";
import { isLoopbackAddress, parseCidrs, peerOf, peerRules, UNKNOWN } from "./peer.ts";
import type { Peer, PeerRules } from "./peer.ts";
import { createRepeats } from "./repeats.ts";
import {
  type Credentials,
  credentialsOf,
  denoSocketAddress,
  hostOf,
  isApi,
  isSecure,
} from "./request.ts";
import type { Route } from "./route.ts";
import { methodsByPath, routeTable } from "./route_table.ts";
import { seenOf, sendSeen } from "./seen.ts";
import { toSignIn, type TypedForm, typedForm, wantsSignIn } from "./unauthenticated.ts";
import { queryObject, validate } from "./validate.ts";

export interface MountOptions {
  routes: readonly Route[];
  /** Null when the credentials prove nothing. Called only for requests that bring some; must be cheap. */
  resolve: (credentials: Credentials) => Identity | null | Promise<Identity | null>;
  log: Log;
  /** Time of the host or a better one, epoch ms; default that of the host. */
  now?: () => number;
  /** CIDR blocks of proxies whose forwarding headers count. */
  trustedProxies?: readonly string[];
  publicUrl?: URL | null;
  /** Those that Perch listens on. */
  ports?: readonly number[];
  /** The path below which Perch stands, as in `publicUrl`. Default: the root. */
  base?: string;
  /** Origins of other pages that may call the API, with a token or key. */
  corsOrigins?: readonly string[];
  /** Addresses and CIDR blocks of those who may ask; null: everybody. */
  allowedNetworks?: readonly string[] | null;
  /** The host's own name, for the Host allow-list. */
  hostName?: string | null;
  /** Calls `onEnd` once when `who` is over (signed out, disabled, expired); see `RouteContext.onEnded`. */
  watch?: (who: Identity, onEnd: () => void) => () => void;
  /** Throws PerchError `rate_limited`; asked before the policy, so that refusals are limited too. */
  admit?: (request: {
    policy: Route["policy"];
    who: Identity | null;
    address: string;
    loopback: boolean;
  }) => void;
  /** Longest time for a request with a body, from its head to the answer; default 60 s. */
  bodyTimeoutMs?: number;
  /** Who was faster; without it nobody ever is (tests of routes alone). */
  changes?: Pick<Changes, "see" | "explained">;
  /** An HTML page for a problem, for people; without it they get problem+json. */
  errorPage?: ErrorPage;
  /** A page for a form whose sign-in ended meanwhile: it offers to sign in and to send the same again. */
  expiredPage?: (form: TypedForm, c: Context) => string;
  /** What goes around each handler. */
  around?: <T>(c: Context, answer: () => T) => T;
  /** Address of the socket's other end (default: what Deno.serve says). */
  socketAddress?: (c: Context) => string;
}

const BODY_TIMEOUT_MS = 60_000;
const NO_CHANGES: Pick<Changes, "see" | "explained"> = {
  see: () => createSeen(() => Number.MAX_SAFE_INTEGER),
  explained: (error) => Promise.resolve(error),
};
const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Builds the Hono app of a route table. For each request, in this order: Host allow-list (421), identity,
 * limits (429), policy (401, 403, or to the sign-in page), origin of writes (403), body size (413),
 * validation (400), handler. Whatever is thrown becomes problem+json, or an HTML page for people.
 * @throws Error at start for two routes with the same method and path.
 */
export function mount(options: MountOptions): Hono {
  // What Hono would choose in the end, after it has tried another on all routes.
  const { base = "", around = (_, answer) => answer() } = options;
  const app = new Hono({
    router: new TrieRouter(),
    getPath: (request) => withoutBase(getPath(request), base),
  });
  const { changes = NO_CHANGES } = options;
  const failed = createFailed(options.log, options.errorPage);
  const publicUrl = options.publicUrl ?? null;
  const hosts = { hostName: options.hostName ?? null, publicUrl };
  const rules = peerRules(options.trustedProxies ?? [], publicUrl, options.ports);
  const socketAddress = options.socketAddress ?? denoSocketAddress;
  const cors = createCors(options.corsOrigins ?? []);
  const isNear = options.allowedNetworks ? parseCidrs(options.allowedNetworks) : () => true;
  const repeats = createRepeats(() => performance.now());

  app.use(async (c, next) => {
    const host = hostOf(c);
    const peer = peerOf(socketAddress(c), host, c.req.raw.headers, rules, isSecure(c));
    const asked = cors.preflight(c);
    if (!hostAllowed(host, hosts)) {
      c.res = failed(c, new PerchError("misdirected", misdirected(host)), null);
    } else if (!peer.here && !isNear(peer.address)) {
      c.res = failed(c, new PerchError("forbidden", tooFar(peer.address, rules)), null);
    } else if (asked !== null) c.res = asked;
    else await next();
    finish(c, base, cors);
  });

  async function serve(route: Route, c: Context): Promise<Response> {
    const headers = c.req.raw.headers;
    const host = hostOf(c);
    const peer = peerOf(socketAddress(c), host, headers, rules, isSecure(c));
    // A page that is open on this host is not this host: it shows its token or key.
    if (headers.has("origin") && !isOwnPage(c, host)) peer.loopback = false;
    let who: Identity | null = null;
    // First of all: what is changed from here on is changed in the same moment.
    const seen = changes.see();
    c.set("seen", seen);
    try {
      const since = seenOf(headers);
      if (since !== undefined) seen.since(since);
      const credentials = credentialsOf(c, peer, base);
      if (credentials && cors.originOf(c) !== null) credentials.session = null;
      if (credentials) who = await options.resolve(credentials);
      options.admit?.({ policy: route.policy, who, ...peer });
      const decision = decide(route.policy, route.method, who, peer.loopback);
      if (!decision.allow) {
        if (decision.reason === "forbidden") throw new PerchError("forbidden", decision.message);
        if (wantsSignIn(c)) return toSignIn(c);
        const form = options.expiredPage && await typedForm(c, publicUrl);
        if (form) {
          const html = options.expiredPage!(form, c);
          const headers = { "content-type": "text/html; charset=utf-8" };
          return new Response(html, { status: 401, headers });
        }
        throw new PerchError("unauthenticated", "sign in, or send a valid token or key");
      }
      checkOrigin(c, who, host);
      const answer = await withinTime(
        c.req.raw,
        route.bodyTimeoutMs ?? options.bodyTimeoutMs ?? BODY_TIMEOUT_MS,
        async () => {
          const context = await contextOf(route, c, who, peer, seen);
          return await around(c, () => route.handler(context));
        },
      );
      if (isApi(c.req.path)) sendSeen(answer, seen);
      return answer;
    } catch (error) {
      return failed(c, await changes.explained(error, seen).catch(() => error), who);
    }
  }

  const isOwnPage = ({ req: { raw: { headers } } }: Context, host: string) =>
    originAllowed({
      origin: headers.get("origin"),
      fetchSite: headers.get("sec-fetch-site"),
      ...{ host, publicUrl, proofNeeded: false },
    });

  function checkOrigin(c: Context, who: Identity | null, host: string): void {
    const headers = c.req.raw.headers;
    if (!WRITES.has(c.req.method) || headers.has("authorization")) return;
    // No cookie counts for pages of such an origin: there is nothing to misuse.
    if (cors.originOf(c) !== null) return;
    const allowed = originAllowed({
      origin: headers.get("origin"),
      fetchSite: headers.get("sec-fetch-site"),
      host,
      publicUrl,
      proofNeeded: who?.via === "session",
    });
    if (!allowed) {
      throw new PerchError("forbidden", "this request was not sent by a page of this Perch");
    }
  }

  async function contextOf(
    route: Route,
    c: Context,
    who: Identity | null,
    peer: Peer,
    seen: Seen,
  ) {
    if (c.req.raw.body !== null) {
      c.req.raw = limitBody(c.req.raw, route.maxBodyBytes ?? DEFAULT_BODY_BYTES);
    }
    const url = new URL(c.req.url);
    const api = isApi(c.req.path);
    const params = c.req.param();
    const query = queryObject(url.searchParams);
    return {
      c,
      who,
      nowMs: options.now?.() ?? Date.now(),
      seen,
      explained: (error: unknown) => changes.explained(error, seen),
      once: <T>(form: string, run: () => Promise<string | T>) =>
        who === null ? run() : repeats.once(`${who.kind}:${who.id}`, `${c.req.path}?${form}`, run),
      address: peer.address,
      loopback: peer.loopback,
      secure: peer.secure,
      base,
      onEnded: (listener: () => void) =>
        who !== null && options.watch ? options.watch(who, listener) : () => {},
      params: route.params ? await validate(route.params, params, "params") : params,
      // Links to pages may carry anything (a mail program's tracking fields); an API call may not.
      query: route.query
        ? await validate(route.query, query, "query")
        : api
        ? refuseAny(query)
        : {},
      body: route.body ? await validate(route.body, await readJson(c.req.raw), "body") : undefined,
    };
  }

  const table = routeTable(options.routes);
  checkBase(base, table.map(({ path }) => path));
  for (const route of table) app.on(route.method.toUpperCase(), route.path, (c) => serve(route, c));
  for (const [path, methods] of methodsByPath(table)) {
    app.all(path, (c) => {
      const allow = methods.join(", ");
      const error = new PerchError(
        "method_not_allowed",
        `${c.req.method} is not possible here; possible: ${allow}`,
      );
      const response = failed(c, error, null);
      response.headers.set("allow", allow);
      return response;
    });
  }
  app.notFound((c) =>
    failed(c, new PerchError("not_found", "there is nothing at this path"), null)
  );
  app.onError((error, c) => {
    const response = failed(c, error, null);
    setSecurityHeaders(response.headers, c.req.path);
    return response;
  });
  return app;
}

function misdirected(host: string): string {
  const shown = host.slice(0, 80).replace(/[^\w.:[\]-]/g, "?");
  return `this Perch does not answer for "${shown}"; set PERCH_PUBLIC_URL to the address people use`;
}

function tooFar(address: string, { hiddenProxy }: PeerRules): string {
  const hint = hiddenProxy && isLoopbackAddress(address)
    ? "; a proxy on this host has to be named in TRUSTED_PROXIES, and this host itself may ask then"
    : address === UNKNOWN
    ? "; the proxy has to send it in X-Forwarded-For"
    : "";
  return `this Perch does not answer ${
    address === UNKNOWN ? "a client without an address" : address
  }: ALLOWED_NETWORKS names who may ask${hint}`;
}

function refuseAny(query: Record<string, unknown>): Record<string, never> {
  const names = Object.keys(query);
  if (names.length === 0) return {};
  throw new PerchError("validation", `query.${names[0]}: unknown field`, {
    errors: names.slice(0, 20).map((name) => ({ path: `query.${name}`, message: "unknown field" })),
  });
}

/** Headers on whatever is answered; a HEAD request ends a stream that nobody would read. */
function finish(c: Context, base: string, cors: Cors): void {
  const response = c.res;
  if (response.status === 101) return;
  if (c.req.method === "HEAD") response.body?.cancel();
  const set = (headers: Headers) => {
    setSecurityHeaders(headers, c.req.path);
    cors.allow(c, headers);
    const location = headers.get("location");
    if (location !== null) headers.set("location", withBase(location, base));
  };
  try {
    set(response.headers);
  } catch {
    // Headers of a response that came from elsewhere are immutable.
    c.res = undefined;
    c.res = new Response(response.body, response);
    set(c.res.headers);
  }
}
