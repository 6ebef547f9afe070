import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { parseFields } from "../base/field_words.ts";
import { randomId } from "../base/ids.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import type { Role } from "./identity.ts";
import { ROLES } from "./identity.ts";
import type { PasswordHasher } from "./passwords.ts";
import { emailSchema, nameSchema, PASSWORD_LEAST, PASSWORD_MOST } from "./text.ts";
import type { Pending } from "./sessions.ts";
import type { DemoMode, User, UserStore } from "./user_store.ts";

export interface NewUser {
  email: string;
  role: Role;
  /** Without one the person is `invited` and cannot sign in yet. */
  password?: string;
  name?: string;
  demo?: DemoMode;
}

export interface UserChange {
  name?: string;
  role?: Role;
  state?: "active" | "disabled" | "deleted";
}

/**
 * People. All of them are kept in memory (read at start): authentication asks here on every request.
 * Changes are made one at a time, written together with their audit row, and only then take effect.
 */
export interface Users {
  load(): Promise<void>;
  find(id: string): User | undefined;
  /** By address; deleted people have none. */
  byEmail(email: string): User | undefined;
  /** Without the deleted ones, oldest first. */
  list(): User[];
  /** True when nobody can sign in as admin yet. */
  isEmpty(): boolean;
  /** @throws `validation`; `conflict` when the address is taken or `onlyFirst` and somebody is there. */
  add(user: NewUser, actor: Actor, options?: AddOptions): Promise<User>;
  /** @throws `not_found`, `validation`; `conflict` when no active admin would be left. */
  change(id: string, change: UserChange, actor: Actor): Promise<User>;
  /** Sets the password, activates an invited person, and ends all sign-ins but `keepSession`. */
  setPassword(
    id: string,
    password: string,
    actor: Actor,
    options?: PasswordChange,
  ): Promise<User>;
  /** Remembers the time of a sign-in, for the list: the statement, and what follows COMMIT. */
  signedIn(id: string, nowMs: number): { statement: SqlStatement; done: () => void };
  /** The second factor is on or off: that is committed. */
  totpChanged(id: string, on: boolean): void;
}

export interface AddOptions {
  onlyFirst?: boolean;
  /** Statements of the same transaction (an invitation by mail). */
  also?: (user: User) => SqlStatement[];
}

export interface PasswordChange {
  /** Statements of the same transaction (the link that was used up). */
  also?: SqlStatement[];
  /** The session that changes its own password stays. */
  keepSession?: string;
  demo?: DemoMode;
}

export interface UsersDeps {
  db: Database;
  store: UserStore;
  clock: Clock;
  audit: Audit;
  hasher: PasswordHasher;
  /** Called when a person's role changed: what is open was opened with another one. */
  onRole: (userId: string) => void;
  /**
   * A person may no longer be signed in (disabled, deleted, new password): the statements that end the sign-ins,
   * and what follows COMMIT.
   */
  ending: (userId: string, keepSession?: string) => Pending;
  /** False outside the simulator: its demonstration accounts do not exist then. */
  demo: boolean;
}

const MOST_USERS = 1000;
/** What each change touches that leaves fewer admins. */
const ADMINS = "users:admins";
const keyOf = (id: string) => `user:${id}`;

const newUserSchema = z.object({
  email: emailSchema,
  role: z.enum(ROLES),
  name: nameSchema(80).or(z.literal("")).optional(),
});

export function createUsers(deps: UsersDeps): Users {
  const { db, store, clock, audit, hasher } = deps;
  const byId = new Map<string, User>();
  const byEmail = new Map<string, User>();
  const oneAtATime = createTurns();

  function keep(user: User): void {
    const before = byId.get(user.id);
    if (before && byEmail.get(before.email)?.id === user.id) byEmail.delete(before.email);
    byId.set(user.id, user);
    if (user.state !== "deleted") byEmail.set(user.email, user);
  }

  function need(id: string): User {
    const user = byId.get(id);
    if (user && user.state !== "deleted") return user;
    throw new PerchError("not_found", "no such person", { about: [keyOf(id)] });
  }

  const isAdmin = (user: User) => user.role === "admin" && user.state === "active";

  function add(input: NewUser, actor: Actor, options: AddOptions): Promise<User> {
    const parsed = parse(input);
    return oneAtATime(async () => {
      if (options.onlyFirst && byId.size > 0) {
        throw new PerchError("conflict", "there is an account already; sign in instead");
      }
      if (byEmail.has(parsed.email)) {
        const message = `${parsed.email} is already in use`;
        throw new PerchError("conflict", message, {
          errors: [{ path: "email", message }],
          about: [keyOf(byEmail.get(parsed.email)!.id)],
        });
      }
      if (byId.size >= MOST_USERS) {
        throw new PerchError("conflict", `at most ${MOST_USERS} people are allowed`);
      }
      const hash = input.password === undefined ? null : await hasher.hash(input.password);
      const user: User = {
        id: randomId(),
        email: parsed.email,
        name: parsed.name ?? "",
        role: parsed.role,
        state: hash === null ? "invited" : "active",
        totp: false,
        demo: input.demo ?? null,
        createdMs: clock.now(),
        lastSignInMs: null,
      };
      await db.write([
        store.insert(user, hash),
        ...options.also?.(user) ?? [],
        audit.statement({
          actor,
          action: "user.add",
          resource: `user:${user.id}`,
          after: shown(user),
        }),
      ]);
      keep(user);
      return user;
    });
  }

  function change(id: string, wanted: UserChange, actor: Actor): Promise<User> {
    return oneAtATime(async () => {
      const before = need(id);
      if (wanted.name !== undefined && wanted.name !== "") nameSchema(80).parse(wanted.name);
      if (wanted.state === "active" && before.state === "invited") {
        throw fieldError(
          "conflict",
          "state",
          "an invited person becomes active by accepting the invitation",
        );
      }
      const after: User = { ...before, ...defined(wanted) };
      const fewerAdmins = isAdmin(before) && !isAdmin(after);
      if (fewerAdmins && ![...byId.values()].some((u) => u.id !== id && isAdmin(u))) {
        throw new PerchError("conflict", "this is the only active admin; make another one first", {
          about: [ADMINS],
        });
      }
      const ended = after.state !== "active" && before.state === "active" ? deps.ending(id) : null;
      await db.write([
        store.update(after),
        ...ended?.statements ?? [],
        audit.statement({
          actor,
          action: wanted.state === undefined ? "user.update" : `user.${wanted.state}`,
          resource: `user:${id}`,
          before: shown(before),
          after: shown(after),
          // Two admins who take each other's role away in the same moment: one of them.
          touches: fewerAdmins ? [keyOf(id), ADMINS] : [keyOf(id)],
        }),
      ]);
      keep({ ...need(id), ...defined(wanted) });
      if (after.role !== before.role) deps.onRole(id);
      ended?.done();
      return after;
    });
  }

  function setPassword(id: string, password: string, actor: Actor, options: PasswordChange) {
    checkPassword(password, byId.get(id)?.email ?? "");
    return oneAtATime(async () => {
      const hash = await hasher.hash(password);
      const before = need(id);
      const after: User = {
        ...before,
        state: before.state === "invited" ? "active" : before.state,
        demo: options.demo ?? before.demo,
      };
      const ended = deps.ending(id, options.keepSession);
      await db.write([
        store.setPassword(id, hash),
        store.update(after),
        ...ended.statements,
        ...options.also ?? [],
        audit.statement({ actor, action: "user.password", resource: `user:${id}` }),
      ]);
      keep({ ...byId.get(id)!, state: after.state, demo: after.demo });
      ended.done();
      return after;
    });
  }

  return {
    async load() {
      byId.clear();
      byEmail.clear();
      for (const user of await store.all()) {
        if (deps.demo || user.demo === null) keep(user);
      }
    },
    find: (id) => byId.get(id),
    byEmail: (email) => byEmail.get(email.trim().toLowerCase()),
    list: () => [...byId.values()].filter((user) => user.state !== "deleted"),
    isEmpty: () => byId.size === 0,
    add: (user, actor, options = {}) => add(user, actor, options),
    change,
    setPassword: (id, password, actor, options = {}) => setPassword(id, password, actor, options),
    signedIn: (id, nowMs) => ({
      statement: store.signedIn(id, nowMs),
      done() {
        const user = byId.get(id);
        if (user) keep({ ...user, lastSignInMs: nowMs });
      },
    }),
    totpChanged(id, on) {
      const user = byId.get(id);
      if (user) keep({ ...user, totp: on });
    },
  };
}

function parse(input: NewUser) {
  const { email, role, name, password, demo } = input;
  const parsed = parseFields(newUserSchema, { email, role, name });
  if (password !== undefined && !demo) checkPassword(password, parsed.email);
  return parsed;
}

/** @throws PerchError `validation` naming what is wrong with a new password (never the password). */
export function checkPassword(password: string, email: string): void {
  if (password.length < PASSWORD_LEAST || password.length > PASSWORD_MOST) {
    throw fieldError(
      "validation",
      "password",
      `a password has ${PASSWORD_LEAST} to ${PASSWORD_MOST} characters`,
    );
  }
  if (password.trim().toLowerCase() === email) {
    throw fieldError("validation", "password", "the password must not be the address");
  }
}

function fieldError(code: "validation" | "conflict", path: string, message: string): PerchError {
  return new PerchError(code, message, { errors: [{ path, message }] });
}

function shown(user: User) {
  const { email, name, role, state } = user;
  return { email, name, role, state };
}

function defined<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
