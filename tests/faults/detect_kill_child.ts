/**
 * Stores a seeded stream of groups and judges it, from where the database stands to group `to`; then it ends.
 * Arguments: data directory, `to`, milliseconds between groups, "" or "forget" (a deliberate break: the runner
 * starts with the newest group and replays nothing).
 */
import { openStorage } from "../../lib/app/storage.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createFindingStore } from "../../lib/detect/findings_store.ts";
import { createRunner } from "../../lib/detect/runner/runner.ts";
import { streamGroup, streamPlan } from "../support/detect_stream.ts";

const [dataDir, to, paceMs, sabotage] = Deno.args;
const storage = await openStorage({ url: `file:${dataDir}/perch.db`, log: silentLog() });
const { readings, db } = storage;
const { rows } = await db.query({
  sql: "SELECT max(id) FROM (SELECT id FROM journal_a UNION ALL SELECT id FROM journal_b)",
});
const stored = Number(rows[0][0] ?? 0);
const runner = createRunner({
  clock: systemClock(),
  log: silentLog(),
  readings: sabotage === "forget"
    ? { ...readings, cursor: () => Promise.resolve(stored) }
    : readings,
  db,
  findings: createFindingStore(db),
  plan: streamPlan,
  publish: () => {},
  options: { saveMs: 60, saveReadings: 0, idleMs: 1e9 },
});
const stopping = new AbortController();
const running = runner.task.run(stopping.signal);
console.log("ready");
for (let i = stored; i < Number(to); i++) {
  const group = streamGroup(i);
  const { groupId } = await readings.append(group, []);
  runner.take({ ...group, groupId });
  if (Number(paceMs) > 0) await new Promise((r) => setTimeout(r, Number(paceMs)));
}
while (runner.stats().group < Number(to)) await new Promise((r) => setTimeout(r, 5));
stopping.abort();
await running;
await storage.close();
console.log("done");
Deno.exit(0);
