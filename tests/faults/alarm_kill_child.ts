/**
 * Stores a seeded stream of groups in which sensors go over a limit and back, judges it and keeps alarms, from
 * where the database stands to group `to`; then it ends. Arguments: data directory, `to`, milliseconds between
 * groups, "" or "apart" (a deliberate break: the alarms' cursor is written first, in a transaction of its own).
 */
import { openStorage } from "../../lib/app/storage.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import { limitsSchema } from "../../lib/detect/limits.ts";
import { createFindingStore } from "../../lib/detect/findings_store.ts";
import { createRunner } from "../../lib/detect/runner/runner.ts";
import { threshold } from "../../lib/detect/detectors/threshold.ts";
import type { Detector } from "../../lib/detect/detector.ts";
import { openAlarms } from "../support/alarm_service.ts";
import { crossingGroup, LIMIT } from "../support/crossings.ts";

const [dataDir, to, paceMs, sabotage] = Deno.args;
const clock = systemClock();
const log = silentLog();
const storage = await openStorage({ url: `file:${dataDir}/perch.db`, log });
const { readings, db } = storage;
const stored = await lastGroup(db);
const limits = limitsSchema.parse({ warningHigh: LIMIT });
const service = await openAlarms(db, clock, {
  // Short, so that alarms of both kinds occur: opened again, and new.
  options: { repeatMs: 400 },
  keeper: sabotage === "apart" ? { db: cursorApart(db) } : {},
});
const runner = createRunner({
  clock,
  log,
  readings,
  db,
  findings: createFindingStore(db),
  plan: () => [{ detector: threshold as Detector, options: limits }],
  urgent: () => true,
  publish: () => service.alarms.wake(),
  options: { saveMs: 200, saveReadings: 0, idleMs: 1e9 },
});
const stopping = new AbortController();
const running = [runner.task, service.alarms.task].map((task) => task.run(stopping.signal));
console.log("ready");
for (let i = stored; i < Number(to); i++) {
  const group = crossingGroup(i);
  const { groupId } = await readings.append(group, []);
  runner.take({ ...group, groupId });
  if (Number(paceMs) > 0) await new Promise((r) => setTimeout(r, Number(paceMs)));
}
while (runner.stats().group < Number(to)) await new Promise((r) => setTimeout(r, 5));
// Every finding becomes what it becomes; flapping alarms rest.
await new Promise((r) => setTimeout(r, 1500));
stopping.abort();
await Promise.all(running);
await storage.close();
console.log("done");
Deno.exit(0);

async function lastGroup(db: Database): Promise<number> {
  const { rows } = await db.query({
    sql: "SELECT max(id) FROM (SELECT id FROM journal_a UNION ALL SELECT id FROM journal_b)",
  });
  return Number(rows[0][0] ?? 0);
}

function cursorApart(db: Database): Pick<Database, "write"> {
  const isCursor = ({ sql }: { sql: string }) => sql.startsWith(`update "alarm_cursors"`);
  return {
    async write(statements) {
      const cursor = statements.filter(isCursor);
      if (cursor.length > 0) await db.write(cursor);
      await new Promise((r) => setTimeout(r, 20));
      return await db.write(statements.filter((one) => !isCursor(one)));
    },
  };
}
