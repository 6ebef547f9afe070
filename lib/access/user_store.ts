import type { Database, SqlStatement } from "../db/client.ts";
import type { Role } from "./identity.ts";
import { rowsOf, text, textOrNull, whole, wholeOrNull } from "./rows.ts";

/** `loopback`: nobody but this host can reach the simulator; `lan`: others can. */
export type DemoMode = "loopback" | "lan";
export type UserState = "invited" | "active" | "disabled" | "deleted";

/** A person, without secrets. Deleted ones keep their name for history. */
export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  state: UserState;
  /** The second factor is on. */
  totp: boolean;
  /** A demonstration account of the simulator, and how it was opened last. */
  demo: DemoMode | null;
  createdMs: number;
  lastSignInMs: number | null;
}

/** What proves a person, read only while signing in. */
export interface UserSecrets {
  password: string | null;
  totp: string | null;
  totpStep: number;
}

/** Statements and reads of the tables `users` and `recovery_codes`. */
export interface UserStore {
  all(): Promise<User[]>;
  secrets(id: string): Promise<UserSecrets>;
  insert(user: User, password: string | null): SqlStatement;
  /** Writes address, name, role, state and demo mark. */
  update(user: User): SqlStatement;
  setPassword(id: string, password: string): SqlStatement;
  setTotp(id: string, secret: string | null): SqlStatement;
  /** Changes no row when this step or a later one was used already. */
  setTotpStep(id: string, step: number): SqlStatement;
  signedIn(id: string, nowMs: number): SqlStatement;
  /** In place of those that were there. */
  setRecoveryCodes(id: string, hashes: readonly string[]): SqlStatement[];
  /** Changes no row when this code is none or was used. */
  useRecoveryCode(id: string, hash: string): SqlStatement;
  recoveryCodesLeft(id: string): Promise<number>;
}

export function createUserStore(db: Database): UserStore {
  return {
    async all() {
      const result = await db.query({
        sql:
          "select id, email, name, role, state, totp is not null as has_totp, demo, created_ms, last_sign_in_ms from users order by created_ms, id",
      });
      return rowsOf(result).map((row) => ({
        id: text(row.id),
        email: text(row.email),
        name: text(row.name),
        role: text(row.role) as Role,
        state: text(row.state) as UserState,
        totp: whole(row.has_totp) === 1,
        demo: textOrNull(row.demo) as DemoMode | null,
        createdMs: whole(row.created_ms),
        lastSignInMs: wholeOrNull(row.last_sign_in_ms),
      }));
    },
    async secrets(id) {
      const [row] = rowsOf(
        await db.query({
          sql: "select password, totp, totp_step from users where id = ?",
          args: [id],
        }),
      );
      if (!row) return { password: null, totp: null, totpStep: 0 };
      return {
        password: textOrNull(row.password),
        totp: textOrNull(row.totp),
        totpStep: whole(row.totp_step),
      };
    },
    insert: (user, password) => ({
      sql:
        "insert into users (id, email, name, role, state, password, demo, created_ms) values (?,?,?,?,?,?,?,?)",
      args: [
        user.id,
        user.email,
        user.name,
        user.role,
        user.state,
        password,
        user.demo,
        user.createdMs,
      ],
    }),
    update: (user) => ({
      sql: "update users set email = ?, name = ?, role = ?, state = ?, demo = ? where id = ?",
      args: [user.email, user.name, user.role, user.state, user.demo, user.id],
    }),
    setPassword: (id, password) => ({
      sql: "update users set password = ? where id = ?",
      args: [password, id],
    }),
    setTotp: (id, secret) => ({
      sql: "update users set totp = ?, totp_step = 0 where id = ?",
      args: [secret, id],
    }),
    setTotpStep: (id, step) => ({
      sql: "update users set totp_step = ? where id = ? and totp_step < ?",
      args: [step, id, step],
    }),
    signedIn: (id, nowMs) => ({
      sql: "update users set last_sign_in_ms = ? where id = ?",
      args: [nowMs, id],
    }),
    setRecoveryCodes: (id, hashes) => [
      { sql: "delete from recovery_codes where user_id = ?", args: [id] },
      ...hashes.map((hash) => ({
        sql: "insert into recovery_codes (user_id, hash) values (?,?)",
        args: [id, hash],
      })),
    ],
    useRecoveryCode: (id, hash) => ({
      sql: "delete from recovery_codes where user_id = ? and hash = ?",
      args: [id, hash],
    }),
    async recoveryCodesLeft(id) {
      const [row] = rowsOf(
        await db.query({
          sql: "select count(*) as n from recovery_codes where user_id = ?",
          args: [id],
        }),
      );
      return whole(row.n);
    },
  };
}
