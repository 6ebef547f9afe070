import type { Database, SqlStatement } from "../db/client.ts";
import {
  and,
  asc,
  build,
  createOrm,
  eq,
  getTableColumns,
  isNotNull,
  lt,
  statementOf,
} from "../db/orm.ts";
import { recoveryCodes, users } from "../db/schema/access.ts";
import type { Role } from "./identity.ts";

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

const { password, totp, totpStep, ...SHOWN } = getTableColumns(users);
const USER = { ...SHOWN, totp: isNotNull(users.totp).mapWith(Boolean) };
const SECRETS = { password, totp, totpStep };

export function createUserStore(db: Database): UserStore {
  const orm = createOrm(db);
  const change = (id: string, set: Partial<typeof users.$inferInsert>) =>
    statementOf(build.update(users).set(set).where(eq(users.id, id)));
  return {
    all: async () =>
      await orm.select(USER).from(users).orderBy(asc(users.createdMs), asc(users.id)) as User[],
    async secrets(id) {
      const [secrets] = await orm.select(SECRETS).from(users).where(eq(users.id, id));
      return secrets ?? { password: null, totp: null, totpStep: 0 };
    },
    insert: ({ id, email, name, role, state, demo, createdMs }, password) =>
      statementOf(
        build.insert(users).values({ id, email, name, role, state, password, demo, createdMs }),
      ),
    update: ({ id, email, name, role, state, demo }) =>
      change(id, { email, name, role, state, demo }),
    setPassword: (id, password) => change(id, { password }),
    setTotp: (id, secret) => change(id, { totp: secret, totpStep: 0 }),
    setTotpStep: (id, step) =>
      statementOf(
        build.update(users).set({ totpStep: step })
          .where(and(eq(users.id, id), lt(users.totpStep, step))),
      ),
    signedIn: (id, nowMs) => change(id, { lastSignInMs: nowMs }),
    setRecoveryCodes: (userId, hashes) => [
      statementOf(build.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))),
      ...hashes.map((hash) => statementOf(build.insert(recoveryCodes).values({ userId, hash }))),
    ],
    useRecoveryCode: (id, hash) =>
      statementOf(
        build.delete(recoveryCodes)
          .where(and(eq(recoveryCodes.userId, id), eq(recoveryCodes.hash, hash))),
      ),
    recoveryCodesLeft: (id) => orm.$count(recoveryCodes, eq(recoveryCodes.userId, id)),
  };
}
