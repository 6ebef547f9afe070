/** What is read off a request before any route sees it. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Peer } from "./peer.ts";
import { sessionCookieName } from "./session_cookie.ts";

/** What a request brings to prove who asks. */
export interface Credentials {
  /** `Authorization` header. When it is there, the cookie does not count. */
  authorization: string | null;
  /** Value of the session cookie. */
  session: string | null;
  /** The client's address, after trusted proxies. */
  address: string;
}

/** Address of the other end of the socket, as `Deno.serve` reports it. */
export function denoSocketAddress(c: Context): string {
  const remote = (c.env as { remoteAddr?: Deno.NetAddr } | undefined)?.remoteAddr;
  return remote?.hostname ?? "";
}

/** It came over HTTPS of our own. */
export function isSecure(c: Context): boolean {
  return (c.env as { secure?: boolean } | undefined)?.secure === true;
}

export function hostOf(c: Context): string {
  return c.req.raw.headers.get("host") ?? new URL(c.req.url).host;
}

/** Null when it brings none. */
export function credentialsOf(c: Context, peer: Peer, base = ""): Credentials | null {
  const authorization = c.req.raw.headers.get("authorization");
  const session = authorization === null
    ? getCookie(c, sessionCookieName({ secure: peer.secure, base })) ?? null
    : null;
  if (authorization === null && session === null) return null;
  return { authorization, session, address: peer.address };
}

/** Path and query as Perch knows them, whatever stands before them outside. */
export function pathOf(c: Context): string {
  return c.req.path + new URL(c.req.url).search;
}

export function isApi(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

/** A browser asks for a page. */
export function wantsHtml(c: Context): boolean {
  return !isApi(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
}
