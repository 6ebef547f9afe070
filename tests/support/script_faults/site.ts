/** A data directory with one codec, its fault and corrections of it, without the rest of Perch. */
import { join } from "node:path";
import type { AskModel } from "../../../lib/ai/ask.ts";
import type { Clock } from "../../../lib/base/clock.ts";
import { PerchError } from "../../../lib/base/errors.ts";
import { silentLog } from "../../../lib/base/log.ts";
import type { Database, SqlStatement } from "../../../lib/db/client.ts";
import { build, statementOf } from "../../../lib/db/orm.ts";
import { corrections as table, type FaultRow, faults } from "../../../lib/db/schema/faults.ts";
import { createEventLog } from "../../../lib/events/events_store.ts";
import { createCorrections } from "../../../lib/faults/corrections/corrections.ts";
import type { Counts } from "../../../lib/faults/corrections/health.ts";
import type { SettingPlace } from "../../../lib/faults/corrections/places.ts";
import type { PausedComponent } from "../../../lib/faults/people.ts";
import { createSandbox } from "../../../lib/scripts/sandbox.ts";
import { createScripts } from "../../../lib/scripts/scripts.ts";
import { openTestDatabase } from "../database.ts";
import { fakeClock } from "../fake_clock.ts";
import { JUDGES } from "./judge.ts";

export const PUMP = { kind: "codec", name: "pump" } as const;
export const BROKEN = `export const topics = ["filter/+/pressure"];

export function decode({ text }) {
  const { p } = JSON.parse(text);
  return [{ sensor: "pressure", value: p ];
}
`;

export const FAULT: FaultRow = {
  id: 1,
  cause: "codec:pump:syntax",
  component: "codec:pump",
  type: "syntax_error",
  severity: "high",
  state: "open",
  message: "expecting '}'",
  file: "codecs/pump.js",
  line: 5,
  column: 41,
  firstMs: 0,
  lastMs: 0,
  endedMs: null,
  n: 1,
  paused: true,
};

export interface CorrectionSite extends Awaited<ReturnType<typeof openCorrectionSite>> {}

export async function openCorrectionSite(
  dataDir: string,
  { source = BROKEN, ask = null, clock = fakeClock(), settings, fault = FAULT, onWrite }: {
    /** Null: what is there stays. */
    source?: string | null;
    ask?: AskModel | null;
    clock?: Clock;
    settings?: SettingPlace;
    fault?: FaultRow;
    /** Called before and after each transaction, with their number. */
    onWrite?: (name: string) => void;
  } = {},
) {
  const opened = await openTestDatabase(dataDir);
  let writes = 0;
  const db: Database = {
    ...opened,
    async write(statements) {
      const n = ++writes;
      onWrite?.(`before write ${n}`);
      const results = await opened.write(statements);
      onWrite?.(`after write ${n}`);
      return results;
    },
  };
  const log = silentLog();
  const events = createEventLog(db);
  await Deno.mkdir(join(dataDir, "codecs"), { recursive: true });
  const file = join(dataDir, "codecs/pump.js");
  if (source !== null) await Deno.writeTextFile(file, source);
  const sandbox = createSandbox({ log });
  const scripts = await createScripts({
    ...{ dataDir, clock, log, db, events, sandbox },
    isRestored: () => false,
  });
  await scripts.look();
  await db.write([statementOf(build.insert(faults).values(fault).onConflictDoNothing())]);
  scripts.addSample(PUMP, "filter/7/pressure", new TextEncoder().encode('{"p":1013}'), 1);
  const resumed: string[] = [];
  const paused: PausedComponent[] = [];
  const counts = new Map<string, Counts>();
  const audits: string[] = [];
  const audited = ({ action }: { action: string }): SqlStatement => {
    audits.push(action);
    return { sql: "select 1" };
  };
  const corrections = createCorrections({
    ...{ db, clock, log, dataDir, events, audited, scripts, sandbox, ask },
    ...JUDGES,
    faults: {
      get: (id) => Promise.resolve(id === fault.id ? fault : null),
      open: () => [fault],
      paused: () => paused,
      resume: (component) => {
        resumed.push(component);
        return Promise.resolve();
      },
    },
    samples: async (ref) => (await scripts.samples(ref)).toReversed(),
    settings: settings ?? NO_SETTINGS,
    counts: () => counts,
    windowMs: () => 60_000,
    deletionMs: () => clock.now(),
  });
  return {
    ...{ db, clock, events, scripts, corrections, resumed, paused, counts, audits, file, sandbox },
    rows: async () => (await db.query(statementOf(build.select().from(table)))).rows.length,
    async close() {
      sandbox.stop();
      await db.close();
    },
  };
}

const NO_SETTINGS: SettingPlace = {
  unusedValue: () => undefined,
  schema: () => ({}),
  value: () => null,
  set: () => Promise.reject(new PerchError("not_found", "there are no settings here")),
};

/** A person who may approve: an admin who signed in just now and was shown what there is. */
export const admin = (site: Pick<CorrectionSite, "clock">, name = "ann") => ({
  asker: { kind: "user", role: "admin", provedMs: site.clock.now() } as const,
  person: name,
  by: { name, audited: (): SqlStatement => ({ sql: "select 1" }) },
});
