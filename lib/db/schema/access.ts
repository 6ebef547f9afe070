/** People, keys, sign-ins, and the log of who did what. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** People. See lib/access/README.md for what is stored of secrets. */
export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  /** Lower case; unique among those who are not deleted. */
  email: text("email").notNull(),
  name: text("name").notNull().default(""),
  role: text("role", { enum: ["viewer", "engineer", "admin"] }).notNull(),
  state: text("state", { enum: ["invited", "active", "disabled", "deleted"] }).notNull(),
  /** argon2id in PHC form; null until an invitation is taken up. */
  password: text("password"),
  /** Base32 secret of the second factor; null = off. */
  totp: text("totp"),
  /** Last accepted time step: a code counts once. */
  totpStep: integer("totp_step").notNull().default(0),
  demo: text("demo", { enum: ["loopback", "lan"] }),
  createdMs: ms("created_ms").notNull(),
  lastSignInMs: ms("last_sign_in_ms"),
});

/** One per browser sign-in (opaque cookie) or API sign-in (family of refresh tokens). */
export const sessions = sqliteTable("sessions", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull().references(() => users.id),
  kind: text("kind", { enum: ["browser", "api"] }).notNull(),
  /** SHA-256 of the cookie; null for API sessions. */
  hash: text("hash").unique(),
  createdMs: ms("created_ms").notNull(),
  lastUsedMs: ms("last_used_ms").notNull(),
  expiresMs: ms("expires_ms").notNull(),
  address: text("address").notNull(),
  agent: text("agent").notNull(),
});

/** Every refresh token of a session by its SHA-256: one that is used again after it was replaced was stolen. */
export const refreshTokens = sqliteTable("refresh_tokens", {
  hash: text("hash").primaryKey(),
  sessionId: text("session_id").notNull().references(() => sessions.id),
  createdMs: ms("created_ms").notNull(),
  replacedMs: ms("replaced_ms"),
});

/** API keys and device keys (the latter limited to one machine). */
export const accessKeys = sqliteTable("access_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  kind: text("kind", { enum: ["api", "device"] }).notNull(),
  hash: text("hash").notNull().unique(),
  /** First characters, to recognise it in a list. */
  hint: text("hint").notNull(),
  role: text("role", { enum: ["viewer", "engineer", "admin"] }).notNull(),
  /** JSON array; null = all that the role may. */
  scopes: text("scopes", { mode: "json" }).$type<string[]>(),
  machine: text("machine"),
  createdMs: ms("created_ms").notNull(),
  createdBy: text("created_by").notNull(),
  expiresMs: ms("expires_ms"),
  lastUsedMs: ms("last_used_ms"),
});

/** Invitations and password resets by the SHA-256 of their secret. */
export const oneUseLinks = sqliteTable("one_use_links", {
  hash: text("hash").primaryKey(),
  kind: text("kind", { enum: ["invite", "reset"] }).notNull(),
  userId: text("user_id").notNull().references(() => users.id),
  createdMs: ms("created_ms").notNull(),
  expiresMs: ms("expires_ms").notNull(),
});

/** SHA-256 of unused recovery codes of the second factor. */
export const recoveryCodes = sqliteTable("recovery_codes", {
  userId: text("user_id").notNull().references(() => users.id),
  hash: text("hash").notNull(),
}, (t) => [primaryKey({ columns: [t.userId, t.hash] })]);

/** Recent wrong sign-ins, by a hash of account and address. */
export const signInFailures = sqliteTable("sign_in_failures", {
  bucket: text("bucket").primaryKey(),
  /** JSON array of epoch ms. */
  times: text("times", { mode: "json" }).$type<number[]>().notNull(),
  lastMs: ms("last_ms").notNull(),
});

/** Who did what. Append-only: triggers refuse everything else. */
export const audit = sqliteTable("audit", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  tsMs: ms("ts_ms").notNull(),
  actorKind: text("actor_kind").notNull(),
  actorId: text("actor_id"),
  actorName: text("actor_name").notNull(),
  action: text("action").notNull(),
  resource: text("resource").notNull(),
  /** JSON without secrets. */
  before: text("before"),
  after: text("after"),
  address: text("address"),
  agent: text("agent"),
}, (t) => [index("audit_ts").on(t.tsMs)]);

/**
 * Who changed a thing last; the compare-and-set of every change (`lib/access/changes.ts`) reads it through the
 * view `unchanged_since`.
 */
export const changed = sqliteTable("changed", {
  /** `rule:x4…`, `ticket:T-12`; `ticket:T-12/words` for the comments on it. */
  key: text("key").primaryKey(),
  /** Row of the audit log. */
  auditId: integer("audit_id").notNull(),
});
