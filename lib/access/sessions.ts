/**
 * Sign-ins, of browsers and of programs.
 *
 * DESIGN. All live sessions are kept in memory (at most 20 per person), read at start: a request costs one
 * SHA-256 and two look-ups, and what is not in memory does not exist. A browser session ends after 7 days of
 * disuse and after 30 days anyway; when it was last used is written every few minutes, not per request.
 */
import type { Clock } from "../base/clock.ts";
import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { DAY_MS } from "../words/times.ts";
import type { Identity } from "./identity.ts";
import { hashOf, randomSecret } from "./secrets.ts";
import type { Session, SessionStore } from "./session_store.ts";
import type { User } from "./user_store.ts";

export const IDLE_MS = 7 * DAY_MS;
export const LIFE_MS = 30 * DAY_MS;
const MOST_PER_USER = 20;

export interface Sessions {
  load(): Promise<void>;
  /** A new sign-in and the statements that keep it (to be written before it is handed out). */
  open(
    user: User,
    kind: Session["kind"],
    from: { address: string; agent: string },
  ): { session: Session; secret: string } & Pending;
  /** Who presents this cookie value; null when nobody may. */
  identify(secret: string): Identity | null;
  /** The live session of this id, or null. */
  live(id: string): Session | null;
  touch(session: Session): void;
  ofUser(userId: string): Session[];
  /** Ends it, and its streams, once that is written; `also`: statements of the same transaction. */
  end(id: string, also?: readonly SqlStatement[]): Promise<void>;
  /** The same for one that goes on as another of the same person and browser: what belongs to it stays. */
  replace(id: string): Promise<void>;
  /** What stayed in a browser where another person signs in; `mark`: what it holds it by. */
  endOthers(mark: string, userId: string): Promise<void>;
  /** Ends all of a person's. */
  endUser(userId: string): Promise<void>;
  /** The same for a transaction of others; `keep`: the session that stays. */
  ending(userId: string, keep?: string): Pending;
  /** Last-used times not yet written, and removal of what is over. */
  pending(): Pending;
}

/** What goes with a sign-in that somebody ends, in the same transaction; not with one that runs out. */
export interface EndsWithSession {
  one(session: Session): SqlStatement[];
  /** Of all of a person's; `keep`: but that of this sign-in. */
  ofUser(userId: string, keep?: string): SqlStatement[];
  /** What the browser holds by this mark, unless it is this person's. */
  ofOthers(mark: string, userId: string): SqlStatement[];
}

/** Statements of a transaction, and what takes effect after its COMMIT. */
export interface Pending {
  statements: SqlStatement[];
  done: () => void;
}

export function createSessions(
  deps: {
    db: Database;
    store: SessionStore;
    clock: Clock;
    findUser: (id: string) => User | undefined;
    /** Default 7 days. */
    idleMs?: () => number;
    onEnded: (sessionId: string) => void;
    /** Default: nothing. */
    alsoEnds?: EndsWithSession;
  },
): Sessions {
  const { db, store, clock } = deps;
  const idleMs = deps.idleMs ?? (() => IDLE_MS);
  const byId = new Map<string, Session>();
  const byHash = new Map<string, Session>();
  const hashes = new Map<string, string>();
  const used = new Set<Session>();

  const isOver = (s: Session, nowMs: number) =>
    s.expiresMs <= nowMs || (s.kind === "browser" && s.lastUsedMs + idleMs() <= nowMs);

  function keep(session: Session, hash: string | null): void {
    byId.set(session.id, session);
    if (hash === null) return;
    byHash.set(hash, session);
    hashes.set(session.id, hash);
  }

  function forget(id: string): void {
    const session = byId.get(id);
    if (!session) return;
    byId.delete(id);
    used.delete(session);
    const hash = hashes.get(id);
    if (hash !== undefined) byHash.delete(hash);
    hashes.delete(id);
    deps.onEnded(id);
  }

  const ofUser = (userId: string) => [...byId.values()].filter((s) => s.userId === userId);

  function live(id: string): Session | null {
    const session = byId.get(id);
    return session && !isOver(session, clock.now()) ? session : null;
  }

  function touch(session: Session): void {
    session.lastUsedMs = clock.now();
    used.add(session);
  }

  function ending(userId: string, keep?: string): Pending {
    return {
      statements: [
        ...store.removeOfUser(userId, keep),
        ...deps.alsoEnds?.ofUser(userId, keep) ?? [],
      ],
      done() {
        for (const session of ofUser(userId)) if (session.id !== keep) forget(session.id);
      },
    };
  }

  return {
    async load() {
      byId.clear();
      byHash.clear();
      hashes.clear();
      const nowMs = clock.now();
      for (const { hash, ...session } of await store.all()) {
        if (!isOver(session, nowMs)) keep(session, hash);
      }
    },
    open(user, kind, from) {
      const nowMs = clock.now();
      const secret = randomSecret();
      const hash = kind === "browser" ? hashOf(secret) : null;
      const session: Session = {
        id: randomId(),
        userId: user.id,
        kind,
        createdMs: nowMs,
        lastUsedMs: nowMs,
        expiresMs: nowMs + LIFE_MS,
        address: from.address,
        agent: from.agent,
      };
      const surplus = ofUser(user.id)
        .sort((a, b) => b.lastUsedMs - a.lastUsedMs)
        .slice(MOST_PER_USER - 1);
      return {
        session,
        secret,
        statements: [
          ...surplus.flatMap((old) => store.remove(old.id)),
          store.insert(session, hash),
        ],
        done: () => {
          for (const old of surplus) forget(old.id);
          keep(session, hash);
        },
      };
    },
    identify(secret) {
      if (secret.length > 100) return null;
      const session = byHash.get(hashOf(secret));
      if (!session || isOver(session, clock.now())) return null;
      const user = deps.findUser(session.userId);
      if (!user || user.state !== "active") return null;
      touch(session);
      return userIdentity(user, "session", session.id, session.expiresMs);
    },
    live,
    touch,
    ofUser: (userId) => ofUser(userId).filter((s) => !isOver(s, clock.now())),
    async end(id, also = []) {
      const session = byId.get(id);
      const theirs = session === undefined ? [] : deps.alsoEnds?.one(session) ?? [];
      await db.write([...store.remove(id), ...theirs, ...also]);
      forget(id);
    },
    async replace(id) {
      await db.write(store.remove(id));
      forget(id);
    },
    async endOthers(mark, userId) {
      const theirs = deps.alsoEnds?.ofOthers(mark, userId) ?? [];
      if (theirs.length > 0) await db.write(theirs);
    },
    async endUser(userId) {
      const { statements, done } = ending(userId);
      await db.write(statements);
      done();
    },
    ending,
    pending() {
      const nowMs = clock.now();
      const written = [...used].map((session) => ({ session, usedMs: session.lastUsedMs }));
      const over = [...byId.values()].filter((s) => isOver(s, nowMs));
      return {
        statements: [
          ...written.map(({ session, usedMs }) => store.used(session.id, usedMs)),
          ...over.flatMap((s) => store.remove(s.id)),
        ],
        done() {
          for (const { session, usedMs } of written) {
            if (session.lastUsedMs === usedMs) used.delete(session);
          }
          for (const session of over) forget(session.id);
        },
      };
    },
  };
}

/** A person as the rest of the application sees them. */
export function userIdentity(
  user: User,
  via: "session" | "token",
  session: string,
  expiresMs: number,
): Identity {
  return {
    kind: "user",
    id: user.id,
    name: user.email,
    role: user.role,
    scopes: null,
    machine: null,
    via,
    session,
    expiresMs,
  };
}
