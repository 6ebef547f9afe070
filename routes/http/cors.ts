/**
 * Pages of other sites that may call the API (`CORS_ORIGINS`): with a token or a key. Cookies never count for
 * them, and no answer allows credentials, so that no other page acts as the person who is signed in here.
 */
import type { Context } from "hono";
import { isApi } from "./request.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const ASKED_HEADERS =
  "authorization, content-type, accept, last-event-id, idempotency-key, perch-seen, range, " +
  "upload-offset";
const SHOWN_HEADERS =
  "location, retry-after, perch-seen, content-disposition, content-range, etag, " +
  "upload-offset";
/** So long browsers keep what a preflight said. */
const KEPT_S = 600;

export interface Cors {
  /** The origin of the page that asks, where it is one of those; null: cookies and the usual rules count. */
  originOf(c: Context): string | null;
  /** The answer to a browser that asks first whether it may; null: it does not. */
  preflight(c: Context): Response | null;
  /** Lets that page read the answer. */
  allow(c: Context, headers: Headers): void;
}

export function createCors(origins: readonly string[]): Cors {
  const known = new Set(origins);

  const isOpen = (path: string) => isApi(path) || path === "/openapi.json" || path === "/health";

  function originOf(c: Context): string | null {
    const origin = c.req.raw.headers.get("origin");
    return origin !== null && known.has(origin) && isOpen(c.req.path) ? origin : null;
  }

  function allow(c: Context, headers: Headers): void {
    if (known.size === 0 || !isOpen(c.req.path)) return;
    headers.append("vary", "origin");
    const origin = originOf(c);
    if (origin === null) return;
    // Nobody is signed in, or out, in this browser by a page of another site.
    headers.delete("set-cookie");
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", SHOWN_HEADERS);
  }

  return {
    originOf,
    allow,
    preflight(c) {
      const asks = c.req.method === "OPTIONS" &&
        c.req.raw.headers.has("access-control-request-method");
      if (!asks || originOf(c) === null) return null;
      return new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-methods": METHODS,
          "access-control-allow-headers": ASKED_HEADERS,
          "access-control-max-age": String(KEPT_S),
        },
      });
    },
  };
}
