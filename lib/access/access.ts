import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { Secret } from "../base/secret.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import { createAttempts } from "./attempts.ts";
import type { AttemptLimits } from "./attempts.ts";
import { createAudit } from "./audit.ts";
import type { Audit } from "./audit.ts";
import { ensureDemoUsers } from "./demo.ts";
import type { DemoUser } from "./demo.ts";
import { createEndings } from "./ended.ts";
import type { Identity } from "./identity.ts";
import { createKeyStore } from "./key_store.ts";
import { createKeys, KEY_PREFIX } from "./keys.ts";
import type { Keys } from "./keys.ts";
import { createLinks } from "./links.ts";
import type { Links } from "./links.ts";
import { createMailedLinks } from "./mailed_links.ts";
import type { MailedLinks } from "./mailed_links.ts";
import { createPasswordHasher } from "./passwords.ts";
import type { PasswordHasher } from "./passwords.ts";
import { createProofs } from "./proofs.ts";
import type { Proofs } from "./proofs.ts";
import { createRateLimiter } from "./rate_limit.ts";
import type { RateLimiter, RateLimits } from "./rate_limit.ts";
import { createSecondFactor } from "./second_factor.ts";
import type { SecondFactor } from "./second_factor.ts";
import { writeSecretFile } from "./secret_file.ts";
import { readKeyFile } from "./key_file.ts";
import { randomSecret } from "./secrets.ts";
import { createSessionStore } from "./session_store.ts";
import { createSessions } from "./sessions.ts";
import type { EndsWithSession, Sessions } from "./sessions.ts";
import { createSetup } from "./setup.ts";
import type { Setup } from "./setup.ts";
import { createSignIn } from "./sign_in.ts";
import type { SignIn } from "./sign_in.ts";
import { createTokens } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";
import { createUserStore } from "./user_store.ts";
import type { DemoMode } from "./user_store.ts";
import { createUsers } from "./users.ts";
import type { Users } from "./users.ts";

export interface AccessOptions {
  db: Database;
  clock: Clock;
  /** The time by which sign-ins, tokens, links and keys live; it must not jump. Default `clock`. */
  lifeClock?: Clock;
  log: Log;
  /** Folder of the setup token and, without `jwtSecret`, of the signing key (`jwt.key`, 0600). */
  dataDir: string;
  /** `JWT_SECRET`. */
  jwtSecret?: Secret | null;
  /** Only the simulator in its own data directory passes it. */
  demo?: DemoMode | null;
  hasher?: PasswordHasher;
  /** Wrong sign-ins let through in five minutes; default 5 per account and address, 30 per address. */
  attemptLimits?: () => AttemptLimits;
  /** Disuse after which a browser is signed out; default 7 days. */
  sessionIdleMs?: () => number;
  rateLimits?: () => RateLimits;
  /** What else ends with a sign-in. */
  alsoEnds?: EndsWithSession;
  /** The log that mails to people begin in. */
  events: Pick<EventLog, "statement" | "list">;
  /** Mails can be sent to people; default never. */
  canMail?: () => boolean;
  /** A time as people of this site read it; default UTC. */
  timeText?: (ms: number) => string;
}

/** What a start shows to the person at the console. */
export interface AccessStart {
  /** One-use token for `/setup`, when nobody has an account. */
  setupToken: string | null;
  /** The simulator's sign-ins. */
  demoUsers: DemoUser[];
}

/** People, keys, sign-ins and what they may do. See README.md of this room. */
export interface Access {
  readonly users: Users;
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
  readonly secondFactor: SecondFactor;
  readonly proofs: Proofs;
  readonly links: Links;
  readonly mailed: MailedLinks;
  readonly setup: Setup;
  readonly audit: Audit;
  /** Reads what is in the database. Before it, nobody is let in. */
  start(): Promise<AccessStart>;
  /** Like `start`, for the command line while nothing runs: no setup token, no demonstration accounts. */
  load(): Promise<void>;
  /** Writes what is pending and ends the password worker. */
  stop(): Promise<void>;
  /** Who asks. Null when the credentials prove nothing. One SHA-256 or one HMAC, no database. */
  resolve(
    credentials: { authorization: string | null; session: string | null },
  ): Promise<Identity | null>;
  /** For the embedded broker: `user` is a key's name or id, `password` the key. */
  authenticateMqtt(user: string, password: string): Identity | null;
  /** Counts requests and refuses too many. */
  readonly rateLimiter: RateLimiter;
  /** Calls `onEnd` once, within a second, when `who` is over. Returns the function that stops watching. */
  watch(who: Identity, onEnd: () => void): () => void;
  /** Ends what has expired and writes last-used times; runs under the supervisor. */
  readonly task: Task;
}

const SWEEP_MS = 1000;
const FLUSH_MS = 5 * 60_000;

export function createAccess(options: AccessOptions): Access {
  const { db, clock, log, dataDir, lifeClock = clock } = options;
  const hasher = options.hasher ?? createPasswordHasher();
  const audit = createAudit({ db, clock, timeText: options.timeText });
  const endings = createEndings();
  const userStore = createUserStore(db);
  const sessionStore = createSessionStore(db);

  const users: Users = createUsers({
    db,
    store: userStore,
    clock,
    audit,
    hasher,
    demo: options.demo !== undefined && options.demo !== null,
    onRole: (userId) => endings.publish(`user:${userId}`),
    ending(userId, keepSession) {
      const { statements, done } = sessions.ending(userId, keepSession);
      return {
        statements,
        done() {
          if (keepSession === undefined) endings.publish(`user:${userId}`);
          done();
        },
      };
    },
  });
  const sessions: Sessions = createSessions({
    db,
    store: sessionStore,
    clock: lifeClock,
    findUser: (id) => users.find(id),
    idleMs: options.sessionIdleMs,
    onEnded: (id) => endings.publish(`session:${id}`),
    alsoEnds: options.alsoEnds,
  });
  const keys = createKeys({
    db,
    store: createKeyStore(db),
    clock: lifeClock,
    audit,
    onEnded: (id) => endings.publish(`key:${id}`),
  });
  const key = lazyKey(options);
  const tokens = createTokens({
    db,
    store: sessionStore,
    sessions,
    clock: lifeClock,
    audit,
    key: key.get,
    findUser: (id) => users.find(id),
  });
  const attempts = createAttempts({ db, clock: lifeClock, limits: options.attemptLimits });
  const secondFactor = createSecondFactor({ db, clock, store: userStore, users, audit });
  const signIn = createSignIn({
    db,
    clock: lifeClock,
    users,
    store: userStore,
    sessions,
    tokens,
    attempts,
    hasher,
    secondFactor,
    audit,
  });
  const links = createLinks({ db, clock: lifeClock, users, audit });
  const mailed = createMailedLinks({
    db,
    clock,
    log,
    events: options.events,
    users,
    audit,
    attempts,
    available: options.canMail ?? (() => false),
  });
  const setup = createSetup({ users, clock, dataDir });

  async function load(): Promise<void> {
    await audit.changes.load();
    await key.load();
    await users.load();
    await keys.load();
    await sessions.load();
    await attempts.load();
  }

  async function flush(): Promise<void> {
    const pending = [sessions.pending(), keys.pending()];
    const statements = pending.flatMap((one) => one.statements);
    if (statements.length > 0) await db.write(statements);
    for (const one of pending) one.done();
  }

  return {
    users,
    keys,
    sessions,
    tokens,
    signIn,
    secondFactor,
    proofs: createProofs({ clock: lifeClock, sessions, signIn }),
    links,
    mailed,
    setup,
    audit,
    load,
    async start() {
      await load();
      const demoUsers = options.demo ? await ensureDemoUsers(users, options.demo) : [];
      return { setupToken: await setup.begin(), demoUsers };
    },
    async stop() {
      hasher.stop();
      await flush();
    },
    async resolve({ authorization, session }) {
      if (authorization === null) return session === null ? null : sessions.identify(session);
      // `Token` is what Telegraf's InfluxDB output sends.
      const match = /^(?:Bearer|Token) +(\S+)$/i.exec(authorization);
      if (!match) return null;
      return match[1].startsWith(KEY_PREFIX)
        ? keys.identify(match[1])
        : await tokens.identify(match[1]);
    },
    authenticateMqtt: (user, password) => keys.identifyMqtt(user, password),
    rateLimiter: createRateLimiter({ clock, limits: options.rateLimits }),
    watch: endings.watch,
    task: {
      name: "access",
      async run(signal) {
        for (let sinceMs = 0;; sinceMs += SWEEP_MS) {
          await clock.sleep(SWEEP_MS, signal);
          endings.sweep(lifeClock.now());
          await audit.look().catch((error) => log.warn("the audit log cannot be read", { error }));
          if (sinceMs < FLUSH_MS) continue;
          sinceMs = 0;
          await flush().catch((error) => log.warn("could not write last-used times", { error }));
        }
      },
    },
  };
}

const KEY_FILE = "jwt.key";

/**
 * The key that signs access tokens; null when none was made yet. A file that holds none is not replaced.
 * @throws PerchError `not_started`
 */
export function readJwtKey(dataDir: string): string | null {
  const file = readKeyFile(join(dataDir, KEY_FILE));
  if (file.state === "missing") return null;
  if (file.state === "good") return file.key;
  throw new PerchError(
    "not_started",
    `${file.reason}, and it has to be the key that signs access tokens. ` +
      (file.state === "unreadable"
        ? "Give the user that runs Perch the right to read it, or set JWT_SECRET."
        : "Put it back from a backup, or move it away: Perch makes a new one, and who uses the API signs in again."),
    { refusal: { kind: "key", what: file.reason, path: join(dataDir, KEY_FILE) } },
  );
}

/** The key that signs access tokens: given, or kept in a file of its own that only the owner reads. */
function lazyKey(options: AccessOptions): { get: () => Secret; load: () => Promise<void> } {
  let key: Secret | null = options.jwtSecret ?? null;
  return {
    get() {
      if (key === null) throw new Error("access is used before it was started");
      return key;
    },
    async load() {
      if (key !== null) return;
      let text = readJwtKey(options.dataDir);
      if (text === null) {
        text = randomSecret();
        await writeSecretFile(join(options.dataDir, KEY_FILE), `${text}\n`);
      }
      key = new Secret(text);
    },
  };
}
