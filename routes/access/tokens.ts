import type { Context } from "hono";
import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { limitBody, readJson } from "../http/body.ts";
import { validate } from "../http/validate.ts";
import { type Route, route } from "../http/route.ts";
import { caller } from "../http/caller.ts";

const BODY_BYTES = 8 * 1024;
const tags = ["Sign-in"];

const pairShape = z.object({
  access_token: z.string().describe("JWT; send it as `Authorization: Bearer …`"),
  refresh_token: z.string().describe("for one use at `/api/users/refresh`"),
  token_type: z.literal("bearer"),
  expires_in: z.number().describe("seconds until the access token ends"),
}).meta({ id: "TokenPair" });
const pairResponses = {
  200: { description: "The tokens", schema: pairShape },
  401: { description: "Not valid; the answer does not tell which part" },
  429: { description: "Too many wrong ones; see Retry-After" },
};

export const loginBody = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(1024),
  code: z.string().max(20).optional().describe("of the second factor, or a recovery code"),
}).meta({ id: "Login" });
// OAuth clients send `grant_type`, `scope` and the like besides: only these two count.
const loginForm = z.object({
  username: z.string().min(1).max(254),
  password: z.string().min(1).max(1024),
});

/** Tokens for programs: sign in, refresh, sign out. */
export function tokenRoutes(access: Access): Route[] {
  return [
    route({
      method: "post",
      path: "/api/users/login",
      policy: "public",
      summary: "Sign in with address and password (JSON, or form with username and password)",
      tags,
      maxBodyBytes: BODY_BYTES,
      accepts: {
        "application/json": {
          schema: loginBody,
          example: { email: "admin@example.org", password: "long enough" },
        },
        "application/x-www-form-urlencoded": {
          schema: loginForm,
          example: "username=admin%40example.org&password=long%20enough",
        },
      },
      responses: pairResponses,
      handler: async (context) => {
        const login = await readLogin(context.c);
        return Response.json(await access.signIn.api({ ...login, from: caller(context) }));
      },
    }),
    route({
      method: "post",
      path: "/api/users/refresh",
      policy: "public",
      summary: "Exchange a refresh token for a new pair",
      tags,
      maxBodyBytes: BODY_BYTES,
      body: z.strictObject({ refresh_token: z.string().min(1).max(2000) }),
      example: { body: { refresh_token: "aL8b0jyebDuklJAo0LGLeCE1f4k-08ol_boNWJ-jtwM" } },
      responses: pairResponses,
      handler: async (context) => {
        const token = context.body.refresh_token;
        return Response.json(await access.tokens.refresh(token, caller(context)));
      },
    }),
    route({
      method: "post",
      path: "/api/users/logout",
      policy: "public",
      summary: "Sign out: ends the session of the access token, of the refresh token, or both",
      tags,
      maxBodyBytes: BODY_BYTES,
      accepts: {
        "application/json": {
          schema: z.strictObject({ refresh_token: z.string().max(2000).optional() }),
          example: { refresh_token: "aL8b0jyebDuklJAo0LGLeCE1f4k-08ol_boNWJ-jtwM" },
        },
      },
      responses: { 204: { description: "Signed out" } },
      handler: async ({ c, who }) => {
        const ended = new Set<string>();
        if (who?.session !== undefined) ended.add(who.session);
        const token = await readRefreshToken(c);
        const session = token === undefined ? null : await access.tokens.sessionOf(token);
        if (session !== null) ended.add(session);
        if (ended.size === 0) {
          throw new PerchError("unauthenticated", "sign in, or send a valid token or key");
        }
        for (const id of ended) await access.sessions.end(id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

async function readLogin(c: Context): Promise<z.output<typeof loginBody> & { code?: string }> {
  const type = c.req.header("content-type")?.split(";")[0].trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded" && type !== "multipart/form-data") {
    return await validate(loginBody, await readJson(c.req.raw), "body") as z.output<
      typeof loginBody
    >;
  }
  const form = Object.fromEntries(await limitBody(c.req.raw, BODY_BYTES).formData());
  const { username, password } = await validate(loginForm, form, "body") as z.output<
    typeof loginForm
  >;
  return { email: username, password };
}

async function readRefreshToken(c: Context): Promise<string | undefined> {
  if (c.req.raw.body === null || c.req.header("content-length") === "0") return undefined;
  const schema = z.strictObject({ refresh_token: z.string().max(2000).optional() });
  const body = await validate(schema, await readJson(c.req.raw), "body");
  return (body as { refresh_token?: string }).refresh_token;
}
