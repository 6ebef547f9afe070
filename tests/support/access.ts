import { createAccess } from "../../lib/access/access.ts";
import type { Access, AccessOptions, AccessStart } from "../../lib/access/access.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { PasswordHasher } from "../../lib/access/passwords.ts";
import { hashOf } from "../../lib/access/secrets.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import { createEventLog } from "../../lib/events/events_store.ts";
import { openTestDatabase } from "./database.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";

export interface AccessUnderTest {
  access: Access;
  started: AccessStart;
  clock: FakeClock;
  db: Database;
  dataDir: string;
  hasher: PasswordHasher;
  /** Stops it and starts another on the same data, as a restart does. */
  restart(options?: Partial<AccessOptions>): Promise<AccessUnderTest>;
  close(): Promise<void>;
}

/** Counts and answers at once; the real hasher has its own test. */
export function quickHasher(): PasswordHasher {
  let count = 0;
  return {
    hash: (password) => Promise.resolve(`quick ${hashOf(password)}`),
    verify: (password, encoded) => {
      count++;
      return Promise.resolve(encoded === `quick ${hashOf(password)}`);
    },
    count: () => count,
    stop: () => {},
  };
}

/** A real access room on a real database, with a fake clock and a quick hasher. */
export async function startAccess(
  options: Partial<AccessOptions> = {},
  keep?: { dataDir: string; clock: FakeClock },
): Promise<AccessUnderTest> {
  const dataDir = keep?.dataDir ?? await Deno.makeTempDir({ prefix: "perch-access-" });
  const clock = keep?.clock ?? fakeClock();
  const db = await openTestDatabase(dataDir);
  const hasher = options.hasher ?? quickHasher();
  const access = createAccess({
    db,
    clock,
    log: silentLog(),
    dataDir,
    events: createEventLog(db),
    ...options,
    hasher,
  });
  const started = await access.start();
  const stop = async () => {
    await access.stop();
    await db.close();
  };
  return {
    access,
    started,
    clock,
    db,
    dataDir,
    hasher,
    async restart(more = {}) {
      await stop();
      return await startAccess({ ...options, ...more }, { dataDir, clock });
    },
    async close() {
      await stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

export const tester = { ...systemActor("test"), address: "192.168.1.7", agent: "test" };
