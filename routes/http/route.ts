import type { Context } from "hono";
import type { z } from "zod";
import type { Seen } from "../../lib/access/audit_row.ts";
import type { Identity } from "../../lib/access/identity.ts";
import type { Policy } from "../../lib/access/policy.ts";

/**
 * Who may use a route. Deny by default: the field is required, so a route without one does not compile.
 * - `public`: no sign-in (health, sign-in, static files)
 * - a role: that role or above
 * - `loopback-or:<role>`: this host itself (see `Peer.loopback`), else that role
 * - `person:<role>`: that role or above, signed in as a person; no keys
 * - `device-or:<role>`: a device key (`who.machine` says which machine it is limited to, and the
 *   handler must keep it there), else that role. Device keys are refused everywhere else.
 * - `reporter-or:<role>`: an API key that names the scope `events`, whatever its role, else that role
 * - `command:<role>`: that role or above; of API keys, those alone that name the scope `command`
 */
export type { Policy };

declare module "hono" {
  interface ContextVariableMap {
    /** That of the `RouteContext`, for forms and pages. */
    seen?: Seen;
  }
}

export interface RouteContext<Params = unknown, Query = unknown, Body = unknown> {
  /** Hono's context, for headers, streams and raw bodies. */
  c: Context;
  /** Null only where the policy lets anonymous requests in. */
  who: Identity | null;
  params: Params;
  query: Query;
  body: Body;
  /** When the request came, epoch ms. */
  nowMs: number;
  /** What the caller knew when they asked; see `lib/access/changes.ts`. */
  seen: Seen;
  /** The error as the caller gets it: with who was faster, where somebody was. */
  explained: (error: unknown) => Promise<unknown>;
  /** Runs a form once where its sender clicked twice; see `repeats.ts`. */
  once: <T>(form: string, run: () => Promise<string | T>) => Promise<string | T>;
  /** Address of the peer, after trusted proxies. */
  address: string;
  /** Nobody but this host itself, see `Peer.loopback`. */
  loopback: boolean;
  /** The browser speaks https to us or to the proxy in front of us. */
  secure: boolean;
  /** The path below which Perch stands (`PERCH_PUBLIC_URL`); `""` at the root. */
  base: string;
  /**
   * For streams: calls `listener` once when `who` may no longer read (signed out, disabled, expired).
   * Returns the function that stops watching; call it when the stream ends by itself.
   */
  onEnded: (listener: () => void) => () => void;
}

/** One route of the table: validation, policy and the API document all derive from it. */
export interface Route {
  method: "get" | "post" | "patch" | "put" | "delete";
  /** Hono syntax, e.g. `/api/sensors/:id`. */
  path: string;
  policy: Policy;
  /** One line for the API document; null hides it there (pages, static files). */
  summary: string | null;
  tags?: string[];
  params?: z.ZodType;
  /** Unknown query fields are refused (strict object). */
  query?: z.ZodType;
  /** JSON body, strict. Leave out for routes that read the raw body themselves. */
  body?: z.ZodType;
  /** Largest body in bytes (default 1 MiB). */
  maxBodyBytes?: number;
  /** Longest time for a request with a body (default 60 s); for large files and long work. */
  bodyTimeoutMs?: number;
  /** Bodies by content type, for the document, of routes that read the raw body themselves. */
  accepts?: Record<string, { description?: string; schema?: z.ZodType; example?: unknown }>;
  /** A call that works, shown in the document and made by the tests. Routes with a `body` need one. */
  example?: {
    params?: Record<string, string>;
    query?: Record<string, string>;
    body?: unknown;
  };
  /** Schema and description of good answers by status, for the API document. */
  responses?: Record<number, { description: string; schema?: z.ZodType; contentType?: string }>;
  handler: (context: RouteContext) => Response | Promise<Response>;
}

/**
 * Types a route's handler from its schemas. Every file in `routes/` exports one function that takes the
 * services it needs and returns `Route[]`; `app.ts` mounts them through one place (`mount.ts`) that checks
 * the policy, validates, and turns thrown PerchErrors into problem+json.
 */
export function route<
  P extends z.ZodType = z.ZodType<Record<string, string>>,
  Q extends z.ZodType = z.ZodType<Record<string, never>>,
  B extends z.ZodType = z.ZodType<undefined>,
>(
  spec: Omit<Route, "params" | "query" | "body" | "handler"> & {
    params?: P;
    query?: Q;
    body?: B;
    handler: (
      context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>,
    ) => Response | Promise<Response>;
  },
): Route {
  return spec as unknown as Route;
}
