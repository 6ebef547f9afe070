import { Hono } from "hono";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Seen } from "../../lib/access/audit_row.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Log } from "../../lib/base/log.ts";
import { randomId } from "../../lib/base/ids.ts";
import { isScarce } from "../../lib/base/scarce.ts";
import { type Changes, createSeen } from "../../lib/access/changes.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { decide } from "../../lib/access/policy.ts";
import { DEFAULT_BODY_BYTES, limitBody, readJson, withinTime } from "./body.ts";
import { localPath } from "./form.ts";
import { setSecurityHeaders } from "./headers.ts";
import { hostAllowed, originAllowed } from "./origin.ts";
import { peerOf, peerRules } from "./peer.ts";
import type { Peer } from "./peer.ts";
import { problemHeaders, problemOf, problemResponse } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { createRepeats } from "./repeats.ts";
import { sessionCookieName } from "./session_cookie.ts";
import { queryObject, strict, validate } from "./validate.ts";
import type { Route } from "./route.ts";
import { seeOther } from "./see_other.ts";

/** What a request brings to prove who asks. */
export interface Credentials {
  /** `Authorization` header. When it is there, the cookie does not count. */
  authorization: string | null;
  /** Value of the session cookie. */
  session: string | null;
  /** The client's address, after trusted proxies. */
  address: string;
}

/** A form that came without a valid sign-in. */
export interface TypedForm {
  path: string;
  fields: [name: string, value: string][];
}

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
  errorPage?: (problem: Problem, who: Identity | null, c: Context) => string;
  /** A page for a form whose sign-in ended meanwhile: it offers to sign in and to send the same again. */
  expiredPage?: (form: TypedForm, c: Context) => string;
  /** Address of the socket's other end (default: what Deno.serve says). */
  socketAddress?: (c: Context) => string;
}

const BODY_TIMEOUT_MS = 60_000;
const EXPIRED_FORM_BYTES = 64 * 1024;
/** Number of the newest change that the caller knows of: in answers, and sent back with a change. */
const SEEN_HEADER = "perch-seen";
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
  const app = new Hono();
  const { log, changes = NO_CHANGES } = options;
  const publicUrl = options.publicUrl ?? null;
  const hosts = { hostName: options.hostName ?? null, publicUrl };
  const rules = peerRules(options.trustedProxies ?? [], publicUrl);
  const socketAddress = options.socketAddress ?? denoSocketAddress;
  const repeats = createRepeats(() => performance.now());

  app.use(async (c, next) => {
    const host = hostOf(c);
    if (hostAllowed(host, hosts)) await next();
    else c.res = failed(c, new PerchError("misdirected", misdirected(host)), null);
    finish(c);
  });

  async function serve(route: Route, c: Context): Promise<Response> {
    const headers = c.req.raw.headers;
    const host = hostOf(c);
    const peer = peerOf(socketAddress(c), host, headers, rules);
    let who: Identity | null = null;
    // First of all: what is changed from here on is changed in the same moment.
    const seen = changes.see();
    c.set("seen", seen);
    try {
      const since = seenOf(headers);
      if (since !== undefined) seen.since(since);
      const credentials = credentialsOf(c, peer);
      if (credentials) who = await options.resolve(credentials);
      options.admit?.({ policy: route.policy, who, ...peer });
      const decision = decide(route.policy, route.method, who, peer.loopback);
      if (!decision.allow) {
        if (decision.reason === "forbidden") throw new PerchError("forbidden", decision.message);
        if (wantsSignIn(c)) return toSignIn(c);
        const fields = options.expiredPage && await typedFields(c, host);
        if (fields) {
          const html = options.expiredPage!({ path: c.req.path, fields }, c);
          const headers = { "content-type": "text/html; charset=utf-8" };
          return new Response(html, { status: 401, headers });
        }
        throw new PerchError("unauthenticated", "sign in, or send a valid token or key");
      }
      checkOrigin(c, who, host);
      const answer = await withinTime(
        c.req.raw,
        options.bodyTimeoutMs ?? BODY_TIMEOUT_MS,
        async () => await route.handler(await contextOf(route, c, who, peer, seen)),
      );
      if (isApi(c.req.path)) tellSeen(answer, seen);
      return answer;
    } catch (error) {
      return failed(c, await changes.explained(error, seen).catch(() => error), who);
    }
  }

  function checkOrigin(c: Context, who: Identity | null, host: string): void {
    const headers = c.req.raw.headers;
    if (!WRITES.has(c.req.method) || headers.has("authorization")) return;
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

  /** What a person typed into a form of ours; null when it is none. */
  async function typedFields(c: Context, host: string): Promise<[string, string][] | null> {
    const type = c.req.header("content-type")?.split(";")[0].trim().toLowerCase();
    if (!wantsHtml(c) || type !== "application/x-www-form-urlencoded") return null;
    const headers = c.req.raw.headers;
    const allowed = originAllowed({
      origin: headers.get("origin"),
      fetchSite: headers.get("sec-fetch-site"),
      host,
      publicUrl,
      proofNeeded: true,
    });
    if (!allowed) return null;
    const text = await limitBody(c.req.raw, EXPIRED_FORM_BYTES).text();
    return [...new URLSearchParams(text)];
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
    const api = isApi(url.pathname);
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

  function failed(c: Context, thrown: unknown, who: Identity | null): Response {
    const error = thrown instanceof PerchError ? thrown : unexpected(c, thrown);
    if (!options.errorPage || !wantsHtml(c)) return problemResponse(error);
    const problem = problemOf(error);
    const { "www-authenticate": _, ...headers } = problemHeaders(error);
    return new Response(options.errorPage(problem, who, c), {
      status: problem.status,
      headers: { "content-type": "text/html; charset=utf-8", ...headers },
    });
  }

  function unexpected(c: Context, thrown: unknown): PerchError {
    if (isScarce(thrown)) {
      const sentence = "Perch has no free file descriptors at the moment; try again shortly";
      return new PerchError("unavailable", sentence, { cause: thrown, retryAfterS: 5 });
    }
    const reference = randomId(8);
    log.error(`${c.req.method} ${c.req.path} failed`, { error: thrown, reference });
    if (thrown instanceof Error) log.debug("stack", { reference, stack: thrown.stack });
    return new PerchError("internal", `something went wrong; the log names it by ${reference}`);
  }

  const table = sortRoutes(options.routes.map(prepare));
  const allowed = methodsByPath(table);
  for (const route of table) app.on(route.method.toUpperCase(), route.path, (c) => serve(route, c));
  for (const [path, methods] of allowed) {
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

/** Schemas made strict; limits are what they say. */
function prepare(route: Route): Route {
  return {
    ...route,
    params: route.params,
    query: route.query && strict(route.query),
    body: route.body && strict(route.body),
  };
}

/** Fixed path parts before parameters before wildcards, so that the order of files does not matter. */
export function sortRoutes(routes: readonly Route[]): Route[] {
  const rank = (part: string) =>
    part.includes("*") || part.endsWith("{.+}") ? "2" : part.startsWith(":") ? "1" : "0";
  const key = (route: Route) => route.path.split("/").map(rank).join("");
  return [...routes].sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function seenOf(headers: Headers): number | undefined {
  const given = headers.get(SEEN_HEADER);
  if (given === null) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new PerchError(
    "bad_request",
    `the header Perch-Seen is "${given.slice(0, 40)}": give the number of an earlier answer`,
  );
}

/** With an answer goes what its reader has seen, their own change included. */
function tellSeen(answer: Response, seen: Seen): void {
  const number = Math.max(seen.number, ...seen.own.values());
  try {
    answer.headers.set(SEEN_HEADER, String(number));
  } catch {
    // Headers of a response that came from elsewhere are immutable.
  }
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const seen = new Set<string>();
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const id = `${route.method} ${route.path.replace(/:[^/]+/g, ":")}`;
    if (seen.has(id)) throw new Error(`two routes for ${route.method.toUpperCase()} ${route.path}`);
    seen.add(id);
    const list = methods.get(route.path) ?? [];
    list.push(route.method.toUpperCase());
    if (route.method === "get") list.push("HEAD");
    methods.set(route.path, list);
  }
  return methods;
}

function denoSocketAddress(c: Context): string {
  const remote = (c.env as { remoteAddr?: Deno.NetAddr } | undefined)?.remoteAddr;
  return remote?.hostname ?? "";
}

function hostOf(c: Context): string {
  return c.req.raw.headers.get("host") ?? new URL(c.req.url).host;
}

function misdirected(host: string): string {
  const shown = host.slice(0, 80).replace(/[^\w.:[\]-]/g, "?");
  return `this Perch does not answer for "${shown}"; set PERCH_PUBLIC_URL to the address people use`;
}

function credentialsOf(c: Context, peer: Peer): Credentials | null {
  const authorization = c.req.raw.headers.get("authorization");
  const session = authorization === null
    ? getCookie(c, sessionCookieName(peer.secure)) ?? null
    : null;
  if (authorization === null && session === null) return null;
  return { authorization, session, address: peer.address };
}

function isApi(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

function wantsHtml(c: Context): boolean {
  return !isApi(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
}

function wantsSignIn(c: Context): boolean {
  const { method } = c.req;
  return (method === "GET" || method === "HEAD") && wantsHtml(c);
}

function toSignIn(c: Context): Response {
  const { pathname, search } = new URL(c.req.url);
  const next = localPath(pathname + search);
  const query = next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
  return seeOther(`/sign-in${query}`);
}

function refuseAny(query: Record<string, unknown>): Record<string, never> {
  const names = Object.keys(query);
  if (names.length === 0) return {};
  throw new PerchError("validation", `query.${names[0]}: unknown field`, {
    errors: names.slice(0, 20).map((name) => ({ path: `query.${name}`, message: "unknown field" })),
  });
}

/** Headers on whatever is answered; a HEAD request ends a stream that nobody would read. */
function finish(c: Context): void {
  const response = c.res;
  if (response.status === 101) return;
  if (c.req.method === "HEAD") response.body?.cancel();
  try {
    setSecurityHeaders(response.headers, c.req.path);
  } catch {
    // Headers of a response that came from elsewhere are immutable.
    c.res = undefined;
    c.res = new Response(response.body, response);
    setSecurityHeaders(c.res.headers, c.req.path);
  }
}
