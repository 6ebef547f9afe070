import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Attempt, Attempts } from "./attempts.ts";
import type { Actor } from "./audit_row.ts";
import type { PasswordHasher } from "./passwords.ts";
import { randomSecret } from "./secrets.ts";
import type { Session } from "./session_store.ts";
import type { Pending, Sessions } from "./sessions.ts";
import type { SecondFactor } from "./second_factor.ts";
import type { TokenPair, Tokens } from "./tokens.ts";
import type { User, UserStore } from "./user_store.ts";
import type { Users } from "./users.ts";

const PENDING_MS = 5 * 60_000;
const MOST_PENDING = 1000;

export interface SignInRequest {
  email: string;
  password: string;
  /** Code of the second factor, or a recovery code. */
  code?: string;
  /** Where it comes from (`kind`, `id` and `name` are not looked at). */
  from: Actor;
}

/** What a browser's sign-in gives: the value of its cookie, and how long it lasts at most. */
export interface BrowserSignIn {
  user: User;
  secret: string;
  lifeMs: number;
}

/** The right password was given and a code of the second factor is missing or wrong. */
export class CodeNeeded extends PerchError {
  /** `ticket` stands for the password in the second step of a browser. */
  constructor(readonly wrong: boolean, readonly ticket: string) {
    const message = wrong ? "this code is not right" : "a one-time code is needed";
    super("unauthenticated", message, { errors: [{ path: "code", message }] });
  }
}

/**
 * Signing in with address and password. Everything wrong gives the same answer in the same time.
 * @throws PerchError `unauthenticated`, `rate_limited`, `busy`; CodeNeeded.
 */
export interface SignIn {
  browser(request: SignInRequest): Promise<BrowserSignIn>;
  /** The second step of a browser: the ticket of CodeNeeded and a code. */
  browserCode(request: { ticket: string; code: string; from: Actor }): Promise<BrowserSignIn>;
  api(request: SignInRequest): Promise<TokenPair>;
  /** Checks a person's password again, for what needs a fresh proof. */
  confirm(user: User, password: string, from: Actor): Promise<void>;
  /** The same, and a fresh code of the second factor where the person has one. */
  confirmWithCode(
    user: User,
    proof: { password: string; code?: string },
    from: Actor,
  ): Promise<void>;
}

export function createSignIn(
  deps: {
    db: Database;
    clock: Clock;
    users: Users;
    store: UserStore;
    sessions: Sessions;
    tokens: Tokens;
    attempts: Attempts;
    hasher: PasswordHasher;
    secondFactor: SecondFactor;
    audit: Audit;
  },
): SignIn {
  const { db, clock, users, store, sessions, tokens, attempts, hasher, secondFactor, audit } = deps;

  /** The person whose password this is. */
  async function prove(request: SignInRequest): Promise<User> {
    const { email, password, code, from } = request;
    const attempt = await attempts.begin(email, from.address ?? "");
    const user = users.byEmail(email);
    const usable = user?.state === "active" ? user : undefined;
    let right: boolean;
    try {
      const secrets = usable ? await store.secrets(usable.id) : null;
      right = await hasher.verify(password.slice(0, 1024), secrets?.password ?? null);
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
    if (!right || !usable) {
      await attempt.failed();
      await noteFailure(usable, from, "password");
      throw new PerchError("unauthenticated", "address or password is wrong");
    }
    if (!usable.totp) {
      await attempt.succeeded();
      return usable;
    }
    const ticket = remember(usable.id);
    if (code === undefined || code === "") {
      attempt.withdrawn();
      throw new CodeNeeded(false, ticket);
    }
    return await proveCode(usable, code, ticket, attempt, from);
  }

  async function proveCode(
    user: User,
    code: string,
    ticket: string,
    attempt: Attempt,
    from: Actor,
  ): Promise<User> {
    const right = await secondFactor.accept(user.id, code).catch((error) => {
      attempt.withdrawn();
      throw error;
    });
    if (right) {
      pending.delete(ticket);
      await attempt.succeeded();
      return user;
    }
    await attempt.failed();
    await noteFailure(user, from, "code");
    throw new CodeNeeded(true, ticket);
  }

  /** People whose password was right and whose code is awaited. */
  const pending = new Map<string, { userId: string; untilMs: number }>();
  function remember(userId: string): string {
    const nowMs = clock.now();
    for (const [ticket, { untilMs }] of pending) {
      if (untilMs > nowMs && pending.size < MOST_PENDING) break;
      pending.delete(ticket);
    }
    const ticket = randomSecret();
    pending.set(ticket, { userId, untilMs: nowMs + PENDING_MS });
    return ticket;
  }

  // What was typed as address is not kept for unknown people: it may be a password.
  function noteFailure(user: User | undefined, from: Actor, wrong: string): Promise<void> {
    return audit.record({
      actor: { ...from, kind: "system", id: null, name: "nobody" },
      action: "sign_in.failed",
      resource: user ? `user:${user.id}` : "user:unknown",
      touches: [],
      after: { wrong },
    });
  }

  /** Writes a sign-in that succeeded; only then it counts. */
  async function write(
    user: User,
    opened: { session: Session } & Pending,
    from: Actor,
    also: SqlStatement[] = [],
  ): Promise<void> {
    const { session } = opened;
    const listed = users.signedIn(user.id, clock.now());
    await db.write([
      ...opened.statements,
      ...also,
      listed.statement,
      audit.statement({
        actor: { ...from, kind: "user", id: user.id, name: user.email },
        action: "sign_in",
        resource: `session:${session.id}`,
        touches: [],
        after: { kind: session.kind },
      }),
    ]);
    opened.done();
    listed.done();
  }

  async function openBrowser(user: User, from: Actor): Promise<BrowserSignIn> {
    const opened = sessions.open(user, "browser", place(from));
    await write(user, opened, from);
    return { user, secret: opened.secret, lifeMs: opened.session.expiresMs - clock.now() };
  }

  async function confirm(
    user: User,
    { password, code = "" }: { password: string; code?: string },
    from: Actor,
    withCode: boolean,
  ): Promise<void> {
    const attempt = await attempts.begin(user.email, from.address ?? "");
    const wrong = async (path: "password" | "code") => {
      await attempt.failed();
      throw new PerchError("forbidden", `the ${path} is wrong`, {
        errors: [{ path, message: "is wrong" }],
      });
    };
    let right: boolean;
    let rightCode: boolean;
    try {
      right = await hasher.verify(
        password.slice(0, 1024),
        (await store.secrets(user.id)).password,
      );
      // A code counts once: it is not used up for a wrong password.
      rightCode = !right || !withCode || !user.totp || await secondFactor.accept(user.id, code);
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
    if (!right) await wrong("password");
    if (!rightCode) await wrong("code");
    await attempt.succeeded();
  }

  const place = (from: Actor) => ({ address: from.address ?? "", agent: from.agent ?? "" });

  return {
    browser: async (request) => await openBrowser(await prove(request), request.from),
    async browserCode({ ticket, code, from }) {
      const entry = pending.get(ticket);
      const user = entry && entry.untilMs > clock.now() ? users.find(entry.userId) : undefined;
      if (user?.state !== "active") {
        throw new PerchError("unauthenticated", "this took too long; sign in again");
      }
      const attempt = await attempts.begin(user.email, from.address ?? "");
      return await openBrowser(await proveCode(user, code, ticket, attempt, from), from);
    },
    async api(request) {
      const user = await prove(request);
      const opened = sessions.open(user, "api", place(request.from));
      const { pair, statement } = await tokens.first(user, opened.session);
      await write(user, opened, request.from, [statement]);
      return pair;
    },
    confirm: (user, password, from) => confirm(user, { password }, from, false),
    confirmWithCode: (user, proof, from) => confirm(user, proof, from, true),
  };
}
