/**
 * Tokens of the API: a short access token (JWT) and a long refresh token (opaque).
 *
 * DESIGN. The access token is signed with this install's own key by HS256 alone and names person and session;
 * role and state are looked up, so a change takes effect at once. A refresh token is used once: it is replaced
 * by a successor. Within 10 s a token that was just replaced still gives that same successor (a client that
 * lost the answer, or asked twice at once); later it means that somebody copied it, and the whole session ends.
 * The successor is HMAC-SHA256(key, token): the same for every repetition without keeping it in the clear.
 */
import { createHmac } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Secret } from "../base/secret.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import type { Identity } from "./identity.ts";
import { hashOf, randomSecret } from "./secrets.ts";
import type { Session, SessionStore } from "./session_store.ts";
import { userIdentity } from "./sessions.ts";
import type { Sessions } from "./sessions.ts";
import type { User } from "./user_store.ts";

export const ACCESS_S = 60 * 60;
export const GRACE_MS = 10_000;
const ISSUER = "perch";
const AUDIENCE = "perch-api";
const TYPE = "at+jwt";

const MOST_VERIFIED = 1000;

interface Claims {
  user: string;
  session: string;
  expiresMs: number;
}

/** As `POST /api/users/login` answers. */
export interface TokenPair {
  access_token: string;
  refresh_token: string;
  token_type: "bearer";
  /** Seconds until the access token ends. */
  expires_in: number;
}

export interface Tokens {
  /** The first pair of a session, with the statement that keeps it. */
  first(user: User, session: Session): Promise<{ pair: TokenPair; statement: SqlStatement }>;
  /** @throws PerchError `unauthenticated`, whatever is wrong with the token. */
  refresh(refreshToken: string, actor: Actor): Promise<TokenPair>;
  /** The session a refresh token belongs to, to sign it out; null when it is none. */
  sessionOf(refreshToken: string): Promise<string | null>;
  /** Who presents this access token; null when it does not hold. */
  identify(accessToken: string): Promise<Identity | null>;
}

export function createTokens(
  deps: {
    db: Database;
    store: SessionStore;
    sessions: Sessions;
    clock: Clock;
    audit: Audit;
    /** The signing key, there once access was started. */
    key: () => Secret;
    findUser: (id: string) => User | undefined;
  },
): Tokens {
  const { db, store, sessions, clock, audit } = deps;
  // Imported once: jose would do it anew for every token.
  let imported: Promise<CryptoKey> | null = null;
  const signingKey = () =>
    imported ??= crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(deps.key().reveal()),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign", "verify"],
    );
  const oneAtATime = createTurns();

  async function access(user: User, session: Session): Promise<string> {
    const nowS = Math.floor(clock.now() / 1000);
    return await new SignJWT({ sid: session.id })
      .setProtectedHeader({ alg: "HS256", typ: TYPE })
      .setSubject(user.id)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ACCESS_S)
      .sign(await signingKey());
  }

  async function pairOf(user: User, session: Session, refreshToken: string): Promise<TokenPair> {
    return {
      access_token: await access(user, session),
      refresh_token: refreshToken,
      token_type: "bearer",
      expires_in: ACCESS_S,
    };
  }

  const successorOf = (token: string) =>
    createHmac("sha256", deps.key().reveal()).update(`refresh ${token}`).digest("base64url");

  /** Tokens whose signature was checked before; what may change is looked up each time. */
  const verified = new Map<string, Claims>();

  async function verify(token: string): Promise<Claims | null> {
    if (token.length > 2000) return null;
    try {
      const { payload } = await jwtVerify(token, await signingKey(), {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ["sub", "sid", "exp", "iat"],
        currentDate: new Date(clock.now()),
        maxTokenAge: ACCESS_S,
      });
      const claims = {
        user: String(payload.sub),
        session: String(payload.sid),
        expiresMs: payload.exp! * 1000,
      };
      if (verified.size >= MOST_VERIFIED) verified.delete(verified.keys().next().value as string);
      verified.set(token, claims);
      return claims;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  async function refresh(token: string, actor: Actor): Promise<TokenPair> {
    const hash = hashOf(token);
    const row = token.length <= 100 ? await store.refreshToken(hash) : null;
    const session = row && sessions.live(row.sessionId);
    const user = session && deps.findUser(session.userId);
    if (!row || !session || !user || user.state !== "active") throw refused();
    const nowMs = clock.now();
    if (row.replacedMs !== null && Math.abs(nowMs - row.replacedMs) > GRACE_MS) {
      const reused = audit.statement({
        actor: { ...actor, kind: "user", id: user.id, name: user.email },
        action: "session.reuse",
        resource: `session:${session.id}`,
        touches: [],
        after: { ended: true, reason: "a refresh token came back after it was replaced" },
      });
      await sessions.end(session.id, [reused]);
      throw refused();
    }
    const successor = successorOf(token);
    if (row.replacedMs === null) {
      await db.write([
        store.replaceRefresh(hash, nowMs),
        store.insertRefresh(hashOf(successor), session.id, nowMs),
      ]);
    }
    sessions.touch(session);
    return await pairOf(user, session, successor);
  }

  return {
    async first(user, session) {
      const token = randomSecret();
      return {
        pair: await pairOf(user, session, token),
        statement: store.insertRefresh(hashOf(token), session.id, clock.now()),
      };
    },
    refresh: (token, actor) => oneAtATime(() => refresh(token, actor)),
    async sessionOf(token) {
      if (token.length > 100) return null;
      return (await store.refreshToken(hashOf(token)))?.sessionId ?? null;
    },
    async identify(token) {
      const claims = verified.get(token) ?? await verify(token);
      if (claims === null || claims.expiresMs <= clock.now()) return null;
      const session = sessions.live(claims.session);
      const user = deps.findUser(claims.user);
      if (!session || session.kind !== "api" || session.userId !== user?.id) return null;
      if (user.state !== "active") return null;
      return userIdentity(user, "token", session.id, claims.expiresMs);
    },
  };
}

function refused(): PerchError {
  return new PerchError("unauthenticated", "sign in, or send a valid token or key");
}
